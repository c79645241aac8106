"""One step per file; Prefect's retries, caching and mapping live here, and only here."""

from tasks.logs import install

install()

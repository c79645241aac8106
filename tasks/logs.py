"""What Prefect's own log lines may hold: no tokens, and no traceback of an error that explains itself."""

import logging

from models.errors import GeoCatalogFlowsError
from models.redact import redact

_LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "urllib3.connectionpool", "pystac_client.stac_api_io")
_TRACEBACKS = logging.Formatter()


class PlainErrors(logging.Filter):
    """Redacts messages, and drops the traceback of errors that are written for the user."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; keep it."""
        record.msg, record.args = redact(record.getMessage()), None
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if isinstance(error, GeoCatalogFlowsError):
            record.msg, record.exc_info, record.exc_text = redact(str(error)), None, None
        elif record.exc_info:
            record.exc_text = redact(_TRACEBACKS.formatException(record.exc_info))  # a formatter takes this as it is
        return True


def install() -> None:
    """Add the filter to the loggers of runs and of the HTTP libraries, once."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(present, PlainErrors) for present in logger.filters):
            logger.addFilter(PlainErrors())

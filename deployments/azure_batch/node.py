"""`python -m deployments.azure_batch.node COMMAND ...`: run a command with Prefect's secrets read from their places.

Our own settings read theirs by themselves; Prefect's cannot, and its key must not be in the Batch task.
"""

import os
import sys

import secret_places
from deployments.azure_batch.environment import PREFECT_SECRETS
from models.errors import GeoCatalogFlowsError
from settings import SignIn

COMMAND = "python -m deployments.azure_batch.node"


def main() -> None:
    """Replace this process by the command; exit with 1 and one sentence if a secret cannot be read."""
    chosen = SignIn()
    try:
        for name in PREFECT_SECRETS:
            if name in os.environ:
                found = secret_places.read(name, os.environ[name], lambda: (chosen.credential, chosen.client_id))
                os.environ[name] = found
    except GeoCatalogFlowsError as error:
        sys.exit(str(error))
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the work pool's own command


if __name__ == "__main__":
    main()

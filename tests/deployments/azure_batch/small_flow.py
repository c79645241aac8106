"""A flow for the nodes of the stand-in."""

import os
import time

from prefect import flow, get_run_logger


@flow
def small(seconds: float = 0.0) -> None:
    """Say where it runs, in both ways, and take some time."""
    get_run_logger().info("logged on %s", os.environ["AZ_BATCH_NODE_ID"])
    print("printed")
    time.sleep(seconds)

"""What `prefect flow-run execute` does, without a flow: in a tenth of a second instead of seven.

Arguments: seconds to run, exit code, file that gets one line per execution.
"""

import json
import os
import sys
import time
import urllib.request
from pathlib import Path


def set_state(kind: str) -> None:
    url = f"{os.environ['PREFECT_API_URL']}/flow_runs/{os.environ['PREFECT__FLOW_RUN_ID']}/set_state"
    body = json.dumps({"state": {"type": kind}, "force": False}).encode()
    for _ in range(60):  # the one server of a test is asked by hundreds at once
        try:
            asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - http
            urllib.request.urlopen(asked, timeout=60)  # noqa: S310 - http
            return
        except OSError:
            time.sleep(1)


seconds, code, journal = float(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
with journal.open("a") as lines:
    lines.write(f"{os.environ['PREFECT__FLOW_RUN_ID']}\n")
print(f"quick run as {os.environ['AZURE_CLIENT_ID']}", flush=True)
set_state("RUNNING")
time.sleep(seconds)
if code == 0:
    set_state("COMPLETED")
sys.exit(code)

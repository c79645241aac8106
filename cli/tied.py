"""Run a Python module as `python -m cli.tied MODULE ARGUMENTS`, which ends when the process that started it is gone.

That process holds the other end of this one's standard input: it closes also when it is killed.
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGTERM)  # the children too; `cli.services` starts each service in a group of its own


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)

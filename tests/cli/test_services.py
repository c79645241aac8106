"""Servers that the command line starts."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from cli.services import Service, ServiceFailed, free_port, listens, port_lock

PROJECT = Path(__file__).parents[2]
PARENT = """
import sys, time
from pathlib import Path
from cli.services import Service, answers, free_port

url = f"http://127.0.0.1:{free_port(0)}"
command = [sys.executable, "-m", "cli.tied", "http.server", "--bind", "127.0.0.1", url.rpartition(":")[2]]
service = Service("files", command, answers(url), Path(sys.argv[1]), {}, tied=True)
service.wait_until_ready()
print(url, flush=True)
time.sleep(100)
"""


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=60).ok
    except requests.ConnectionError:
        return False


def test_a_tied_server_ends_when_its_parent_is_killed(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    url = parent.stdout.readline().strip()
    assert answers(url)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    pause = threading.Event()
    for _ in range(200):
        if not answers(url):
            return
        pause.wait(0.1)
    raise AssertionError(f"{url} still answers")


def test_a_port_that_another_demo_is_about_to_use_is_not_taken():
    port = free_port(0)
    with port_lock(port):
        assert free_port(port) != port
    assert free_port(port) == port


TAKEN = """
import sys, time
time.sleep(float(sys.argv[1]))
sys.exit("Cannot listen: Address already in use.")
"""


def test_another_program_on_the_port_is_not_taken_for_ours(tmp_path, server):
    """Two demos that start at once may find the same port free; the second must not use the server of the first."""
    url = f"{server.url}/_emulator/health"
    port = int(server.url.rpartition(":")[2])
    assert answers(url)
    service = Service("ours", [sys.executable, "-c", TAKEN, "0.3"], lambda: answers(url), tmp_path, {}, port=port)
    with pytest.raises(ServiceFailed, match="Address already in use"):
        service.wait_until_ready()


def test_a_server_is_ready_when_it_or_a_child_listens(tmp_path):
    port = free_port(0)
    serve = f"{sys.executable} -m http.server --bind 127.0.0.1 {port}"
    url = f"http://127.0.0.1:{port}"
    service = Service("ours", ["/bin/sh", "-c", f"{serve}; true"], lambda: answers(url), tmp_path, {}, port=port)
    try:
        service.wait_until_ready()
        assert listens(service.process.pid, port)
        assert not listens(service.process.pid, free_port(0))
    finally:
        service.stop()

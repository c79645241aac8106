"""Connections that threads and processes share."""

import subprocess
import sys
import threading
import time
from pathlib import Path

from clients.copernicus.slots import MachineSlots

HOLDER = """
import sys, time
from pathlib import Path
from clients.copernicus.slots import MachineSlots
with MachineSlots(Path(sys.argv[1]), 2).hold():
    print("held", flush=True)
    time.sleep(60)
"""


def test_no_more_are_held_than_there_are(tmp_path):
    slots = [MachineSlots(tmp_path, 3, sleep=lambda _: time.sleep(0.001)) for _ in range(2)]
    held, most, lock = [0], [0], threading.Lock()

    def transfer(number):
        with slots[number % 2].hold():
            with lock:
                held[0] += 1
                most[0] = max(most[0], held[0])
            time.sleep(0.005)
            with lock:
                held[0] -= 1

    threads = [threading.Thread(target=transfer, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 3


def test_a_killed_process_gives_its_connection_back(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    project = Path(__file__).parents[3]
    holder = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    waits = []

    def kill_on_second_wait(_seconds):
        waits.append(1)
        holder.kill()
        holder.wait()

    slots = MachineSlots(tmp_path, 2, sleep=kill_on_second_wait)
    with slots.hold(), slots.hold():  # the second is free only once the process is gone
        assert waits
    holder.stdout.close()

"""Products wait for room, in turn, and nobody waits for ever."""

import threading

import pytest

from models.errors import Stopped
from tasks.room import Room


def _entering(room, who, needed):
    entered = threading.Event()

    def enter():
        room.enter(who, needed)
        entered.set()

    threading.Thread(target=enter, daemon=True).start()
    return entered


def test_who_does_not_fit_waits_until_another_left():
    room = Room(100)
    room.enter("a", 60)
    entered = _entering(room, "b", 60)
    assert not entered.wait(0.1)
    room.leave("a")
    assert entered.wait(60)


def test_a_small_one_does_not_overtake_a_large_one_for_ever():
    room = Room(100)
    room.enter("a", 60)
    large = _entering(room, "large", 80)
    while "large" not in room._queue:
        threading.Event().wait(0.01)
    small = _entering(room, "small", 10)
    assert not small.wait(0.1)
    room.leave("a")
    assert large.wait(60) and small.wait(60)


def test_one_that_is_alone_gets_in_however_large():
    Room(100).enter("huge", 1000)


def test_files_that_stay_take_room():
    room = Room(100)
    room.enter("a", 60)
    room.leave("a", kept=50)
    room.enter("b", 50)
    entered = _entering(room, "c", 10)
    assert not entered.wait(0.1)
    room.leave("b")
    assert entered.wait(60)


def test_what_is_on_the_disk_already_takes_no_room_and_gives_some_when_it_goes():
    room = Room(40)
    room.enter("a", 60, here=50)
    room.enter("b", 30)
    entered = _entering(room, "c", 60)
    assert not entered.wait(0.1)
    room.leave("a")
    assert entered.wait(60)


def test_a_step_that_is_repeated_takes_nothing_more():
    room = Room(100)
    room.enter("a", 60)
    room.enter("a", 60)
    room.enter("b", 40)


def test_leaving_twice_gives_nothing_more():
    room = Room(100)
    room.enter("a", 60)
    room.leave("a")
    room.leave("a")
    room.enter("b", 60)
    assert not _entering(room, "c", 60).wait(0.1)


def test_waiting_ends_when_the_process_is_asked_to_stop():
    room = Room(100, stopping=lambda: True)
    room.enter("a", 60)
    with pytest.raises(Stopped, match="waited for room"):
        room.enter("b", 60)


def test_nobody_waits_for_room_once_it_is_closed():
    room, stopped = Room(100), threading.Event()
    room.enter("a", 60)

    def enter():
        with pytest.raises(Stopped):
            room.enter("b", 60)
        stopped.set()

    threading.Thread(target=enter, daemon=True).start()
    room.close()
    assert stopped.wait(60)


def test_files_to_spare_go_before_anybody_waits_or_gets_in_without_room():
    asked = []

    def make_room(missing):
        asked.append(missing)
        return 30

    room = Room(40, make_room)
    room.enter("a", 60)
    assert asked == [20]
    room.enter("b", 35)
    assert asked == [20, 25]

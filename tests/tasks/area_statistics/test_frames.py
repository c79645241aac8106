"""Frames and animations, read back with Pillow."""

from io import BytesIO

import matplotlib
import numpy as np
import pytest
from PIL import Image

from tasks.area_statistics.animation import write_animation
from tasks.area_statistics.frames import DPI, HEIGHT, WIDTH, FrameDrawer
from tasks.area_statistics.picture_store import Colors
from tests.area_results import YEAR, empty, failed, measured

COLORS = Colors("RdYlGn", -0.2, 0.9)


def picture(width, height, value=1.0):
    """A picture as a tiler draws it: one colour, transparent on its left."""
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[:, width // 3 :] = np.round(255 * np.array(matplotlib.colormaps["RdYlGn"](value)))
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def drawer():
    return FrameDrawer("a field", "ndvi", COLORS)


def test_all_frames_have_one_size_whatever_the_picture_has(drawer):
    pictures = [picture(640, 200), picture(100, 640), picture(3, 3), None]
    frames = [drawer.draw(measured("a field", YEAR[0], 0.5), each) for each in pictures]
    assert {frame.size for frame in frames} == {(round(WIDTH * DPI), round(HEIGHT * DPI))}


def test_a_colour_is_the_same_value_in_frame_and_color_bar(drawer):
    frame = np.asarray(drawer.draw(measured("a field", YEAR[0], 0.5), picture(400, 400, value=1.0)).convert("RGB"))
    middle = frame[frame.shape[0] // 2, frame.shape[1] // 2]
    bar = frame[:, round(0.9 * frame.shape[1])]
    top = bar[np.argmax((bar != bar[0]).any(axis=1) & (np.ptp(bar.astype(int), axis=1) > 60))]
    assert np.abs(middle.astype(int) - top.astype(int)).max() <= 6


def test_frames_tell_no_imagery_from_failure(drawer):
    nothing = np.asarray(drawer.draw(empty("a field", YEAR[0]), None).convert("RGB")).astype(int)
    failure = np.asarray(drawer.draw(failed("a field", YEAR[0]), None).convert("RGB")).astype(int)
    assert (nothing != failure).any()


def test_an_animation_has_its_frames_in_order_each_for_its_time(drawer, tmp_path):
    frames, originals = [], []
    for number, period in enumerate(YEAR):
        drawn = drawer.draw(measured("a field", period, 0.1), picture(300, 300, value=number / 12))
        frames.append(tmp_path / f"{period.label}.png")
        drawn.save(frames[-1])
        originals.append(np.asarray(drawn.convert("RGB")).astype(int))
    write_animation(frames, tmp_path / "a.gif", 600)
    with Image.open(tmp_path / "a.gif") as animation:
        assert (animation.n_frames, animation.info["loop"]) == (12, 0)
        for number, original in enumerate(originals):
            animation.seek(number)
            assert animation.info["duration"] == 600  # milliseconds
            assert np.abs(np.asarray(animation.convert("RGB")).astype(int) - original).max() <= 1


def test_an_animation_of_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="needs a frame"):
        write_animation([], tmp_path / "a.gif", 600)

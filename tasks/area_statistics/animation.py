"""An animation of frames, in the order in which they are given."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image


def write_animation(frames: list[Path], path: Path, frame_milliseconds: int) -> None:
    """Write frames of one size and one palette as a GIF that repeats for ever.

    Args:
        frame_milliseconds: how long each is shown; a GIF counts in steps of 10.

    Raises:
        ValueError: there is no frame.
    """
    if not frames:
        raise ValueError("an animation needs a frame")
    images = _images(frames)
    first = next(images)
    # Frames are read while they are written, so that memory does not grow with their number.
    first.save(path, "GIF", save_all=True, append_images=images, duration=frame_milliseconds, loop=0, disposal=1)


def _images(frames: list[Path]) -> Iterator[Image.Image]:
    for frame in frames:
        with Image.open(frame) as image:
            image.load()
            yield image

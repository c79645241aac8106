"""Frames: the picture of an area in a period, with its label and a color bar; all of one size."""

from io import BytesIO

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from models.area_results import AreaResult, ResultState
from tasks.area_statistics.labels import cut
from tasks.area_statistics.picture_store import Colors

WIDTH, HEIGHT = 6.4, 5.6
"""Inches of a frame."""
DPI = 110
"""Pixels an inch: a frame is 704 x 616 pixels."""
PICTURE = (0.03, 0.09, 0.82, 0.79)
"""Left, bottom, width and height of the picture, as shares of the frame."""
PANEL = (WIDTH * PICTURE[2], HEIGHT * PICTURE[3])
"""Inches of the picture: as large in all frames, whatever the shape of the area."""
BAR = (0.885, 0.13, 0.026, 0.71)
GREYS = 18
"""Of the 256 colours of a frame; the others are the color map's, so that a colour is one value in all frames."""
INK, QUIET, GROUND = "#22272b", "#6b747c", "#f3f5f6"


class FrameDrawer:
    """Draws the frames of one area. Not for several threads at once.

    Args:
        area: its name.
        index: name of the index.
        has_scale: whether the provider colours by `colors`; else the color bar has no numbers.
    """

    def __init__(self, area: str, index: str, colors: Colors, *, has_scale: bool = True) -> None:
        self._palette = palette_of(colors.colormap)
        self._figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor="white")
        self._canvas = FigureCanvasAgg(self._figure)
        self._axes = self._figure.add_axes(PICTURE)
        self._figure.text(0.03, 0.945, cut(area, 38), fontsize=13, fontweight="bold", color=INK, va="center")
        self._label = self._figure.text(
            0.97, 0.945, "", fontsize=15, fontweight="bold", color=INK, ha="right", va="center"
        )
        self._note = self._figure.text(0.03, 0.045, "", fontsize=10, color=QUIET, va="center")
        self._add_bar(index, colors, has_scale=has_scale)

    def draw(self, result: AreaResult, picture: bytes | None) -> Image.Image:
        """Return the frame of a period, with the palette that all frames of a color map share.

        Args:
            picture: as the provider drew it; None if there is none.
        """
        self._label.set_text(result.period.label)
        self._note.set_text(_note_of(result))
        self._axes.clear()
        self._axes.set_facecolor(GROUND)
        self._axes.set_xticks([])
        self._axes.set_yticks([])
        for spine in self._axes.spines.values():
            spine.set_visible(False)
        if picture is None:
            self._draw_nothing(result)
        else:
            self._draw_picture(picture)
        self._canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib
        drawn = Image.fromarray(np.asarray(self._canvas.buffer_rgba())).convert("RGB")  # type: ignore[no-untyped-call]  # matplotlib
        return drawn.quantize(palette=self._palette, dither=Image.Dither.NONE)

    def _draw_picture(self, picture: bytes) -> None:
        with Image.open(BytesIO(picture)) as image:
            pixels = np.asarray(image.convert("RGBA"))
        height, width = pixels.shape[:2]
        shown = max(height, width * PANEL[1] / PANEL[0]) * 1.04  # pixels of the picture that the panel is high
        self._axes.imshow(pixels, aspect="auto", interpolation="antialiased")
        self._axes.set_ylim((height + shown) / 2, (height - shown) / 2)
        wide = shown * PANEL[0] / PANEL[1]
        self._axes.set_xlim((width - wide) / 2, (width + wide) / 2)

    def _draw_nothing(self, result: AreaResult) -> None:
        is_failed = result.state is ResultState.FAILED
        self._axes.set_aspect("auto")
        self._axes.set_xlim(0, 1)
        self._axes.set_ylim(0, 1)
        edge = "#e3b5b9" if is_failed else "#dde2e6"
        self._axes.add_patch(Rectangle((0, 0), 1, 1, facecolor=GROUND, edgecolor=edge, hatch="//", linewidth=0))
        words = "failed" if is_failed else "no imagery" if result.state is ResultState.NO_IMAGERY else "no picture"
        background = {"facecolor": GROUND, "edgecolor": "none", "boxstyle": "round,pad=0.5"}
        color = "#b3202c" if is_failed else QUIET
        self._axes.text(0.5, 0.5, words, fontsize=16, color=color, ha="center", va="center", bbox=background)

    def _add_bar(self, index: str, colors: Colors, *, has_scale: bool) -> None:
        axes: Axes = self._figure.add_axes(BAR)
        scale = ScalarMappable(Normalize(colors.low, colors.high), colors.colormap)
        bar = self._figure.colorbar(scale, cax=axes)
        bar.outline.set_visible(False)
        axes.set_title(index.upper(), fontsize=10, color=INK, pad=8)
        axes.tick_params(labelsize=9, colors=INK, length=2.5)
        if not has_scale:
            bar.set_ticks([colors.low, colors.high], labels=["low", "high"])


def _note_of(result: AreaResult) -> str:
    statistics = result.statistics
    if statistics is None or statistics.mean is None:
        return f"{result.period.start} to {result.period.end}"
    valid = f", {statistics.valid_percent:.0f} % of its pixels" if statistics.valid_percent is not None else ""
    return f"{statistics.date}, mean {statistics.mean:.3f}{valid}"


def palette_of(colormap: str) -> Image.Image:
    """Return an image whose palette has the colours of a color map, and greys for text."""
    colours = matplotlib.colormaps[colormap](np.linspace(0, 1, 256 - GREYS))[:, :3]
    greys = np.repeat(np.linspace(0, 1, GREYS), 3).reshape(-1, 3)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.round(255 * np.vstack([colours, greys])).astype(np.uint8).tobytes())
    return palette

"""Reproducible value noise: the texture of everything in a generated scene."""

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def smoothstep(low: float, high: float, field: Field) -> Field:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the greater one."""
    t = np.clip((field - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def value_noise(size: int, cells: int, rng: np.random.Generator) -> Field:
    """Smooth noise in 0..1 with `cells` bumps a side."""
    lattice = rng.random((cells + 1, cells + 1), dtype=np.float32)
    position = np.linspace(0, cells, size, endpoint=False, dtype=np.float32)
    left = position.astype(int)
    part = smoothstep(0, 1, position - left)
    # spelled out: a matrix product's last bits depend on the number of processors
    rows = lattice[left] * (1 - part)[:, None] + lattice[left + 1] * part[:, None]
    return np.asarray(rows[:, left] * (1 - part) + rows[:, left + 1] * part, np.float32)


def fractal_noise(size: int, cells: int, octaves: int, seed: int, *, ridged: bool = False) -> Field:
    """Sum of octaves of value noise, stretched to 0..1.

    Args:
        size: pixels a side.
        cells: bumps a side of the coarsest octave.
        octaves: each one twice as fine and a bit more than half as strong.
        seed: same seed, same field.
        ridged: fold each octave, which gives crests like those of lava flows.
    """
    rng = np.random.default_rng(seed)
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        layer = value_noise(size, cells * 2**octave, rng)
        total += np.float32(0.55**octave) * (1 - np.abs(2 * layer - 1) if ridged else layer)
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / (high - low), np.float32)


def warped_noise(size: int, cells: int, octaves: int, seed: int, *, bend: int, ridged: bool = False) -> Field:
    """Fractal noise whose shapes are bent by up to `bend` pixels: no trace of the lattice."""
    wide = size + 2 * bend
    plain = fractal_noise(wide, cells, octaves, seed, ridged=ridged)
    rows, columns = np.mgrid[0:size, 0:size]
    shift = [2 * bend * fractal_noise(size, 5, 4, seed + offset) for offset in (7001, 7002)]
    bent = plain[rows + shift[0].astype(int), columns + shift[1].astype(int)]
    return np.asarray(bent, np.float32)


def shifted(field: Field, down: int, right: int) -> Field:
    """Move a field by whole pixels; what moves in repeats the edge."""
    rows = np.clip(np.arange(field.shape[0]) - down, 0, field.shape[0] - 1)
    columns = np.clip(np.arange(field.shape[1]) - right, 0, field.shape[1] - 1)
    return field[np.ix_(rows, columns)]

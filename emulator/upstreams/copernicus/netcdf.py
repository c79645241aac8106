"""The smallest netCDF file that holds a picture: classic format, one variable of floats."""

import struct

import numpy as np
from numpy.typing import NDArray

_DIMENSIONS, _VARIABLES, _ABSENT, _FLOAT = 10, 11, bytes(8), 5


def netcdf_bytes(name: str, values: NDArray[np.float32]) -> bytes:
    """Encode (rows, columns) as the variable `name`.

    Source: the classic format's grammar in the netCDF User's Guide, appendix "File Format Specifications".
    """
    rows, columns = values.shape
    dimensions = _text("rows") + _number(rows) + _text("columns") + _number(columns)
    header = b"CDF\x01" + _number(0) + _number(_DIMENSIONS, 2) + dimensions + _ABSENT
    variable = _text(name) + _number(2, 0, 1) + _ABSENT + _number(_FLOAT, values.size * 4)
    begin = len(header) + 8 + len(variable) + 4
    return header + _number(_VARIABLES, 1) + variable + _number(begin) + values.astype(">f4").tobytes()


def _number(*values: int) -> bytes:
    return struct.pack(f">{len(values)}i", *values)


def _text(text: str) -> bytes:
    data = text.encode()
    return _number(len(data)) + data + bytes(-len(data) % 4)

"""Row numbers of a part of a fold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def row_numbers(part: Any, n_rows: int, where: str) -> NDArray[np.intp]:
    """Return the row numbers of a part that may be given as a mask of ``n_rows`` values.

    A mask of another length is a ValueError that names ``where``.
    """
    rows = np.asarray(part)
    if rows.dtype.kind != "b":
        return rows
    if rows.shape != (n_rows,):
        raise ValueError(
            f"{where} is given by a mask of shape {rows.shape}; expected one value for "
            f"each of {n_rows} rows."
        )
    return np.flatnonzero(rows)

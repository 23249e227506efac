"""Row numbers of a part of a fold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def row_numbers(part: Any, n_rows: int, where: str) -> NDArray[np.intp]:
    """Return the row numbers of a part that may be given as a mask.

    Parameters
    ----------
    part : array-like of shape (n_part,) of int, or (n_rows,) of bool
    n_rows : int
    where : str
        Name of the part in the error.

    Raises
    ------
    ValueError
        A mask is not of ``n_rows`` values.
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

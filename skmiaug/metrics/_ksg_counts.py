"""Neighbour counts of the KSG estimator: by trees in few columns, else from all pairs."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

__all__ = ["counts_by_pairs", "counts_by_tree"]

# Pairs held at once: few enough to stay in the processor's cache.
_BLOCK_PAIRS = 2**17

Counts = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]


def counts_by_tree(u: NDArray[np.float64], v: NDArray[np.float64], k: int) -> Counts:
    """Neighbours of each row in the maximum norm.

    Parameters
    ----------
    u, v : ndarray of shape (n, d_u) and (n, d_v)
    k : int

    Returns
    -------
    n_joint : ndarray of shape (n,)
        k, or the number of copies of the row where those are more.
    near_u, near_v : ndarray of shape (n,)
        Other rows nearer on this side alone than the k-th neighbour in both together;
        where that is at distance 0, the copies on this side.
    """
    both = np.hstack([u, v])
    joint = cKDTree(both)
    reach = joint.query(both, k + 1, p=np.inf)[0][:, k]
    copies = reach == 0
    # Just below the k-th neighbour, which is not counted; copies are.
    radius = np.where(copies, 0.0, np.nextafter(reach, 0.0))
    near_u, near_v = (
        cKDTree(side).query_ball_point(side, radius, p=np.inf, return_length=True) - 1
        for side in (u, v)
    )
    n_joint = np.full(len(u), k)
    if copies.any():
        same = joint.query_ball_point(both[copies], 0.0, p=np.inf, return_length=True)
        n_joint[copies] = same - 1
    return n_joint, near_u, near_v


def counts_by_pairs(u: NDArray[np.float64], v: NDArray[np.float64], k: int) -> Counts:
    """The same as `counts_by_tree`, from the distances of all pairs, in blocks.

    In float32, which takes half the time; distances that differ by 1e-7 of their size or
    less may count as equal.
    """
    n = len(u)
    counts = np.empty((3, n), dtype=np.intp)
    left, right = (np.ascontiguousarray(side.T, dtype=np.float32) for side in (u, v))
    n_rows = max(1, _BLOCK_PAIRS // n)
    buffers = np.empty((3, n_rows, n), dtype=np.float32)
    for start in range(0, n, n_rows):
        block = slice(start, min(start + n_rows, n))
        far_u, far_v, spare = buffers[:, : block.stop - start]
        _farthest_column(left, block, far_u, spare)
        _farthest_column(right, block, far_v, spare)
        np.maximum(far_u, far_v, out=spare)
        joint = spare
        reach = np.partition(joint, k, axis=1)[:, k, None]
        copies = reach == 0
        # Nearer than the k-th neighbour; at no distance at all where that is a copy.
        limit = np.where(copies, np.finfo(np.float32).tiny, reach)
        counts[1, block] = np.count_nonzero(far_u < limit, axis=1) - 1
        counts[2, block] = np.count_nonzero(far_v < limit, axis=1) - 1
        same = np.count_nonzero(joint == 0, axis=1) - 1
        counts[0, block] = np.where(copies[:, 0], same, k)
    return counts[0], counts[1], counts[2]


def _farthest_column(
    columns: NDArray[np.float32],
    block: slice,
    out: NDArray[np.float32],
    spare: NDArray[np.float32],
) -> None:
    """Distance in the maximum norm of the rows of ``block`` to all, into ``out``."""
    out[:] = 0.0
    for column in columns:
        np.subtract(column, column[block, None], out=spare)
        np.abs(spare, out=spare)
        np.maximum(out, spare, out=out)

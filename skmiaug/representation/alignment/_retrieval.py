"""Recall at k: how often the other modality of a row is among the k nearest."""

from collections.abc import Sequence
from itertools import permutations
from numbers import Integral

import numpy as np

# Cosines at a time, 32 MiB; all those of 100,000 rows would be 80 GB.
_CHUNK_CELLS = 2**22
# Cosines nearer than this are tied: equal rows may differ in their last bits.
_TIE = 1e-9


def recall_at(
    queries: np.ndarray, candidates: np.ndarray, k: Sequence[int]
) -> dict[int, float]:
    """Share of queries whose own candidate is among the k of highest cosine.

    Candidates as near as a query's own are in no order: the share is the expected one when
    they are shuffled, so that equal codes give chance, k / n. Row i of ``queries``
    (n, n_components) belongs to row i of ``candidates``; returns the recall by k.
    """
    queries, candidates = _unit(queries), _unit(candidates)
    hits = dict.fromkeys(k, 0.0)
    n_rows = max(_CHUNK_CELLS // len(candidates), 1)
    for begin in range(0, len(queries), n_rows):
        cosines = queries[begin : begin + n_rows] @ candidates.T
        own = cosines[np.arange(len(cosines)), begin + np.arange(len(cosines))][:, None]
        nearer = (cosines > own + _TIE).sum(axis=1)
        level = (np.abs(cosines - own) <= _TIE).sum(axis=1)
        for n in hits:
            hits[n] += float(np.clip((n - nearer) / level, 0.0, 1.0).sum())
    return {n: hit / len(queries) for n, hit in hits.items()}


def score_pairs(
    codes: np.ndarray, present: np.ndarray, names: Sequence[str], k: Sequence[int]
) -> dict[str, float]:
    """Recall at each k from each modality to each other, over the rows that have both.

    Codes are (n, n_modalities, n_components), ``present`` is (n, n_modalities) and keys of
    the result are such as ``"audio_to_text_at_5"``. Raises a ValueError if there is only
    one modality, no row has both of two, or ``k`` is not a list of numbers.
    """
    ks = list(k) if np.iterable(k) else []
    if not ks or any(not isinstance(n, Integral) or n < 1 for n in ks):
        raise ValueError(f"k must list whole numbers above 0, as in k=(1, 5), got {k!r}.")
    if len(names) < 2:
        raise ValueError(
            "Retrieval needs two modalities, and this aligner was fitted with one. Set "
            "modalities."
        )
    scores: dict[str, float] = {}
    for i, j in permutations(range(len(names)), 2):
        whole = present[:, i] & present[:, j]
        if not whole.any():
            raise ValueError(
                f"No row of X has both {names[i]!r} and {names[j]!r}. Give rows that have "
                "both."
            )
        recall = recall_at(codes[whole, i], codes[whole, j], ks)
        scores |= {f"{names[i]}_to_{names[j]}_at_{n}": r for n, r in recall.items()}
    return scores


def _unit(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1.0)

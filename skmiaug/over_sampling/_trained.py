"""Samplers that were trained ahead, for fits that are about to ask for them."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from skmiaug.over_sampling._row_fit import FittedSampler

_stores: list[Mapping[str, FittedSampler]] = []
_lock = threading.Lock()


@contextmanager
def trained_ahead(store: Mapping[str, FittedSampler]) -> Iterator[None]:
    """Let fits inside, in any thread, take samplers from ``store`` instead of training.

    The keys are fingerprints of settings, seed and rows, so that a fit of anything else
    trains as ever.
    """
    with _lock:
        _stores.append(store)
    try:
        yield
    finally:
        with _lock:
            _stores.remove(store)


def any_trained() -> bool:
    """Whether a fingerprint is worth its time."""
    return bool(_stores)


def recall(fingerprint: str) -> FittedSampler | None:
    """Return the sampler that was trained for this very fit."""
    with _lock:
        return next((s[fingerprint] for s in _stores if fingerprint in s), None)

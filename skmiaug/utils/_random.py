"""Seeds: one integer is drawn from ``random_state``, everything else follows from it.

The global random states of numpy and torch are neither read nor written, but for that one
integer: with ``random_state=None`` it comes from numpy's, as everywhere in scikit-learn.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # closed-form estimators seed themselves without torch
    import torch

_SEED_BOUND = 2**31 - 1
_GLOBAL_GENERATOR_LOCK = threading.Lock()


def draw_seed(random_state: np.random.RandomState) -> int:
    """Draw the one integer that every generator of a fit is seeded from."""
    return int(random_state.randint(_SEED_BOUND))


def numpy_generator(seed: int, stream: int) -> np.random.Generator:
    """Return a numpy generator; different ``stream`` numbers are independent."""
    return np.random.default_rng([seed, stream])


def seed_of_stream(seed: int, stream: int) -> int:
    """Return a seed with streams of its own, independent of those of ``seed``."""
    return int(numpy_generator(seed, stream).integers(_SEED_BOUND))


def torch_generator(seed: int, stream: int, device: "torch.device") -> "torch.Generator":
    """Return a torch generator on ``device``; different streams are independent."""
    import torch

    state = np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(state[0] >> np.uint64(1)))


def draw_below(counts: "torch.Tensor", rng: "torch.Generator") -> "torch.Tensor":
    """Draw a whole number from 0 to below each of ``counts`` (n,), on their device."""
    import torch

    uniform = torch.rand(len(counts), generator=rng, device=counts.device)
    # float32 rounds 1 - 2**-25 up to 1: the minimum keeps the number below its count.
    return torch.minimum((uniform * counts).long(), counts - 1)


@contextmanager
def isolated_torch_seed(seed: int) -> Iterator[None]:
    """Seed torch's global CPU generator inside, and put its state back after.

    Module constructors draw their first weights from the global generator and take no
    other. One thread at a time: fits in parallel threads would seed it for each other.
    """
    import torch

    with _GLOBAL_GENERATOR_LOCK:
        state = torch.random.get_rng_state()
        try:
            torch.default_generator.manual_seed(seed)
            yield
        finally:
            torch.random.set_rng_state(state)

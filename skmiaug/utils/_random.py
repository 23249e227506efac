"""Seeds: one integer is drawn from ``random_state``, everything else follows from it.

The global random states of numpy and torch are never read nor written.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

_SEED_BOUND = 2**31 - 1


def draw_seed(random_state: np.random.RandomState) -> int:
    """Draw the one integer that every generator of a fit is seeded from."""
    return int(random_state.randint(_SEED_BOUND))


def numpy_generator(seed: int, stream: int) -> np.random.Generator:
    """Return a numpy generator; different ``stream`` numbers are independent."""
    return np.random.default_rng([seed, stream])


def torch_generator(seed: int, stream: int, device: torch.device) -> torch.Generator:
    """Return a torch generator on ``device``; different streams are independent."""
    state = np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(state[0] >> np.uint64(1)))


@contextmanager
def isolated_torch_seed(seed: int) -> Iterator[None]:
    """Seed torch's global CPU generator inside, and put its state back after.

    Module constructors draw their first weights from the global generator and take no
    other.
    """
    state = torch.random.get_rng_state()
    try:
        torch.default_generator.manual_seed(seed)
        yield
    finally:
        torch.random.set_rng_state(state)

"""The real rows of a class that draws lie around."""

import numpy as np
import torch
from torch import Tensor

from skmiaug.training import pull_of


def pick_rows(
    class_begin: np.ndarray, class_index: int, n: int, rng: torch.Generator
) -> Tensor:
    """Row numbers (n,) of a class in random order, each as often as any other (±1).

    ``class_begin`` (n_classes + 1,) says where each class begins among the rows.
    """
    begin, end = map(int, class_begin[class_index : class_index + 2])
    rounds = [
        torch.randperm(end - begin, generator=rng, device=rng.device)
        for _ in range(-(-n // (end - begin)))
    ]
    return torch.cat(rounds)[:n] + begin


def add_deviations(
    noise: Tensor, row_deviations: np.ndarray, numbers: Tensor, spread: float
) -> None:
    """Add sqrt(1 - spread²) times the deviations of rows (n,) to ``noise``, in place.

    With noise of deviation ``spread`` the sum varies as the rows of a class do.
    """
    # In numpy: the rows may be a read-only memory map, which torch warns of.
    around = np.take(row_deviations, numbers.cpu().numpy(), axis=0)
    noise.add_(torch.from_numpy(around).to(noise.device), alpha=pull_of(spread))

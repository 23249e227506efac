"""The aligner's parameters, resolved to numbers for one data set."""

import hashlib
import json
import operator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch

EVAL_INTERVAL = 25


@dataclass(frozen=True)
class AlignSettings:
    """Numbers that a fit needs; the names are those of the aligner's parameters."""

    n_components: int
    hidden_layer_sizes: tuple[int, ...]
    classification_weight: float
    contrastive_weight: float
    mi_weight: float
    temperature: float
    same_class: str
    max_iter: int
    batch_size: int
    dropout: float
    learning_rate: float
    weight_decay: float
    validation_fraction: float
    n_iter_no_change: int
    tol: float
    autocast: torch.dtype | None

    def largest_product(self, n_features: int) -> int:
        """Multiply-adds of the largest matrix product of a training step."""
        widths = (n_features, *self.hidden_layer_sizes, self.n_components)
        return self.batch_size * max(a * b for a, b in pairwise(widths))

    def fingerprint(
        self,
        X: np.ndarray,
        classes: np.ndarray,
        modalities: dict[str, np.ndarray],
        seed: int | None,
    ) -> str:
        """Identity of a run: settings, data and, where it was given, the seed."""
        described = {k: str(v) for k, v in asdict(self).items()}
        columns = {name: group.tolist() for name, group in modalities.items()}
        digest = hashlib.sha256(
            json.dumps([described, columns, seed, X.shape, str(X.dtype)]).encode()
        )
        digest.update(np.ascontiguousarray(X).data)
        digest.update(np.ascontiguousarray(classes).data)
        return digest.hexdigest()


def checked_layer_sizes(sizes: Any) -> tuple[int, ...]:
    """Return hidden layer sizes as whole numbers; none at all is allowed.

    Raises
    ------
    ValueError
        They are something else.
    """
    try:
        checked = tuple(map(operator.index, sizes))
    except TypeError:
        checked = (0,)
    if any(size < 1 for size in checked):
        raise ValueError(
            "hidden_layer_sizes must be whole numbers above 0, such as (256,), or () for "
            f"a linear projection; got {sizes!r}."
        )
    return checked

"""What a fit to several modalities needs beside the settings of every fit."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from skmiaug.over_sampling._settings import (
    MIN_COMPONENTS,
    FitSettings,
    resolve_components,
)
from skmiaug.training import JointLayout

# How the part of a modality that is always given is drawn where rows are to be made: the
# share that comes from its class Gaussian, the rest from a real row.
GIVEN_SPREADS = {"rows": 0.0, "noise": 0.5, "gaussian": 1.0}


@dataclass(frozen=True)
class JointSettings:
    """Numbers that a fit to several modalities needs.

    Attributes
    ----------
    base : FitSettings
        Those of every fit; its ``n_components`` is the sum of ``sizes``.
    widths : tuple of int
        Columns of each modality: the same rows may be cut at other places.
    sizes : tuple of int
        Leading whitened directions of each modality that the networks see.
    n_made : int
        How many modalities, the first ones, are made; the others are always given.
    given_spread : float or None
        How those are drawn, see ``GIVEN_SPREADS``; None where none is always given.
    gaussian_head : bool
        Whether a Gaussian reads the second of two modalities from the first.
    """

    base: FitSettings
    widths: tuple[int, ...]
    sizes: tuple[int, ...]
    n_made: int
    given_spread: float | None
    gaussian_head: bool

    @property
    def layout(self) -> JointLayout:
        """What the training loop knows of the modalities."""
        return JointLayout(self.sizes, self.n_made)

    def fingerprint(self, X: np.ndarray, classes: np.ndarray, seed: int | None) -> str:
        """Identity of a run: settings, data (all modalities side by side) and seed."""
        described: dict[str, Any] = asdict(self)
        described.pop("base")
        base = self.base.fingerprint(X, classes, seed)
        return hashlib.sha256(f"{base} {sorted(described.items())}".encode()).hexdigest()


def share_components(
    n_components: int | str, n_rows: int, n_classes: int, widths: Sequence[int]
) -> tuple[int, ...]:
    """How many leading directions of each modality the networks see.

    What one modality of all these columns would get, in proportion to the columns, and at
    least one each. With "auto" at least 8, or all that there are: of five columns beside
    hundreds of another modality, the networks would see one direction otherwise.
    """
    total = sum(widths)
    wanted = resolve_components(n_components, n_rows, n_classes, total)
    least = MIN_COMPONENTS if n_components == "auto" else 1
    return tuple(min(max(round(wanted * width / total), least), width) for width in widths)


def condition_components(
    n_components: int | str, n_rows: int, n_classes: int, widths: Sequence[int]
) -> tuple[int, int]:
    """How many leading directions of rows and of their condition the networks see.

    Of the rows as many as without a condition; of the condition half as many, at least 8.
    """
    width, condition_width = widths
    wanted = resolve_components(n_components, n_rows, n_classes, width)
    return wanted, min(max(wanted // 2, MIN_COMPONENTS), condition_width)

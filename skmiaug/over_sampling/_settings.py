"""The augmenter's parameters, resolved to numbers for one data set."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass

import numpy as np
import torch

from skmiaug.training import EarlyStopping, GanWeights

EVAL_INTERVAL = 25
MAX_COMPONENTS = 512
ROWS_PER_COMPONENT = 4
MIN_COMPONENTS = 8
MIN_WIDTH, MAX_WIDTH = 128, 256
_UNITS_PER_COMPONENT = 3
_WIDTH_STEP = 32


@dataclass(frozen=True)
class FitSettings:
    """Numbers that a fit needs; the names are those of the augmenter's parameters."""

    mi_weight: float
    generator_hidden_layer_sizes: tuple[int, ...]
    critic_hidden_layer_sizes: tuple[int, ...]
    latent_dim: int
    n_continuous_codes: int
    spread: float | None
    rejection: float
    leash: float
    choose_strength: bool
    n_components: int
    max_iter: int
    batch_size: int
    generator_learning_rate: float
    critic_learning_rate: float
    validation_fraction: float
    n_iter_no_change: int
    tol: float
    autocast: torch.dtype | None
    marginals: str

    @property
    def latent_width(self) -> int:
        """Noise and continuous codes together."""
        return self.latent_dim + self.n_continuous_codes

    def early_stopping(self) -> EarlyStopping:
        """Return a new stopping rule."""
        return EarlyStopping(self.n_iter_no_change, self.tol)

    def weights(self, n_classes: int) -> GanWeights:
        """Return the weights of the loss terms; batches have as much of each class."""
        return GanWeights(
            information=self.mi_weight,
            leash=self.leash,
            entropy=math.log(n_classes),
            autocast=self.autocast,
        )

    def largest_product(self) -> int:
        """Multiply-adds of the largest matrix product of a training step."""
        sizes = self.generator_hidden_layer_sizes + self.critic_hidden_layer_sizes
        widest = max(self.n_components + self.latent_width, *sizes)
        # The critic sees real and generated rows in one product.
        return 2 * self.batch_size * widest * max(sizes)

    def fingerprint(self, X: np.ndarray, classes: np.ndarray, seed: int | None) -> str:
        """Identity of a run: settings, data and, where it was given, the seed."""
        described = {k: str(v) for k, v in asdict(self).items()}
        digest = hashlib.sha256(
            json.dumps([described, seed, X.shape, str(X.dtype)]).encode()
        )
        digest.update(np.ascontiguousarray(X).data)
        digest.update(np.ascontiguousarray(classes).data)
        return digest.hexdigest()


def resolve_components(n_components: int | str, n_rows: int, n_classes: int, d: int) -> int:
    """How many leading directions the networks see.

    A direction whose variance hangs on a handful of rows tells a critic apart what was
    generated from what is real by the rows' number alone; ``"auto"`` takes one direction
    for each four rows, 8 to 512.
    """
    if n_components != "auto":
        return min(int(n_components), d)
    wanted = (n_rows - n_classes) // ROWS_PER_COMPONENT
    return min(d, max(MIN_COMPONENTS, min(wanted, MAX_COMPONENTS)))


def resolve_width(n_components: int) -> int:
    """How many units each of the two hidden layers of either network has.

    Three for each direction that the networks see, 128 to 256, in steps of 32. On tables of
    2 to 47 columns (rings, moons, scikit-learn's clusters and breast cancer, three seeds)
    128 units taught classifiers what 256 did, in half to three quarters of the time.
    """
    wanted = _UNITS_PER_COMPONENT * n_components
    rounded = _WIDTH_STEP * math.ceil(wanted / _WIDTH_STEP)
    return min(max(rounded, MIN_WIDTH), MAX_WIDTH)

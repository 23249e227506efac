"""The aligner's parameters: their names, what is allowed, and their numbers for a fit."""

import os
from numbers import Integral, Real
from typing import Any

import torch
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.losses import SAME_CLASS_ROLES
from skmiaug.representation._align_settings import AlignSettings, checked_layer_sizes
from skmiaug.utils._precision import resolve_precision


class AlignerParameters(BaseEstimator):
    """What a :class:`ContrastiveAligner` is told before it sees data."""

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        "modalities": [dict, None],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "hidden_layer_sizes": ["array-like"],
        "classification_weight": [Interval(Real, 0, None, closed="left")],
        "contrastive_weight": [Interval(Real, 0, None, closed="left")],
        "mi_weight": [Interval(Real, 0, None, closed="left")],
        "same_class": [StrOptions(set(SAME_CLASS_ROLES))],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "output": [str],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 2, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "device": "no_validation",
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "checkpoint": [str, os.PathLike, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        modalities: dict[str, Any] | None = None,
        n_components: int = 128,
        hidden_layer_sizes: tuple[int, ...] = (),
        classification_weight: float = 1.0,
        contrastive_weight: float = 1.0,
        mi_weight: float = 1.0,
        same_class: str = "negative",
        temperature: float = 0.07,
        output: str = "joined",
        max_iter: int = 1000,
        batch_size: int = 256,
        dropout: float = 0.5,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.01,
        validation_fraction: float = 0.15,
        n_iter_no_change: int = 5,
        tol: float = 1e-4,
        device: Any = "auto",
        precision: str = "auto",
        checkpoint: str | os.PathLike[str] | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ):
        self.modalities = modalities
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.classification_weight = classification_weight
        self.contrastive_weight = contrastive_weight
        self.mi_weight = mi_weight
        self.same_class = same_class
        self.temperature = temperature
        self.output = output
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.device = device
        self.precision = precision
        self.checkpoint = checkpoint
        self.random_state = random_state
        self.verbose = verbose

    # Python names the function in the error of an unknown parameter.
    __init__.__qualname__ = "ContrastiveAligner.__init__"

    def _settings(self, device: torch.device) -> AlignSettings:
        """Resolve the parameters for a device."""
        return AlignSettings(
            n_components=int(self.n_components),
            hidden_layer_sizes=checked_layer_sizes(self.hidden_layer_sizes),
            classification_weight=float(self.classification_weight),
            contrastive_weight=float(self.contrastive_weight),
            mi_weight=float(self.mi_weight),
            temperature=float(self.temperature),
            same_class=self.same_class,
            max_iter=int(self.max_iter),
            batch_size=int(self.batch_size),
            dropout=float(self.dropout),
            learning_rate=float(self.learning_rate),
            weight_decay=float(self.weight_decay),
            validation_fraction=float(self.validation_fraction),
            n_iter_no_change=int(self.n_iter_no_change),
            tol=float(self.tol),
            autocast=resolve_precision(self.precision, device),
        )

"""The encoder's parameters: their names, what is allowed, and their numbers for a fit."""

import os
from numbers import Integral, Real
from typing import Any

import torch
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.losses import RECONSTRUCTION_ERRORS
from skmiaug.nn import BACKBONES, POOLINGS, TimestepArchitecture
from skmiaug.representation._masked_settings import PretrainingSettings
from skmiaug.training import REPLACEMENTS, MaskingSettings
from skmiaug.utils._precision import resolve_precision

# Narrower transformers, and GRUs of any width, gain nothing from bfloat16 on a CPU.
_WIDE = 128


class EncoderParameters(BaseEstimator):
    """What a :class:`MaskedTimestepEncoder` is told before it sees data."""

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        "backbone": [StrOptions(set(BACKBONES))],
        "hidden_size": [Interval(Integral, 2, None, closed="left")],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "n_heads": [Interval(Integral, 1, None, closed="left")],
        "pooling": [StrOptions(set(POOLINGS))],
        "clip": [Interval(Real, 0, 0.5, closed="left")],
        "mask_ratio": [Interval(Real, 0, 1, closed="neither")],
        "span_length": [Interval(Integral, 1, None, closed="left")],
        "replacement": [StrOptions(set(REPLACEMENTS))],
        "loss": [StrOptions(set(RECONSTRUCTION_ERRORS))],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
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
        backbone: str = "transformer",
        hidden_size: int = 128,
        n_layers: int = 3,
        n_heads: int = 4,
        pooling: str = "mean",
        clip: float = 0.005,
        mask_ratio: float = 0.3,
        span_length: int = 3,
        replacement: str = "learned",
        loss: str = "l1",
        dropout: float = 0.0,
        max_iter: int = 2000,
        batch_size: int = 128,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.01,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        device: Any = "auto",
        precision: str = "auto",
        checkpoint: str | os.PathLike[str] | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ):
        self.backbone = backbone
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.n_heads = n_heads
        self.pooling = pooling
        self.clip = clip
        self.mask_ratio = mask_ratio
        self.span_length = span_length
        self.replacement = replacement
        self.loss = loss
        self.dropout = dropout
        self.max_iter = max_iter
        self.batch_size = batch_size
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
    __init__.__qualname__ = "MaskedTimestepEncoder.__init__"

    def _settings(self, n_features: int, device: torch.device) -> PretrainingSettings:
        """Resolve the parameters; refuse what does not fit together."""
        wide = self.backbone == "transformer" and self.hidden_size >= _WIDE
        return PretrainingSettings(
            architecture=TimestepArchitecture(
                n_features,
                self.backbone,
                int(self.hidden_size),
                int(self.n_layers),
                int(self.n_heads),
            ),
            masking=MaskingSettings(
                ratio=float(self.mask_ratio),
                span=int(self.span_length),
                replacement=self.replacement,
                error=self.loss,
                dropout=float(self.dropout),
                autocast=resolve_precision(self.precision, device, large_products=wide),
            ),
            clip=float(self.clip),
            max_iter=int(self.max_iter),
            batch_size=int(self.batch_size),
            learning_rate=float(self.learning_rate),
            weight_decay=float(self.weight_decay),
            validation_fraction=float(self.validation_fraction),
            n_iter_no_change=int(self.n_iter_no_change),
            tol=float(self.tol),
        )

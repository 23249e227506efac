"""The augmenter's parameters: their names, what is allowed, and their numbers for a fit."""

import operator
import os
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.over_sampling._joint_rows import whole_rows
from skmiaug.over_sampling._joint_settings import (
    GIVEN_SPREADS,
    JointSettings,
    condition_components,
    share_components,
)
from skmiaug.over_sampling._settings import (
    MAX_WIDTH,
    FitSettings,
    resolve_components,
    resolve_width,
)
from skmiaug.utils._precision import resolve_precision

_LEASH = 1.0


class AugmenterParameters(BaseOverSampler):
    """What a :class:`MIGANAugmenter` is told before it sees data."""

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        **BaseOverSampler._parameter_constraints,
        "expansion": [Interval(Real, 1, None, closed="left")],
        "mi_weight": [Interval(Real, 0, None, closed="left")],
        "generator_hidden_layer_sizes": ["array-like", StrOptions({"auto"})],
        "critic_hidden_layer_sizes": ["array-like", StrOptions({"auto"})],
        "latent_dim": [Interval(Integral, 0, None, closed="left")],
        "n_continuous_codes": [Interval(Integral, 0, None, closed="left")],
        "spread": [Interval(Real, 0, 1, closed="right"), StrOptions({"auto"})],
        "marginals": [StrOptions({"auto", "gaussian", "empirical"})],
        "rejection": [Interval(Real, 0, 1, closed="left")],
        "leash": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "generator_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "critic_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "device": "no_validation",
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "checkpoint": [str, os.PathLike, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "modalities": [dict, None],
        "pairing": [StrOptions({"generated", "all"})],
        "condition_sampling": [StrOptions(set(GIVEN_SPREADS))],
        "condition_head": [StrOptions({"infonce", "gaussian"})],
        "require_condition": ["boolean"],
        "data_parallel": ["boolean"],
    }

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        expansion: float = 1.0,
        mi_weight: float = 1.0,
        generator_hidden_layer_sizes: tuple[int, ...] | str = "auto",
        critic_hidden_layer_sizes: tuple[int, ...] | str = "auto",
        latent_dim: int = 16,
        n_continuous_codes: int = 2,
        spread: float | str = "auto",
        marginals: str = "auto",
        rejection: float = 0.0,
        leash: float | str = "auto",
        n_components: int | str = "auto",
        max_iter: int = 500,
        batch_size: int = 256,
        generator_learning_rate: float = 2e-4,
        critic_learning_rate: float = 2e-4,
        validation_fraction: float = 0.2,
        n_iter_no_change: int = 5,
        tol: float = 1e-4,
        device: Any = "auto",
        precision: str = "auto",
        checkpoint: str | os.PathLike[str] | None = None,
        random_state: Any = None,
        verbose: int = 0,
        modalities: dict[str, Any] | None = None,
        pairing: str = "generated",
        condition_sampling: str = "gaussian",
        condition_head: str = "infonce",
        require_condition: bool = False,
        data_parallel: bool = False,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.expansion = expansion
        self.mi_weight = mi_weight
        self.generator_hidden_layer_sizes = generator_hidden_layer_sizes
        self.critic_hidden_layer_sizes = critic_hidden_layer_sizes
        self.latent_dim = latent_dim
        self.n_continuous_codes = n_continuous_codes
        self.spread = spread
        self.marginals = marginals
        self.rejection = rejection
        self.leash = leash
        self.n_components = n_components
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.generator_learning_rate = generator_learning_rate
        self.critic_learning_rate = critic_learning_rate
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.device = device
        self.precision = precision
        self.checkpoint = checkpoint
        self.random_state = random_state
        self.verbose = verbose
        self.modalities = modalities
        self.pairing = pairing
        self.condition_sampling = condition_sampling
        self.condition_head = condition_head
        self.require_condition = require_condition
        self.data_parallel = data_parallel

    # Python names the function in the error of an unknown parameter.
    __init__.__qualname__ = "MIGANAugmenter.__init__"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    def _settings(self, X: np.ndarray, device: Any) -> FitSettings:
        """Resolve the parameters for these rows; refuse what does not fit together."""
        n_components = resolve_components(
            self.n_components, len(X), len(self.classes_), X.shape[1]
        )
        return self._settings_of(n_components, resolve_width(n_components), device)

    def _joint_settings(
        self, parts: Sequence[np.ndarray], n_made: int, device: Any
    ) -> JointSettings:
        """As :meth:`_settings` for the rows of several modalities, those made first."""
        n_rows, n_classes = int(whole_rows(parts).sum()), len(self.classes_)
        widths = [part.shape[1] for part in parts]
        conditioned = n_made < len(parts)
        sizes: tuple[int, ...]
        if conditioned:
            sizes = condition_components(self.n_components, n_rows, n_classes, widths)
        else:
            sizes = share_components(self.n_components, n_rows, n_classes, widths)
        return JointSettings(
            base=self._settings_of(sum(sizes), MAX_WIDTH, device),
            widths=tuple(widths),
            sizes=sizes,
            n_made=n_made,
            given_spread=GIVEN_SPREADS[self.condition_sampling] if conditioned else None,
            gaussian_head=conditioned and self.condition_head == "gaussian",
        )

    def _settings_of(self, n_components: int, width: int, device: Any) -> FitSettings:
        """Check and gather all numbers; ``width`` is that of layers left to "auto"."""
        if self.rejection > 0 and self.mi_weight == 0:
            raise ValueError(
                "rejection ranks draws by the recognition head, which mi_weight=0 leaves "
                "untrained. Set mi_weight above 0 or rejection=0."
            )
        if self.rejection > 0 and self.max_iter == 0:
            raise ValueError(
                "rejection ranks draws by the recognition head, which max_iter=0 leaves "
                "untrained. Set max_iter above 0 or rejection=0."
            )
        return FitSettings(
            mi_weight=float(self.mi_weight),
            generator_hidden_layer_sizes=_layer_sizes(
                "generator_hidden_layer_sizes", self.generator_hidden_layer_sizes, width
            ),
            critic_hidden_layer_sizes=_layer_sizes(
                "critic_hidden_layer_sizes", self.critic_hidden_layer_sizes, width
            ),
            latent_dim=int(self.latent_dim),
            n_continuous_codes=int(self.n_continuous_codes),
            spread=None if self.spread == "auto" else float(self.spread),
            rejection=float(self.rejection),
            leash=_LEASH if self.leash == "auto" else float(self.leash),
            choose_strength=self.leash == "auto",
            n_components=n_components,
            max_iter=int(self.max_iter),
            batch_size=int(self.batch_size),
            generator_learning_rate=float(self.generator_learning_rate),
            critic_learning_rate=float(self.critic_learning_rate),
            validation_fraction=float(self.validation_fraction),
            n_iter_no_change=int(self.n_iter_no_change),
            tol=float(self.tol),
            autocast=resolve_precision(self.precision, device),
            marginals=self.marginals,
        )


def _layer_sizes(name: str, sizes: Any, width: int) -> tuple[int, ...]:
    if isinstance(sizes, str):
        return width, width
    try:
        checked = tuple(map(operator.index, sizes))
    except (TypeError, ValueError):
        checked = ()
    if not checked or min(checked) < 1:
        raise ValueError(
            f"{name} must be at least one whole number above 0, such as (256, 256); got "
            f"{sizes!r}."
        )
    return checked

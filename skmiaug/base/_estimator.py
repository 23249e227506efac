"""Parameters and results of training that every estimator with networks has."""

import inspect
import operator
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.base._state import EstimatorState
from skmiaug.utils._sklearn_callbacks import CallbackSupportMixin

if TYPE_CHECKING:
    from skmiaug.base._session import Session

# Documentation of parameters and attributes that mean the same in all these estimators.
_PARAMETER_DOCS = {
    "weight_decay": """\
    weight_decay : float, default=%(weight_decay)s
        Weight decay of AdamW, of the matrices.
""",
    "n_iter_no_change": """\
    n_iter_no_change : int, default=%(n_iter_no_change)s
        Validation checks (one every %(eval_interval)s steps) without improvement before
        training stops.
""",
    "tol": """\
    tol : float, default=%(tol)s
        Smallest improvement of the validation score.
""",
    "device": """\
    device : str or torch.device, default="auto"
        Where networks are trained and used; "auto" is CUDA where there is one.
""",
    "precision": """\
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Type of the matrix products in training; "auto" is bfloat16 on CUDA devices that
        have it.
""",
    "checkpoint": """\
    checkpoint : path-like or None, default=None
        File that training writes every %(eval_interval)s steps, and when Ctrl-C or SIGTERM
        ends it, and continues from, bit for bit on the CPU, when the same fit is run again.
        Removed when the fit is done.
""",
    "random_state": """\
    random_state : int, RandomState instance or None, default=None
        Seed of everything. The same int gives the same bits on one device.
""",
    "verbose": """\
    verbose : int, default=0
        1 shows a progress bar.
""",
}
_ATTRIBUTE_DOCS = """\
    n_iter_, best_iter_ : int
        Training steps done, and the one whose weights are kept.
    loss_curve_ : list of float
        The loss, one mean for each %(eval_interval)s steps.
    validation_scores_ : list of float or None
        The loss on what was held out, negated; None where nothing was.
    best_validation_score_ : float or None
        That of the weights that are kept.
    device_ : str
        Device of the fit.
"""
T = TypeVar("T")


def with_shared_docs(
    eval_interval: int | None = None, texts: Mapping[str, str] = MappingProxyType({})
) -> Callable[[type[T]], type[T]]:
    """Return a decorator that fills in what estimators document alike.

    ``texts`` take the places ``{name}`` on lines of their own. So do, with an
    ``eval_interval``, what estimators that train have in common.
    """

    def fill(cls: type[T]) -> type[T]:
        parameters = inspect.signature(cls).parameters
        values = {name: parameter.default for name, parameter in parameters.items()}
        values["eval_interval"] = eval_interval
        own = [text for name, text in _PARAMETER_DOCS.items() if name in parameters]
        filled = dict(texts)
        if eval_interval is not None:
            filled["training parameters"] = "\n".join(own) % values
            filled["training attributes"] = _ATTRIBUTE_DOCS % values
        for name, text in filled.items():
            cls.__doc__ = (cls.__doc__ or "").replace(f"    {{{name}}}\n", text)
        return cls

    return fill


@dataclass(kw_only=True, eq=False, repr=False)
class TrainedEstimator(EstimatorState, CallbackSupportMixin):
    """Base of estimators that train networks in a ``training_session``.

    Parameters are the fields of a dataclass, whose ``__init__`` scikit-learn reads. A
    subclass is a dataclass too: it adds fields, or repeats one with another default. What a
    fit sets are fields with ``init=False``.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "device": "no_validation",
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "checkpoint": [str, os.PathLike, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }
    # As with splitters, groups are asked for.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

    max_iter: Any = 1000
    batch_size: int = 256
    validation_fraction: float = 0.1
    n_iter_no_change: int = 5
    tol: float = 1e-4
    device: Any = "auto"
    precision: str = "auto"
    checkpoint: str | os.PathLike[str] | None = None
    random_state: Any = None
    verbose: int = 0

    n_iter_: int = field(init=False)
    best_iter_: int = field(init=False)
    validation_scores_: list[float | None] = field(init=False)
    best_validation_score_: float | None = field(init=False)
    device_: str = field(init=False)

    def _check_state(self) -> None:
        """Refuse a device from a file that is none; one that is not here may be set."""
        import torch

        super()._check_state()
        if self.device != "auto":
            torch.device(self.device)

    def _set_run(self, record: Any, best_score: float | None, device: Any) -> None:
        """Set the attributes that describe a training run."""
        self.n_iter_, self.best_iter_ = record.n_iter, record.best_iter
        self.validation_scores_ = record.validation_scores
        self.best_validation_score_ = best_score
        self.device_ = str(device)


@dataclass(kw_only=True, eq=False, repr=False)
class NeuralEstimator(TrainedEstimator):
    """Base of estimators with one network and one optimiser."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **TrainedEstimator._parameter_constraints,
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }

    dropout: float = 0.0
    learning_rate: float = 1e-3
    weight_decay: float = 0.01

    loss_curve_: list[float] = field(init=False)

    def _set_results(self, record: Any, session: "Session") -> None:
        """Set the attributes that describe a training run of one loss."""
        best = session.stopping.best_score
        self._set_run(record, None if best == float("-inf") else best, session.device)
        self.loss_curve_ = record.loss


def checked_layer_sizes(sizes: Any, name: str = "hidden_layer_sizes") -> tuple[int, ...]:
    """Return hidden layer sizes as a tuple of int; it may be empty.

    Raises a ValueError unless they are whole numbers above 0.
    """
    try:
        checked = tuple(map(operator.index, sizes))
    except TypeError:
        checked = (0,)
    if any(size < 1 for size in checked):
        raise ValueError(
            f"{name} must be whole numbers above 0, such as (256,), or () for no hidden "
            f"layer; got {sizes!r}."
        )
    return checked

"""Parameters and results of training that every estimator with a network has."""

import inspect
import os
from functools import wraps
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

from sklearn.utils._param_validation import Interval

from skmiaug.base._parameters import NEURAL_CONSTRAINTS
from skmiaug.base._state import EstimatorState
from skmiaug.utils._sklearn_callbacks import CallbackSupportMixin

if TYPE_CHECKING:
    from skmiaug.base._session import Session


class NeuralEstimator(EstimatorState, CallbackSupportMixin):
    """Mixin of estimators that train a network in a ``training_session``.

    A subclass adds parameters in ``__init__(self, *, added, **shared)`` and passes
    ``shared`` on; its signature shows both. Defaults of shared parameters that differ are
    in its ``_defaults``.

    Attributes
    ----------
    n_iter_, best_iter_ : int
        Training steps done, and the one whose weights are kept.
    loss_curve_ : list of float
    validation_scores_ : list of float or None
        One for each validation check; None where no row was held out.
    best_validation_score_ : float or None
        That of the weights that are kept.
    device_ : str
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        **NEURAL_CONSTRAINTS,
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }
    _defaults: ClassVar[dict[str, Any]] = {}
    # As with splitters, groups are asked for.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

    n_iter_: int
    best_iter_: int
    loss_curve_: list[float]
    validation_scores_: list[float | None]
    best_validation_score_: float | None
    device_: str

    def __init__(
        self,
        *,
        dropout: float = 0.0,
        max_iter: int = 1000,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.01,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        tol: float = 1e-4,
        device: Any = "auto",
        precision: str = "auto",
        checkpoint: str | os.PathLike[str] | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ):
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

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" not in vars(cls):
            return
        # get_params, help and documentation read the signature.
        init: Any = cls.__init__
        own = list(inspect.signature(init).parameters.values())[:-1]
        parent: Any = super(cls, cls).__init__
        shared = [
            p.replace(default=cls._defaults.get(p.name, p.default))
            for p in list(inspect.signature(parent).parameters.values())[1:]
        ]
        signature = inspect.Signature([*own, *shared])

        @wraps(init)
        def checked_init(self: Any, *args: Any, **parameters: Any) -> None:
            try:
                bound = signature.bind(self, *args, **parameters)
            except TypeError as error:
                raise TypeError(f"{cls.__name__}.__init__() {error}") from None
            bound.apply_defaults()
            init(self, **bound.kwargs)

        checked_init.__signature__ = signature  # type: ignore[attr-defined]
        cls.__init__ = checked_init  # type: ignore[method-assign]

    def _check_state(self) -> None:
        """Refuse a device from a file that is none; one that is not here may be set."""
        import torch

        device: Any = self.get_params(deep=False)["device"]
        if device != "auto":
            torch.device(device)

    def _set_results(self, record: Any, session: "Session") -> None:
        """Set the attributes that describe a training run."""
        self.n_iter_, self.best_iter_ = record.n_iter, record.best_iter
        self.loss_curve_ = record.loss
        self.validation_scores_ = record.validation_scores
        best = session.stopping.best_score
        self.best_validation_score_ = None if best == float("-inf") else best
        self.device_ = str(session.device)

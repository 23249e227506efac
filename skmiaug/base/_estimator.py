"""Results of training that every estimator with a network has."""

from typing import TYPE_CHECKING, Any

from skmiaug.base._state import EstimatorState
from skmiaug.utils._sklearn_callbacks import CallbackSupportMixin

if TYPE_CHECKING:
    from skmiaug.base._session import Session


class NeuralEstimator(EstimatorState, CallbackSupportMixin):
    """Mixin of estimators that train a network in a ``training_session``.

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

    n_iter_: int
    best_iter_: int
    loss_curve_: list[float]
    validation_scores_: list[float | None]
    best_validation_score_: float | None
    device_: str

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

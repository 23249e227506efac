"""What the estimators share; the layer that knows both scikit-learn and torch.

torch is imported on first use: closed-form estimators build on this package without it.
"""

from typing import TYPE_CHECKING, Any

from skmiaug.base._estimator import (
    NeuralEstimator,
    TrainedEstimator,
    checked_layer_sizes,
    with_shared_docs,
)
from skmiaug.base._state import (
    EstimatorState,
    Maybe,
    pack,
    register_state,
    require_array,
    require_state,
    unpack,
)
from skmiaug.base._validation import class_labels, read_rows, validation_mask

if TYPE_CHECKING:
    from skmiaug.base._session import Session, fingerprint, torch_defaults, training_session

__all__ = [
    "EstimatorState",
    "Maybe",
    "NeuralEstimator",
    "Session",
    "TrainedEstimator",
    "checked_layer_sizes",
    "class_labels",
    "fingerprint",
    "pack",
    "read_rows",
    "register_state",
    "require_array",
    "require_state",
    "torch_defaults",
    "training_session",
    "unpack",
    "validation_mask",
    "with_shared_docs",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from skmiaug.base import _session

        return getattr(_session, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

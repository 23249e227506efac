"""What the fine-tuned estimators share: parameters, training and outputs."""

from dataclasses import dataclass, field
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, _clone_parametrized
from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.base import NeuralEstimator, require_state, torch_defaults, training_session
from skmiaug.representation.sequences._fine_tuning import (
    EVAL_INTERVAL,
    SHAPE,
    FineTunedNetwork,
    Labels,
    fine_tune,
    resolve_start,
)
from skmiaug.representation.sequences._input import ReadsSequences, Sequences
from skmiaug.representation.sequences._masked_encoder import MaskedTimestepEncoder
from skmiaug.representation.sequences._space import MEMORY_ADVICE, largest_product
from skmiaug.utils._fit import whole_fit
from skmiaug.utils.tables._labels import read_groups


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceEstimator(NeuralEstimator, ReadsSequences, BaseEstimator):
    """A head on a sequence encoder; subclasses define labels and predictions."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **NeuralEstimator._parameter_constraints,
        "pretrained": "no_validation",
        **{
            name: [*MaskedTimestepEncoder._parameter_constraints[name], None]
            for name in SHAPE
        },
        "freeze_encoder": ["boolean"],
        "head_penalty": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"auto"}),
            None,
        ],
        "encoder_dropout": [Interval(Real, 0, 1, closed="left")],
        "encoder_learning_rate": [Interval(Real, 0, None, closed="neither"), None],
    }

    dropout: float = 0.2
    max_iter: int = 300
    batch_size: int = 32
    validation_fraction: float = 0.0
    pretrained: Any = None
    backbone: str | None = None
    hidden_size: int | None = None
    n_layers: int | None = None
    n_heads: int | None = None
    pooling: str | None = None
    clip: float | None = None
    freeze_encoder: bool = False
    head_penalty: float | str | None = "auto"
    encoder_dropout: float = 0.1
    encoder_learning_rate: float | None = None

    _fitted: FineTunedNetwork = field(init=False)

    def __sklearn_clone__(self) -> Any:
        """Copy parameters; the pretrained encoder stays fitted.

        Every cross-validation clones, and a clone of the encoder would not be fitted. The
        encoder is copied with its parameters, so that a grid over ``pretrained__pooling``
        leaves the user's encoder alone, and shares its weights, which fine-tuning copies
        before it changes them.
        """
        cloned = _clone_parametrized(self)
        cloned.pretrained = _shallow(self.pretrained)
        return cloned

    def fit(self, X: Any, y: Any, *, lengths: Any = None, groups: Any = None) -> Self:
        """Fine-tune.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        y : array-like of shape (n,) or (n, n_outputs)
            Class labels, of at least two classes, (n,); or numbers within
            ``output_range``, (n,) or (n, n_outputs).
        lengths : array-like of shape (n,), default=None
            Timesteps of each sequence of a padded array.
        groups : array-like of shape (n,), default=None
            Speakers, say: rows of a group are held out for validation together.

        Returns
        -------
        self : estimator

        Raises
        ------
        ValueError
            Shapes, lengths or labels that do not fit, or parameters that contradict
            ``pretrained``.
        sklearn.exceptions.NotFittedError
            ``pretrained`` is not fitted.
        TrainingDivergedError
            The losses were not finite again after the rates were lowered.
        """
        with whole_fit(self):
            sequences = self._read_to_fit(X, lengths)
            labels = self._read_labels(y, sequences)
            groups = read_groups(groups, len(sequences))
            start = resolve_start(self, sequences)
            product = largest_product(start.architecture, sequences, self.batch_size)
            with training_session(
                self,
                X,
                y,
                data={
                    "steps": sequences.steps,
                    "lengths": sequences.lengths,
                    "labels": labels.values,
                    "groups": groups,
                    # Its weights, not the parameters that were set since.
                    "pretrained": start,
                },
                eval_interval=EVAL_INTERVAL,
                shown={"loss": "loss"},
                memory_advice=MEMORY_ADVICE,
                multiply_adds=product,
            ) as session:
                self._fitted, record = fine_tune(
                    self, sequences, labels, groups, start, session
                )
            self._had_lengths = sequences.lengths_given
            self.n_features_in_ = sequences.n_features
            self._set_results(record, session)
        return self

    def _read_labels(self, y: Any, sequences: Sequences) -> Labels:
        """Check y, and set what is known of the labels."""
        raise NotImplementedError

    @torch_defaults()
    def _outputs(self, X: Any, lengths: Any) -> np.ndarray:
        """Return the outputs of the head, (n, n_outputs), float64."""
        sequences = self._read(X, lengths)
        return self._fitted.outputs(sequences, self.batch_size, self.device)

    def _check_state(self) -> None:
        super()._check_state()
        n_features = self._fitted.space.encoder.architecture.n_features
        require_state(self.n_features_in_ == n_features, "n_features_in_")


def _shallow(pretrained: Any) -> Any:
    """Copy an encoder, not its network; a FrozenEstimator's parameters cannot be set."""
    if not isinstance(pretrained, MaskedTimestepEncoder):
        return pretrained
    copied: Any = object.__new__(type(pretrained))
    copied.__dict__.update(vars(pretrained))
    return copied

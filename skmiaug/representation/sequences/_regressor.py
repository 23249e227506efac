"""SequenceEmotionRegressor: the intensity of each emotion in a sequence."""

from dataclasses import dataclass, field
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_array, check_consistent_length

from skmiaug.base import register_state, require_array, require_state, with_shared_docs
from skmiaug.losses import RECONSTRUCTION_ERRORS
from skmiaug.representation.sequences._estimator import SequenceEstimator
from skmiaug.representation.sequences._fine_tuning import EVAL_INTERVAL, Labels
from skmiaug.representation.sequences._input import Sequences


@register_state
@with_shared_docs(EVAL_INTERVAL)
@dataclass(kw_only=True, eq=False, repr=False)
class SequenceEmotionRegressor(RegressorMixin, SequenceEstimator):
    """Predict emotion intensities, or other numbers, of feature sequences.

    The regression counterpart of :class:`~skmiaug.SequenceEmotionClassifier`: a linear head
    on the pooled hidden states of a sequence encoder that is ``pretrained`` or random.
    Before training it predicts the median of each label (the mean with ``loss="l2"``), a
    baseline that is hard to beat where most intensities are 0.

    Parameters
    ----------
    loss : {"l1", "l2"}, default="l1"
        Mean absolute or squared error, over all labels.

    output_range : (float, float) or None, default=(0.0, 3.0)
        Lowest and highest label; predictions are clipped to it. The default is that of
        emotion intensities. None has no limits.

    pretrained : MaskedTimestepEncoder or None, default=None
    backbone, hidden_size, n_layers, n_heads, pooling, clip : default=None
    freeze_encoder : bool, default=False
        As for :class:`~skmiaug.SequenceEmotionClassifier`.

    head_penalty : float, "auto" or None, default="auto"
        A number begins with the best linear head on the embeddings of the encoder as it
        is (Kumar et al. 2022): least sum of errors plus ``head_penalty / 2`` times the
        squared weights, in standard deviations of the labels. None begins with zeros.
        "auto" is 10 with ``pretrained``, None without.

    encoder_dropout : float in [0, 1), default=0.1
    encoder_learning_rate : float or None, default=None
    dropout : float in [0, 1), default=0.2
    max_iter : int, default=300
    batch_size : int, default=32
    learning_rate : float, default=1e-3
    validation_fraction : float in [0, 1), default=0.0
        As for :class:`~skmiaug.SequenceEmotionClassifier`; the held-out sequences are
        drawn from all.

    {training parameters}

    Attributes
    ----------
    n_features_in_ : int
        Features of a timestep.
    n_outputs_ : int
        Labels of a sequence.
    {training attributes}

    See Also
    --------
    MaskedTimestepEncoder : Pretrains the network without labels.
    SequenceEmotionClassifier : Predicts classes.

    Notes
    -----
    The loss is in standard deviations of the labels (squared with ``loss="l2"``).
    Predictions are computed on ``device`` too.

    References
    ----------
    Nimitsurachat and Washington: Self-Supervised Learning for Audio-Based Emotion
    Recognition. arXiv 2307.12343. Kumar et al.: Fine-Tuning can Distort Pretrained
    Features and Underperform Out-of-Distribution. ICLR 2022, arXiv 2202.10054.

    Examples
    --------
    >>> from skmiaug import SequenceEmotionRegressor
    >>> from skmiaug.datasets import make_emotion_sequences
    >>> X, y = make_emotion_sequences(60, target="intensity", random_state=0)
    >>> regressor = SequenceEmotionRegressor(hidden_size=16, max_iter=20, random_state=0)
    >>> regressor.fit(X, y).predict(X).shape
    (60, 4)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **SequenceEstimator._parameter_constraints,
        "loss": [StrOptions(set(RECONSTRUCTION_ERRORS))],
        "output_range": [tuple, list, None],
    }

    loss: str = "l1"
    output_range: tuple[float, float] | None = (0.0, 3.0)

    n_outputs_: int = field(init=False)
    _center: np.ndarray = field(init=False)
    _scale: float = field(init=False)
    _is_flat: bool = field(init=False)

    def _read_labels(self, y: Any, sequences: Sequences) -> Labels:
        numbers = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
        check_consistent_length(sequences.lengths, numbers)
        if numbers.ndim > 2:
            raise ValueError(
                f"y must have the shape (n,) or (n, n_outputs), got {numbers.shape}."
            )
        limits = _checked_range(self.output_range)
        if limits is not None and (numbers.min() < limits[0] or numbers.max() > limits[1]):
            raise ValueError(
                f"y must lie within output_range={limits}, got {numbers.min():g} to "
                f"{numbers.max():g}. Set output_range to the labels' range, or to None."
            )
        columns = numbers.reshape(len(numbers), -1)
        self._center = (np.median if self.loss == "l1" else np.mean)(columns, axis=0)
        self._scale = float(columns.std(axis=0).mean()) or 1.0
        self._is_flat, self.n_outputs_ = numbers.ndim == 1, columns.shape[1]
        labels = ((columns - self._center) / self._scale).astype(np.float32)
        return Labels(labels, self.loss, self.n_outputs_)

    def predict(self, X: Any, *, lengths: Any = None) -> np.ndarray:
        """Return the labels of each sequence.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        lengths : array-like of shape (n,), default=None

        Returns
        -------
        ndarray of shape (n,) or (n, n_outputs)
            In the shape of ``y``, within ``output_range``.
        """
        limits = _checked_range(self.output_range)
        numbers = self._outputs(X, lengths) * self._scale + self._center
        if limits is not None:
            numbers = np.clip(numbers, *limits)
        return numbers[:, 0] if self._is_flat else numbers

    def score(
        self, X: Any, y: Any, sample_weight: Any = None, *, lengths: Any = None
    ) -> float:
        """Return R², the mean over the labels.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        y : array-like of shape (n,) or (n, n_outputs)
        sample_weight : array-like of shape (n,), default=None
        lengths : array-like of shape (n,), default=None
        """
        predicted = self.predict(X, lengths=lengths)
        return float(r2_score(y, predicted, sample_weight=sample_weight))

    def _check_state(self) -> None:
        super()._check_state()
        _checked_range(self.output_range)
        n_outputs = self._fitted.head.linear.out_features
        require_state(self.n_outputs_ == n_outputs, "n_outputs_")
        require_array("_center", self._center, [n_outputs], "float64")
        require_state(self._scale > 0, "_scale")
        require_state(n_outputs == 1 or not self._is_flat, "_is_flat")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags


def _checked_range(output_range: Any) -> tuple[float, float] | None:
    """Return the lowest and the highest label, or None; raises a ValueError unless they
    are two numbers in this order."""
    if output_range is None:
        return None
    limits = tuple(output_range)
    are_two = len(limits) == 2 and all(isinstance(limit, Real) for limit in limits)
    if not are_two or not limits[0] < limits[1]:
        raise ValueError(
            "output_range must be (lowest, highest), two numbers, or None, got "
            f"{output_range!r}. Use -inf or inf for an open end."
        )
    return limits

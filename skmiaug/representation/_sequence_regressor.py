"""SequenceEmotionRegressor: how strong each emotion is in a sequence."""

import os
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_array, check_consistent_length

from skmiaug.losses import RECONSTRUCTION_ERRORS
from skmiaug.representation._sequence_estimator import SequenceEstimator
from skmiaug.representation._sequence_input import read_sequences
from skmiaug.representation._sequence_settings import checked_range


class SequenceEmotionRegressor(RegressorMixin, SequenceEstimator):
    """Tell emotion intensities, or other numbers, of feature sequences.

    As :class:`~skmiaug.SequenceEmotionClassifier`, for numbers: a linear head on the
    pooled hidden states of a sequence encoder that is ``pretrained`` or begins at random.
    Before training it says the median of each label (the mean with ``loss="l2"``), which
    is the baseline that intensities of mostly 0 make hard to beat.

    Parameters
    ----------
    pretrained : MaskedTimestepEncoder or None, default=None
        Fitted. It is not changed, and stays fitted when this estimator is cloned. As a
        value in a grid it would be cloned itself: put scikit-learn's ``FrozenEstimator``
        around it there.

    backbone, hidden_size, n_layers, n_heads, pooling, clip : default=None
        Shape of the network, see :class:`~skmiaug.MaskedTimestepEncoder`. None takes that
        of ``pretrained``, or the defaults of MaskedTimestepEncoder without one.

    loss : {"l1", "l2"}, default="l1"
        Mean absolute or squared error, over all labels.

    output_range : (float, float) or None, default=(0.0, 3.0)
        Lowest and highest label; predictions beyond are set to these. The default is that
        of emotion intensities. None has no limits.

    freeze_encoder : bool, default=False
        Whether the head alone is fitted: solved, or trained where ``head_penalty`` is None.

    head_penalty : float, "auto" or None, default="auto"
        A number begins with the best linear head on the embeddings of the encoder as it
        is (Kumar et al. 2022): least sum of errors plus ``head_penalty / 2`` times the
        squared weights, in deviations of the labels. None begins with a head of zeros.
        "auto" is 10 with ``pretrained`` and None without.

    encoder_dropout : float in [0, 1), default=0.1
        Share of the backbone's channels dropped in training.

    dropout : float in [0, 1), default=0.2
        Share of the pooled columns dropped in training.

    max_iter : int, default=300
        Training steps at most, one batch each. The learning rates rise over the first tenth
        of them and fall evenly to 0 at the end.

    batch_size : int, default=32
        Sequences of a step, of like length.

    learning_rate : float, default=1e-3
        Largest step size of AdamW.

    encoder_learning_rate : float or None, default=None
        That of the encoder; None takes a fifth of ``learning_rate`` with ``pretrained``,
        and ``learning_rate`` without.

    weight_decay : float, default=0.01
        Pull of AdamW on the matrices towards zero.

    validation_fraction : float in [0, 1), default=0.0
        Share of 5 or more sequences held out for early stopping on the loss. 0 trains for
        ``max_iter`` steps.

    n_iter_no_change : int, default=5
        Looks at the held-out sequences (one each 25 steps) without a gain before training
        ends.

    tol : float, default=1e-4
        Gain in loss that counts.

    device, precision : str, default="auto"
    checkpoint : path-like, default=None
    random_state : int, RandomState instance or None, default=None
    verbose : int, default=0
        As for :class:`~skmiaug.SequenceEmotionClassifier`, these five.

    Attributes
    ----------
    n_features_in_ : int
        Features of a timestep.
    n_outputs_ : int
        Labels of a sequence.
    n_iter_, best_iter_ : int
        Training steps done, and the one whose weights are used.
    loss_curve_ : list of float
        The loss in units of the labels' standard deviation (squared with ``"l2"``), one
        mean for each 25 steps.
    score_curve_ : list of float or None
        That of the held-out sequences, negated; None where none were held out.
    device_ : str
        Device of the fit.

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

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        **SequenceEstimator._parameter_constraints,
        "loss": [StrOptions(set(RECONSTRUCTION_ERRORS))],
        "output_range": [tuple, list, None],
    }

    def __init__(
        self,
        *,
        pretrained: Any = None,
        backbone: str | None = None,
        hidden_size: int | None = None,
        n_layers: int | None = None,
        n_heads: int | None = None,
        pooling: str | None = None,
        clip: float | None = None,
        loss: str = "l1",
        output_range: tuple[float, float] | None = (0.0, 3.0),
        freeze_encoder: bool = False,
        head_penalty: float | str | None = "auto",
        encoder_dropout: float = 0.1,
        dropout: float = 0.2,
        max_iter: int = 300,
        batch_size: int = 32,
        learning_rate: float = 1e-3,
        encoder_learning_rate: float | None = None,
        weight_decay: float = 0.01,
        validation_fraction: float = 0.0,
        n_iter_no_change: int = 5,
        tol: float = 1e-4,
        device: Any = "auto",
        precision: str = "auto",
        checkpoint: str | os.PathLike[str] | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ):
        self.pretrained = pretrained
        self.backbone = backbone
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.n_heads = n_heads
        self.pooling = pooling
        self.clip = clip
        self.loss = loss
        self.output_range = output_range
        self.freeze_encoder = freeze_encoder
        self.head_penalty = head_penalty
        self.encoder_dropout = encoder_dropout
        self.dropout = dropout
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.encoder_learning_rate = encoder_learning_rate
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.device = device
        self.precision = precision
        self.checkpoint = checkpoint
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any, *, lengths: Any = None) -> "SequenceEmotionRegressor":
        """Fine-tune.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        y : array-like of shape (n,) or (n, n_outputs)
            Numbers within ``output_range``.
        lengths : array-like of shape (n,), default=None
            Timesteps of each sequence of a padded array.

        Returns
        -------
        self : SequenceEmotionRegressor

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
        self._validate_params()
        sequences = read_sequences(X, lengths)
        numbers = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
        check_consistent_length(sequences.lengths, numbers)
        if numbers.ndim > 2:
            raise ValueError(
                f"y must have the shape (n,) or (n, n_outputs), got {numbers.shape}."
            )
        self._check_range(numbers)
        columns = numbers.reshape(len(numbers), -1)
        middle = np.median if self.loss == "l1" else np.mean
        center = middle(columns, axis=0)
        scale = float(columns.std(axis=0).mean()) or 1.0
        labels = ((columns - center) / scale).astype(np.float32)
        self._fit_to(X, y, sequences, labels, labels.shape[1], self.loss)
        self._center, self._scale = center, scale
        self._is_flat = numbers.ndim == 1
        self.n_outputs_ = labels.shape[1]
        return self

    def predict(self, X: Any, *, lengths: Any = None) -> np.ndarray:
        """Return the labels of each sequence.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        lengths : array-like of shape (n,), default=None

        Returns
        -------
        ndarray of shape (n,) or (n, n_outputs)
            As ``y`` was, within ``output_range``.
        """
        limits = checked_range(self.output_range)
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

    def _check_range(self, numbers: np.ndarray) -> None:
        limits = checked_range(self.output_range)
        if limits is not None and (numbers.min() < limits[0] or numbers.max() > limits[1]):
            raise ValueError(
                f"y must lie within output_range={limits}, got {numbers.min():g} to "
                f"{numbers.max():g}. Set output_range to the labels' range, or to None."
            )

    def _to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        header, arrays = super()._to_state()
        header |= {"is_flat": self._is_flat, "label_scale": self._scale}
        return header, arrays | {"label_center": self._center}

    def _from_state(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        super()._from_state(header, arrays)
        self._center, self._scale = arrays["label_center"], header["label_scale"]
        self._is_flat = header["is_flat"]
        self.n_outputs_ = len(self._center)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags

"""SequenceEmotionClassifier: one emotion for each sequence."""

import os
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d

from skmiaug.representation._sequence_estimator import SequenceEstimator
from skmiaug.representation._sequence_input import read_sequences
from skmiaug.representation._sequence_settings import resolve_class_weights
from skmiaug.utils._labels import check_labels

_MAX_LABEL_BYTES = 2**28


class SequenceEmotionClassifier(ClassifierMixin, SequenceEstimator):
    """Tell the emotion of feature sequences, with or without pretraining.

    A linear head on the pooled hidden states of a sequence encoder, trained together with
    it. ``pretrained`` is the encoder to begin with; None begins the same network at random
    (that of :class:`~skmiaug.MaskedTimestepEncoder` with the same ``random_state``), which
    is the baseline that pretraining has to beat.

    Sequences are a list of arrays of shape (n_timesteps, n_features), or a padded array,
    as for :class:`~skmiaug.MaskedTimestepEncoder`. Read more in
    docs/masked_pretraining.md.

    Parameters
    ----------
    pretrained : MaskedTimestepEncoder or None, default=None
        Fitted. It is not changed, and stays fitted when this estimator is cloned. As a
        value in a grid it would be cloned itself: put scikit-learn's ``FrozenEstimator``
        around it there.

    backbone, hidden_size, n_layers, n_heads, pooling, clip : default=None
        Shape of the network, see :class:`~skmiaug.MaskedTimestepEncoder`. None takes that
        of ``pretrained``, or the defaults of MaskedTimestepEncoder without one.

    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, above 0; "balanced" weighs each the same.

    freeze_encoder : bool, default=False
        Whether the head alone is fitted: solved, or trained where ``head_penalty`` is None.

    head_penalty : float, "auto" or None, default="auto"
        A number begins with the best linear head on the embeddings of the encoder as it
        is (Kumar et al. 2022): LogisticRegression, ``C = 1 / head_penalty`` (of two
        classes 2 / head_penalty), on standardised columns. None: zeros. "auto": 10 with
        ``pretrained``, None without.

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
        Share of each class of 5 or more held out for early stopping on the loss. 0 trains
        for ``max_iter`` steps: where labels are few, they are better trained on.

    n_iter_no_change : int, default=5
        Looks at the held-out sequences (one each 25 steps) without a gain before training
        ends.

    tol : float, default=1e-4
        Gain in loss that counts.

    device : str or torch.device, default="auto"
        Where the network runs; "auto" is CUDA where there is one.

    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Type of the products in training; "auto" is bfloat16 on CUDA devices that have it.

    checkpoint : path-like or None, default=None
        File that training writes as it goes (each 25 steps, and when Ctrl-C or SIGTERM
        ends it) and continues from, bit for bit on the CPU, when the same fit is run
        again. Removed when the fit is done.

    random_state : int, RandomState instance or None, default=None
        Seed of everything. The same int gives the same bits on one device.

    verbose : int, default=0
        1 shows a progress bar with the loss.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    n_features_in_ : int
        Features of a timestep.
    n_iter_, best_iter_ : int
        Training steps done, and the one whose weights are used.
    loss_curve_ : list of float
        Cross-entropy in nats, one mean for each 25 steps.
    score_curve_ : list of float or None
        Cross-entropy of the held-out sequences, negated; None where none were held out.
    device_ : str
        Device of the fit.

    References
    ----------
    Nimitsurachat and Washington: Self-Supervised Learning for Audio-Based Emotion
    Recognition. arXiv 2307.12343. Kumar et al.: Fine-Tuning can Distort Pretrained
    Features and Underperform Out-of-Distribution. ICLR 2022, arXiv 2202.10054.

    Examples
    --------
    >>> from skmiaug import MaskedTimestepEncoder, SequenceEmotionClassifier
    >>> from skmiaug.datasets import make_emotion_sequences
    >>> X, y = make_emotion_sequences(120, random_state=0)
    >>> encoder = MaskedTimestepEncoder(hidden_size=16, max_iter=20, random_state=0).fit(X)
    >>> classifier = SequenceEmotionClassifier(
    ...     pretrained=encoder, max_iter=20, random_state=0
    ... ).fit(X[:40], y[:40])
    >>> classifier.predict_proba(X[40:]).shape
    (80, 4)
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        **SequenceEstimator._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
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
        class_weight: Any = None,
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
        self.class_weight = class_weight
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

    def fit(self, X: Any, y: Any, *, lengths: Any = None) -> "SequenceEmotionClassifier":
        """Fine-tune.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        y : array-like of shape (n,)
            Class labels, at least two classes.
        lengths : array-like of shape (n,), default=None
            Timesteps of each sequence of a padded array.

        Returns
        -------
        self : SequenceEmotionClassifier

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
        labels = column_or_1d(y, warn=True)
        check_consistent_length(sequences.lengths, labels)
        check_labels(labels)
        check_classification_targets(labels)
        classes, indices = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"SequenceEmotionClassifier needs at least 2 classes, got {len(classes)} "
                "class."
            )
        weights = resolve_class_weights(self.class_weight, classes, labels)
        self._fit_to(X, y, sequences, indices, len(classes), "classes", weights)
        self.classes_ = classes
        return self

    def predict_proba(self, X: Any, *, lengths: Any = None) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        lengths : array-like of shape (n,), default=None

        Returns
        -------
        ndarray of shape (n, n_classes)
            Columns in the order of ``classes_``.
        """
        return softmax(self._outputs(X, lengths), axis=1)

    def predict(self, X: Any, *, lengths: Any = None) -> np.ndarray:
        """Return the most probable class of each sequence.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        lengths : array-like of shape (n,), default=None

        Returns
        -------
        ndarray of shape (n,)
        """
        best = self._outputs(X, lengths).argmax(axis=1)
        return self.classes_[best]

    def score(
        self, X: Any, y: Any, sample_weight: Any = None, *, lengths: Any = None
    ) -> float:
        """Return the accuracy.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        y : array-like of shape (n,)
        sample_weight : array-like of shape (n,), default=None
        lengths : array-like of shape (n,), default=None
        """
        predicted = self.predict(X, lengths=lengths)
        return float(accuracy_score(y, predicted, sample_weight=sample_weight))

    def _to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        header, arrays = super()._to_state()
        return header | {
            "classes": [self.classes_.dtype.str, self.classes_.tolist()]
        }, arrays

    def _from_state(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        super()._from_state(header, arrays)
        dtype, labels = header["classes"]
        if np.dtype(dtype).itemsize * len(labels) > _MAX_LABEL_BYTES:
            raise ValueError(f"{len(labels)} labels of type {dtype} are too large")
        self.classes_ = np.array(labels, dtype=dtype)

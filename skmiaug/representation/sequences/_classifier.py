"""SequenceEmotionClassifier: one emotion for each sequence."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import check_consistent_length

from skmiaug.base import (
    class_labels,
    register_state,
    require_array,
    require_state,
    with_shared_docs,
)
from skmiaug.representation.sequences._estimator import SequenceEstimator
from skmiaug.representation.sequences._fine_tuning import EVAL_INTERVAL, Labels
from skmiaug.representation.sequences._input import Sequences


@register_state
@with_shared_docs(EVAL_INTERVAL)
@dataclass(kw_only=True, eq=False, repr=False)
class SequenceEmotionClassifier(ClassifierMixin, SequenceEstimator):
    """Classify feature sequences by emotion, with or without pretraining.

    A linear head on the pooled hidden states of a sequence encoder, trained together with
    it. Training begins from the encoder ``pretrained``; with None, from the same network
    with random weights (those of :class:`~skmiaug.MaskedTimestepEncoder` with the same
    ``random_state``), the baseline for pretraining.

    Sequences are a list of arrays of shape (n_timesteps, n_features), or a padded array,
    as for :class:`~skmiaug.MaskedTimestepEncoder`. Read more in
    docs/masked_pretraining.md.

    Parameters
    ----------
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, above 0; "balanced" gives each class the same
        total weight.

    pretrained : MaskedTimestepEncoder or None, default=None
        A fitted encoder. It is not changed, and stays fitted when this estimator is cloned.
        As a value in a grid it would be cloned itself: put scikit-learn's
        ``FrozenEstimator`` around it there.

    backbone, hidden_size, n_layers, n_heads, pooling, clip : default=None
        Shape of the network, see :class:`~skmiaug.MaskedTimestepEncoder`. None takes that
        of ``pretrained``, or the defaults of MaskedTimestepEncoder without one.

    freeze_encoder : bool, default=False
        Whether the head alone is fitted: solved, or trained where ``head_penalty`` is None.

    head_penalty : float, "auto" or None, default="auto"
        A number begins with the best linear head on the embeddings of the encoder as it
        is (Kumar et al. 2022): LogisticRegression, ``C = 1 / head_penalty`` (of two
        classes 2 / head_penalty), on standardised columns. None begins with zeros. "auto"
        is 10 with ``pretrained``, None without.

    encoder_dropout : float in [0, 1), default=0.1
        Share of the backbone's channels dropped in training.

    encoder_learning_rate : float or None, default=None
        Maximum learning rate of the encoder; None takes a fifth of ``learning_rate`` with
        ``pretrained``, and ``learning_rate`` without.

    dropout : float in [0, 1), default=0.2
        Share of the pooled columns dropped in training.

    max_iter : int, default=300
        Training steps at most, one batch each. The learning rates rise linearly over the
        first tenth of them and fall linearly to 0 at the end.

    batch_size : int, default=32
        Sequences of a step, of similar length.

    learning_rate : float, default=1e-3
        Maximum learning rate of AdamW.

    validation_fraction : float in [0, 1), default=0.0
        Share of each class of 5 or more sequences held out for early stopping on the loss.
        0 trains for ``max_iter`` steps, which is better where labels are few.

    {training parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    n_features_in_ : int
        Features of a timestep.
    {training attributes}

    See Also
    --------
    MaskedTimestepEncoder : Pretrains the network without labels.
    SequenceEmotionRegressor : Predicts intensities.

    Notes
    -----
    The loss is the cross-entropy, nats. Predictions are computed on ``device`` too.

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

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **SequenceEstimator._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    class_weight: Any = None

    classes_: np.ndarray = field(init=False)

    def _read_labels(self, y: Any, sequences: Sequences) -> Labels:
        labels = class_labels(y)
        check_consistent_length(sequences.lengths, labels)
        self.classes_, indices = np.unique(labels, return_inverse=True)
        n_classes = len(self.classes_)
        if n_classes < 2:
            raise ValueError(
                f"SequenceEmotionClassifier needs at least 2 classes, got {n_classes} "
                "class."
            )
        weights = _class_weights(self.class_weight, self.classes_, labels)
        return Labels(indices, "classes", n_classes, weights)

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

    def _check_state(self) -> None:
        super()._check_state()
        n_classes = self._fitted.head.linear.out_features
        require_array("classes_", self.classes_, [n_classes], self.classes_.dtype.kind)
        require_state(len(set(self.classes_.tolist())) == n_classes, "classes_")


def _class_weights(
    class_weight: Any, classes: np.ndarray, labels: np.ndarray
) -> np.ndarray | None:
    """Return the weight of each class in the loss, float32; None where all are equal.

    Raises a ValueError if one is not finite or not above 0: the loss would have no lower
    bound, or be 0 / 0 in a batch of such a class.
    """
    if class_weight is None:
        return None
    found = compute_class_weight(class_weight, classes=classes, y=labels)
    weights = np.asarray(found, dtype=np.float32)
    bad = np.flatnonzero(~np.isfinite(weights) | (weights <= 0))
    if len(bad):
        raise ValueError(
            f"class_weight must hold finite numbers above 0, got {weights[bad[0]]:g} for "
            f"class {classes[bad[0]]!s}. To train without a class, leave its sequences out."
        )
    return weights

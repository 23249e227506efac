"""MaskedTimestepEncoder: pretraining without labels on acoustic feature sequences."""

from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin

from skmiaug.representation._masked_fit import pretrain_space
from skmiaug.representation._masked_fitted import MEMORY_ADVICE, FittedEncoder
from skmiaug.representation._masked_score import share_explained
from skmiaug.representation._masked_settings import EVAL_INTERVAL
from skmiaug.representation._sequence_masks import read_masks, with_restored
from skmiaug.representation._session import training_session
from skmiaug.utils._device import memory_remedy, resolve_device
from skmiaug.utils._sklearn_callbacks import CallbackSupportMixin


class MaskedTimestepEncoder(
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    FittedEncoder,
):
    """Learn from unlabelled sequences by restoring timesteps that were hidden.

    Spans of timesteps of acoustic features (F0, energy, cepstra, ... at discrete times) are
    hidden from a transformer or a GRU, which is trained to restore them from the rest.
    ``transform`` gives one vector a sequence, so that a sampler and a classifier can
    follow in a Pipeline; :class:`~skmiaug.SequenceEmotionClassifier` and
    :class:`~skmiaug.SequenceEmotionRegressor` go on training the network with labels.

    Sequences are a list of arrays of shape (n_timesteps, n_features), or one padded array
    of shape (n, n_timesteps, n_features) with ``lengths``; without ``lengths``, timesteps
    at its end that are NaN throughout are padding. What was fitted with ``lengths``
    refuses arrays that come without them and without such NaN. Cells that are not finite,
    or masked in a numpy masked array, count as unknown: they are left out of the scale and
    of the loss, and shown as the feature's mean. Read more in docs/masked_pretraining.md.

    Parameters
    ----------
    backbone : {"transformer", "gru"}, default="transformer"
        The GRU reads in both directions.

    hidden_size : int, default=128
        Width of the hidden states. A multiple of ``2 * n_heads``; even for a GRU.

    n_layers : int, default=3

    n_heads : int, default=4
        Heads of the transformer's attention.

    pooling : {"mean", "mean_std", "max"}, default="mean"
        How ``transform`` goes from hidden states to one vector, over the sequence's own
        timesteps: "mean_std" gives means and standard deviations.

    clip : float in [0, 0.5), default=0.005
        Share of the training values of each feature that is pulled in at either end
        before it is standardised: glottal and pitch features come with wild outliers. 0
        goes as far as the smallest and the largest.

    mask_ratio : float in (0, 1), default=0.3
        Share of the timesteps that is hidden at each step.

    span_length : int, default=3
        Timesteps hidden in a row.

    replacement : {"learned", "zero", "random"}, default="learned"
        What stands for a hidden timestep: a learned vector, zeros (the features' means),
        or, of ten, eight times the learned vector, once a timestep from elsewhere in the
        batch and once the timestep itself.

    loss : {"l1", "l2"}, default="l1"
        Mean absolute or squared error of standardised features, on hidden timesteps only.

    dropout : float in [0, 1), default=0.0
        Share of the backbone's channels dropped in training.

    max_iter : int, default=2000
        Training steps at most, one batch each. The learning rate rises over the first
        tenth of them and falls evenly to 0 at the end.

    batch_size : int, default=128
        Sequences of a step, of like length.

    learning_rate : float, default=1e-3
        Largest step size of AdamW.

    weight_decay : float, default=0.01
        Pull of AdamW on the matrices towards zero.

    validation_fraction : float in [0, 1), default=0.1
        Share of the sequences held out for early stopping, at least one of 5 or more. 0
        trains for ``max_iter`` steps.

    n_iter_no_change : int, default=10
        Looks at the held-out sequences (one each 50 steps) without a gain before training
        ends.

    tol : float, default=1e-4
        Gain in loss that counts.

    device : str or torch.device, default="auto"
        Where the network runs; "auto" is CUDA where there is one.

    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Type of the matrix products in training. "auto" takes bfloat16 on CUDA devices that
        have it, and for transformers of 128 channels and more on CPUs that have units for
        it (Intel's AMX). ``transform`` and ``restore`` use float32.

    checkpoint : path-like or None, default=None
        File that training writes as it goes (each 50 steps, and when Ctrl-C or SIGTERM
        ends it) and continues from, bit for bit on the CPU, when the same fit is run
        again. Removed when the fit is done.

    random_state : int, RandomState instance or None, default=None
        Seed of everything. The same int gives the same bits on one device.

    verbose : int, default=0
        1 shows a progress bar with the loss.

    Attributes
    ----------
    n_features_in_ : int
        Features of a timestep.
    n_iter_, best_iter_ : int
        Training steps done, and the one whose weights are used.
    loss_curve_ : list of float
        The loss, one mean for each 50 steps.
    score_curve_ : list of float or None
        The loss of the held-out sequences, negated; None where none were held out.
    device_ : str
        Device of the fit.

    References
    ----------
    Nimitsurachat and Washington: Self-Supervised Learning for Audio-Based Emotion
    Recognition. arXiv 2307.12343. The paper leaves spans, replacement, loss and sizes
    open: the ones here are ours.

    Examples
    --------
    >>> from skmiaug import MaskedTimestepEncoder
    >>> from skmiaug.datasets import make_emotion_sequences
    >>> X, y = make_emotion_sequences(40, random_state=0)
    >>> encoder = MaskedTimestepEncoder(hidden_size=16, max_iter=20, random_state=0)
    >>> encoder.fit_transform(X).shape
    (40, 16)
    """

    def fit(self, X: Any, y: Any = None, *, lengths: Any = None) -> "MaskedTimestepEncoder":
        """Pretrain.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
            Sequences, see the class.
        y : ignored
        lengths : array-like of shape (n,), default=None
            Timesteps of each sequence of a padded array.

        Returns
        -------
        self : MaskedTimestepEncoder

        Raises
        ------
        ValueError
            Shapes or lengths that do not fit, a sequence or a feature without any finite
            value, or a ``hidden_size`` that its heads do not divide.
        TrainingDivergedError
            The losses were not finite again after the rates were lowered.
        """
        self._validate_params()
        sequences = self._read_to_fit(X, lengths)
        device = resolve_device(self.device)
        settings = self._settings(sequences.n_features, device)

        def fingerprint(seed: int | None) -> str:
            return settings.fingerprint(sequences, seed)

        with (
            memory_remedy(device, MEMORY_ADVICE),
            training_session(
                self,
                X,
                y,
                fingerprint=fingerprint,
                n_checks=-(-self.max_iter // EVAL_INTERVAL),
                shown={"loss": "loss"},
            ) as session,
        ):
            space, record = pretrain_space(sequences, settings, session, device)
        self._take_over(space, record, session.seed, sequences)
        self.device_ = str(device)
        return self

    def fit_transform(self, X: Any, y: Any = None, *, lengths: Any = None) -> np.ndarray:
        """Pretrain, and return the embeddings of the same sequences.

        Parameters
        ----------
        X, y, lengths
            As for :meth:`fit`.

        Returns
        -------
        ndarray of shape (n, n_features_out), float32
        """
        return self.fit(X, y, lengths=lengths).transform(X, lengths=lengths)

    def transform(self, X: Any, *, lengths: Any = None) -> np.ndarray:
        """Return one vector a sequence; it does not depend on the other sequences.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        lengths : array-like of shape (n,), default=None

        Returns
        -------
        ndarray of shape (n, n_features_out), float32
            ``hidden_size`` columns, twice as many for ``pooling="mean_std"``.
        """
        sequences = self._read(X, lengths)
        device = resolve_device(self.device)
        with memory_remedy(device, MEMORY_ADVICE):
            return self._space.embed(sequences, self.pooling, self.batch_size, device)

    def restore(self, X: Any, mask: Any, *, lengths: Any = None) -> Any:
        """Return the sequences with hidden timesteps restored from the rest.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        mask : list of array-like of shape (n_timesteps,), or array-like of shape \
                (n, n_timesteps), bool
            Timesteps to hide. What ``X`` holds there is not looked at.
        lengths : array-like of shape (n,), default=None

        Returns
        -------
        list of ndarray, or ndarray of shape (n, n_timesteps, n_features)
            As ``X``, of its type where that is floating point, in its units. Other
            timesteps and padding are as they were.
        """
        sequences = self._read(X, lengths)
        masked = read_masks(mask, sequences)
        standardised = self._restored(sequences, masked)
        values = self._space.scale.inverse(standardised[masked])
        return with_restored(X, sequences, masked, values)

    def score(self, X: Any, y: Any = None, *, lengths: Any = None) -> float:
        """Return how much better hidden timesteps are restored than by straight lines.

        One minus the ratio of two errors of the kind of ``loss``, on standardised
        features of timesteps that are drawn as in training: that of the network over that
        of interpolating between the nearest known values of timesteps that are not hidden.
        The same sequences give the same score.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        y : ignored
        lengths : array-like of shape (n,), default=None

        Returns
        -------
        float
            1 is perfect, 0 as good as interpolation, below 0 worse.
        """
        sequences = self._read(X, lengths)

        def restored(masked: np.ndarray) -> np.ndarray:
            return self._restored(sequences, masked)

        return share_explained(
            sequences,
            self._space.scale,
            restored,
            ratio=self.mask_ratio,
            span=self.span_length,
            error=self.loss,
            seed=self._seed,
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

"""MaskedTimestepEncoder: pretraining without labels on acoustic feature sequences."""

from dataclasses import dataclass, field
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.base import (
    NeuralEstimator,
    Session,
    register_state,
    require_state,
    training_session,
    validation_mask,
    with_shared_docs,
)
from skmiaug.losses import RECONSTRUCTION_ERRORS
from skmiaug.nn import BACKBONES, POOLINGS, TimestepArchitecture, pooled_width
from skmiaug.representation._scale import FeatureScale
from skmiaug.representation.sequences._input import (
    ReadsSequences,
    Sequences,
    read_masks,
    with_restored,
)
from skmiaug.representation.sequences._restoration_score import share_explained
from skmiaug.representation.sequences._space import (
    MEMORY_ADVICE,
    SequenceSpace,
    largest_product,
    new_encoder,
    to_device,
)
from skmiaug.training import (
    REPLACEMENTS,
    MaskedTask,
    SequenceBatches,
    SequenceRecord,
    SequenceSet,
    build_sequence_model,
    train_sequences,
)
from skmiaug.utils._device import resolve_precision
from skmiaug.utils._random import numpy_generator, torch_generator
from skmiaug.utils.tables._labels import read_groups

EVAL_INTERVAL = 50
_HOLD_OUT, _ORDER, _MASKS, _HELD_OUT_MASKS = range(1, 5)
# Narrower transformers, and GRUs of any width, gain nothing from bfloat16 on a CPU.
_WIDE = 128


@register_state
@with_shared_docs(EVAL_INTERVAL)
@dataclass(kw_only=True, eq=False, repr=False)
class MaskedTimestepEncoder(
    NeuralEstimator,
    ReadsSequences,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """Learn from unlabelled sequences by restoring timesteps that were hidden.

    Spans of timesteps of acoustic features (F0, energy, cepstra, ... at discrete times) are
    hidden from a transformer or a GRU, which is trained to restore them from the rest.
    ``transform`` returns one vector per sequence, so that a sampler and a classifier can
    follow in a Pipeline; :class:`~skmiaug.SequenceEmotionClassifier` and
    :class:`~skmiaug.SequenceEmotionRegressor` fine-tune the network with labels.

    Sequences are a list of arrays of shape (n_timesteps, n_features), or one padded array
    of shape (n, n_timesteps, n_features) with ``lengths``; without ``lengths``, timesteps
    at its end that are NaN throughout are padding. An estimator fitted with ``lengths``
    refuses arrays without them and without such NaN. Values that are not finite, or masked
    in a numpy masked array, are unknown: they are left out of the scale and of the loss,
    and replaced by the feature's mean in the input. Read more in
    docs/masked_pretraining.md.

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
        How ``transform`` pools the hidden states of a sequence's own timesteps;
        "mean_std" gives means and standard deviations.

    clip : float in [0, 0.5), default=0.005
        Share of the training values of each feature that is limited at either end before
        it is standardised, since glottal and pitch features have extreme outliers. 0
        limits to the smallest and the largest.

    mask_ratio : float in (0, 1), default=0.3
        Share of the timesteps that is hidden at each step.

    span_length : int, default=3
        Timesteps hidden in a row, 65,536 at most.

    replacement : {"learned", "zero", "random"}, default="learned"
        Replacement of a hidden timestep: a learned vector; zeros (the features' means);
        or, at random, the learned vector (80 %), a timestep from elsewhere in the batch
        (10 %) or the timestep itself (10 %).

    loss : {"l1", "l2"}, default="l1"
        Mean absolute or squared error of standardised features, on hidden timesteps only.

    dropout : float in [0, 1), default=0.0
        Share of the backbone's channels dropped in training.

    max_iter : int, default=2000
        Training steps at most, one batch each. The learning rate rises linearly over the
        first tenth of them and falls linearly to 0 at the end.

    batch_size : int, default=128
        Sequences of a step, of similar length.

    learning_rate : float, default=1e-3
        Maximum learning rate of AdamW.

    validation_fraction : float in [0, 1), default=0.1
        Share of the sequences held out for early stopping, at least one of 5 or more. 0
        trains for ``max_iter`` steps.

    {training parameters}

    Attributes
    ----------
    n_features_in_ : int
        Features of a timestep.
    {training attributes}

    See Also
    --------
    SequenceEmotionClassifier : Fine-tunes the network for classes.
    SequenceEmotionRegressor : Fine-tunes the network for intensities.

    Notes
    -----
    ``precision="auto"`` is bfloat16 too for transformers of 128 channels and more on CPUs
    with AMX. ``transform`` and ``restore`` use float32, on ``device``.

    References
    ----------
    Nimitsurachat and Washington: Self-Supervised Learning for Audio-Based Emotion
    Recognition. arXiv 2307.12343. The paper does not specify spans, replacement, loss and
    sizes: the ones here are ours.

    Examples
    --------
    >>> from skmiaug import MaskedTimestepEncoder
    >>> from skmiaug.datasets import make_emotion_sequences
    >>> X, y = make_emotion_sequences(40, random_state=0)
    >>> encoder = MaskedTimestepEncoder(hidden_size=16, max_iter=20, random_state=0)
    >>> encoder.fit_transform(X).shape
    (40, 16)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **NeuralEstimator._parameter_constraints,
        "backbone": [StrOptions(set(BACKBONES))],
        "hidden_size": [Interval(Integral, 2, None, closed="left")],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "n_heads": [Interval(Integral, 1, None, closed="left")],
        "pooling": [StrOptions(set(POOLINGS))],
        "clip": [Interval(Real, 0, 0.5, closed="left")],
        "mask_ratio": [Interval(Real, 0, 1, closed="neither")],
        "span_length": [Interval(Integral, 1, 2**16, closed="both")],
        "replacement": [StrOptions(set(REPLACEMENTS))],
        "loss": [StrOptions(set(RECONSTRUCTION_ERRORS))],
    }
    backbone: str = "transformer"
    hidden_size: int = 128
    n_layers: int = 3
    n_heads: int = 4
    pooling: str = "mean"
    clip: float = 0.005
    mask_ratio: float = 0.3
    span_length: int = 3
    replacement: str = "learned"
    loss: str = "l1"
    max_iter: int = 2000
    batch_size: int = 128
    n_iter_no_change: int = 10

    _space: SequenceSpace = field(init=False)
    _seed: int = field(init=False)
    _hides_by_zeros: bool = field(init=False)

    def fit(
        self, X: Any, y: Any = None, *, lengths: Any = None, groups: Any = None
    ) -> "MaskedTimestepEncoder":
        """Pretrain.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
            Sequences, see the class.
        y : ignored
        lengths : array-like of shape (n,), default=None
            Timesteps of each sequence of a padded array.
        groups : array-like of shape (n,), default=None
            Speakers, say: rows of a group are held out for validation together.

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
        sequences = self._read_to_fit(X, lengths)
        groups = read_groups(groups, len(sequences))
        sizes = (int(n) for n in (self.hidden_size, self.n_layers, self.n_heads))
        architecture = TimestepArchitecture(sequences.n_features, self.backbone, *sizes)
        with training_session(
            self,
            X,
            y,
            data={
                "steps": sequences.steps,
                "lengths": sequences.lengths,
                "groups": groups,
                "pooling": None,
            },
            eval_interval=EVAL_INTERVAL,
            shown={"loss": "loss"},
            memory_advice=MEMORY_ADVICE,
            multiply_adds=largest_product(architecture, sequences, self.batch_size),
        ) as session:
            space, record = self._pretrain(sequences, groups, architecture, session)
        self._space, self._seed = space, session.seed
        # Both decide how X is read and restored, whatever is set later.
        self._hides_by_zeros = self.replacement == "zero"
        self._had_lengths = sequences.lengths_given
        self.n_features_in_ = sequences.n_features
        self._set_results(record, session)
        return self

    def _pretrain(
        self,
        sequences: Sequences,
        groups: np.ndarray | None,
        architecture: TimestepArchitecture,
        session: Session,
    ) -> tuple[SequenceSpace, SequenceRecord]:
        """Fit the scale, and train an encoder to restore hidden timesteps."""
        scale = FeatureScale.fit(sequences.steps, clip=self.clip)
        everything = to_device(sequences, scale, session.device)
        held = validation_mask(
            np.zeros(len(sequences)),
            self.validation_fraction,
            numpy_generator(session.seed, _HOLD_OUT),
            groups=groups,
        )
        encoder = new_encoder(architecture, session.seed).to(session.device)
        model = build_sequence_model(
            {"encoder": encoder},
            {"encoder": self.learning_rate},
            weight_decay=self.weight_decay,
            n_steps=self.max_iter,
        )
        task = self._task(everything, held, session)
        record = train_sequences(model, task, session.loop(task.score))
        encoder = encoder.cpu().eval().requires_grad_(False)
        return SequenceSpace(scale, encoder), record

    def _task(
        self, everything: SequenceSet, held: np.ndarray, session: Session
    ) -> MaskedTask:
        """To restore timesteps of the sequences that are not ``held`` out."""
        seed, device = session.seed, session.device
        training, held_out = (
            everything.subset(torch.from_numpy(np.flatnonzero(rows)))
            for rows in (~held, held)
        )
        is_wide = self.backbone == "transformer" and self.hidden_size >= _WIDE
        return MaskedTask(
            sequences=training,
            held_out=held_out if len(held_out) else None,
            batches=SequenceBatches(
                training.lengths, self.batch_size, seed=seed, stream=_ORDER
            ),
            generator=torch_generator(seed, _MASKS, device),
            held_out_seed=(seed, _HELD_OUT_MASKS),
            ratio=self.mask_ratio,
            span=self.span_length,
            replacement=self.replacement,
            error=self.loss,
            dropout=self.dropout,
            autocast=resolve_precision(self.precision, device, large_products=is_wide),
        )

    def fit_transform(
        self, X: Any, y: Any = None, *, lengths: Any = None, groups: Any = None
    ) -> np.ndarray:
        """Pretrain, and return the embeddings of the same sequences.

        Parameters
        ----------
        X, y, lengths, groups
            As for :meth:`fit`.

        Returns
        -------
        ndarray of shape (n, n_features_out), float32
        """
        fitted = self.fit(X, y, lengths=lengths, groups=groups)
        return fitted.transform(X, lengths=lengths)

    def transform(self, X: Any, *, lengths: Any = None) -> np.ndarray:
        """Return one vector per sequence; it does not depend on the other sequences.

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
        return self._space.embed(sequences, self.pooling, self.batch_size, self.device)

    def restore(self, X: Any, mask: Any, *, lengths: Any = None) -> Any:
        """Return the sequences with hidden timesteps restored from the rest.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        mask : list of array-like of shape (n_timesteps,), or array-like of shape \
                (n, n_timesteps), bool
            Timesteps to hide. Their values in ``X`` are not used.
        lengths : array-like of shape (n,), default=None

        Returns
        -------
        list of ndarray, or ndarray of shape (n, n_timesteps, n_features)
            In the form and units of ``X``, and of its type where that is floating point.
            Other timesteps and padding are unchanged.
        """
        sequences = self._read(X, lengths)
        masked = read_masks(mask, sequences)
        standardised = self._restored(sequences, masked)
        values = self._space.scale.inverse(standardised[masked])
        return with_restored(X, sequences, masked, values)

    def score(self, X: Any, y: Any = None, *, lengths: Any = None) -> float:
        """Return how much better hidden timesteps are restored than by interpolation.

        One minus the error of the network divided by that of linear interpolation between
        the nearest known values that are not hidden. The error is that of ``loss``, on
        standardised features of timesteps drawn as in training; the same sequences give
        the same score.

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
        return share_explained(
            sequences,
            self._space.scale,
            partial(self._restored, sequences),
            ratio=self.mask_ratio,
            span=self.span_length,
            error=self.loss,
            seed=self._seed,
        )

    def _restored(self, sequences: Sequences, masked: np.ndarray) -> np.ndarray:
        return self._space.restore(
            sequences, masked, self.batch_size, self.device, as_zeros=self._hides_by_zeros
        )

    @property
    def _n_features_out(self) -> int:
        width = self._space.encoder.architecture.hidden_size
        return pooled_width(width, self.pooling)

    def _check_state(self) -> None:
        super()._check_state()
        n_features = self._space.encoder.architecture.n_features
        require_state(self.n_features_in_ == n_features, "n_features_in_")
        require_state(self._seed >= 0, "_seed")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

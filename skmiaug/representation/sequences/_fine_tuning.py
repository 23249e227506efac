"""Fine-tuning: where the network comes from, and how a head is trained on it."""

import copy
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skmiaug.base import Session, register_state, require_state, validation_mask
from skmiaug.nn import POOLINGS, SequenceHead, TimestepArchitecture, pooled_width
from skmiaug.representation._scale import FeatureScale
from skmiaug.representation.sequences._input import Sequences, check_width
from skmiaug.representation.sequences._masked_encoder import MaskedTimestepEncoder
from skmiaug.representation.sequences._space import SequenceSpace, new_encoder, to_device
from skmiaug.training import (
    LabelledSet,
    LabelTask,
    SequenceBatches,
    SequenceRecord,
    build_sequence_model,
    embed_all,
    train_sequences,
)
from skmiaug.utils._device import resolve_precision
from skmiaug.utils._random import numpy_generator, torch_generator

EVAL_INTERVAL = 25
# "auto" and None with a pretrained encoder; docs/masked_pretraining.md has measurements.
_PRETRAINED_HEAD_PENALTY = 10.0
_PRETRAINED_RATE_FACTOR = 0.2
SHAPE = ("backbone", "hidden_size", "n_layers", "n_heads", "pooling", "clip")
_HOLD_OUT, _ORDER, _DROPOUT = range(10, 13)

# Absolute errors are rounded off within that of zero, to have a slope there.
_L1_ROUNDING = 0.01
_MAX_ROUNDS = 1000

register_state(SequenceHead)


@register_state
@dataclass(frozen=True)
class FineTunedNetwork:
    """A fine-tuned network, on the CPU."""

    space: SequenceSpace
    head: SequenceHead
    pooling: str

    def check(self) -> None:
        require_state(self.pooling in POOLINGS, "pooling")
        hidden_size = self.space.encoder.architecture.hidden_size
        fits = self.head.linear.in_features == pooled_width(hidden_size, self.pooling)
        require_state(fits and self.head.center.dtype == torch.float32, "head")
        require_state(bool((self.head.scale > 0).all()), "head.scale")

    def outputs(self, sequences: Sequences, batch_size: int, device: str) -> np.ndarray:
        """Return the head's outputs, (n, n_outputs), float64."""
        pooled = self.space.embed(sequences, self.pooling, batch_size, device)
        with torch.inference_mode():
            return self.head(torch.from_numpy(pooled)).numpy().astype(np.float64)


@dataclass(frozen=True)
class StartingPoint:
    """The network before fine-tuning; ``clip`` is for a scale that is not pretrained."""

    architecture: TimestepArchitecture
    pooling: str
    clip: float
    pretrained: SequenceSpace | None

    def space(self, sequences: Sequences, seed: int, device: torch.device) -> SequenceSpace:
        """Return a scale, and an encoder on ``device`` that may be changed."""
        if self.pretrained is not None:
            encoder = copy.deepcopy(self.pretrained.encoder)
            scale = self.pretrained.scale
        else:
            encoder = new_encoder(self.architecture, seed)
            scale = FeatureScale.fit(sequences.steps, clip=self.clip)
        return SequenceSpace(scale, encoder.to(device).requires_grad_(True))


def resolve_start(estimator: Any, sequences: Sequences) -> StartingPoint:
    """Take the network from ``pretrained``, or its shape from the parameters.

    Raises a NotFittedError if ``pretrained`` is not fitted, and a ValueError if it expects
    other features or contradicts a parameter.
    """
    pretrained = _pretrained_encoder(estimator.pretrained, sequences)
    source = MaskedTimestepEncoder() if pretrained is None else pretrained
    shape = {name: getattr(source, name) for name in SHAPE}
    if pretrained is not None:
        # As it was fitted, whatever was set since; its pooling may be set.
        fitted = pretrained._space.encoder.architecture
        shape |= {f.name: getattr(fitted, f.name) for f in fields(fitted)}
    for name in SHAPE:
        value = getattr(estimator, name)
        if pretrained is not None and value not in (None, shape[name]):
            raise ValueError(
                f"{name}={value!r} was given, but the pretrained encoder has "
                f"{shape[name]!r}. Leave {name} out to take the encoder's."
            )
        shape[name] = shape[name] if value is None else value
    sizes = (int(shape[name]) for name in ("hidden_size", "n_layers", "n_heads"))
    architecture = TimestepArchitecture(sequences.n_features, shape["backbone"], *sizes)
    space = None if pretrained is None else pretrained._space
    return StartingPoint(architecture, shape["pooling"], float(shape["clip"]), space)


def _pretrained_encoder(
    pretrained: Any, sequences: Sequences
) -> MaskedTimestepEncoder | None:
    """Return the encoder itself, fitted to such sequences, out of a FrozenEstimator too."""
    # Searches have an ``estimator`` too, which is not the one they fitted.
    is_frozen = type(pretrained).__name__ == "FrozenEstimator"
    inner = pretrained.estimator if is_frozen else pretrained
    if inner is None:
        return None
    if not isinstance(inner, MaskedTimestepEncoder):
        raise TypeError(
            "pretrained must be a fitted MaskedTimestepEncoder or None, got "
            f"{type(pretrained).__name__}. Of a search pass best_estimator_, of a Pipeline "
            "its step."
        )
    check_is_fitted(
        inner,
        "_space",
        msg=(
            "pretrained=%(name)s(...) is not fitted: fit it to unlabelled sequences "
            "first, or leave it None to begin at random. (A grid search clones its "
            "values: put sklearn.frozen.FrozenEstimator around the encoder there.)"
        ),
    )
    inner._validate_params()  # its pooling may have been set since
    check_width(sequences, inner.n_features_in_, "the pretrained encoder")
    return inner


@dataclass(frozen=True)
class Labels:
    """What a head is trained on."""

    # (n,) of int64 where ``error`` is "classes", else (n, n_outputs) of float32
    values: np.ndarray
    error: str  # {"classes", "l1", "l2"}
    n_outputs: int
    class_weights: np.ndarray | None = None  # (n_classes,), float32


def fine_tune(
    estimator: Any,
    sequences: Sequences,
    labels: Labels,
    groups: np.ndarray | None,
    start: StartingPoint,
    session: Session,
) -> tuple[FineTunedNetwork, SequenceRecord]:
    """Train a head, and the encoder below it unless it is frozen, by the parameters of
    ``estimator``.
    """
    seed, device = session.seed, session.device
    penalty = estimator.head_penalty
    if penalty == "auto":
        penalty = _PRETRAINED_HEAD_PENALTY if start.pretrained is not None else None
    space = start.space(sequences, seed, device)
    everything = to_device(sequences, space.scale, device)
    pooled = embed_all(space.encoder, everything, start.pooling, estimator.batch_size)
    held = validation_mask(
        labels.values if labels.error == "classes" else np.zeros(len(pooled)),
        estimator.validation_fraction,
        numpy_generator(seed, _HOLD_OUT),
        groups=groups,
    )
    head = _new_head(labels.n_outputs, pooled)
    if penalty is not None:
        _solve_head(head, pooled, labels, ~held, float(penalty))
    values = torch.from_numpy(labels.values).to(device)
    labelled = LabelledSet(everything, values, pooled if estimator.freeze_encoder else None)
    is_solved = estimator.freeze_encoder and penalty is not None
    is_pretrained = start.pretrained is not None
    model = _model(estimator, head, space.encoder, is_pretrained=is_pretrained)
    task = _task(estimator, labelled, labels, held, session, start.pooling)
    loop = session.loop(task.score, max_iter=0 if is_solved else None)
    record = train_sequences(model, task, loop)
    for network in (space.encoder, head):
        network.cpu().eval().requires_grad_(False)
    return FineTunedNetwork(space, head, start.pooling), record


def _model(
    estimator: Any, head: SequenceHead, encoder: nn.Module, *, is_pretrained: bool
) -> Any:
    """The networks that are trained, each with its learning rate."""
    networks: dict[str, nn.Module] = {"head": head}
    rates = {"head": estimator.learning_rate}
    if not estimator.freeze_encoder:
        networks["encoder"] = encoder
        rates["encoder"] = estimator.encoder_learning_rate
        if rates["encoder"] is None:
            factor = _PRETRAINED_RATE_FACTOR if is_pretrained else 1
            rates["encoder"] = estimator.learning_rate * factor
    return build_sequence_model(
        networks, rates, weight_decay=estimator.weight_decay, n_steps=estimator.max_iter
    )


def _task(
    estimator: Any,
    labelled: LabelledSet,
    labels: Labels,
    held: np.ndarray,
    session: Session,
    pooling: str,
) -> LabelTask:
    """What is learned from the rows that are not ``held`` out."""

    def subset(rows: np.ndarray) -> LabelledSet:
        return labelled.subset(torch.from_numpy(np.flatnonzero(rows)))

    training = subset(~held)
    lengths, weights = training.sequences.lengths, labels.class_weights
    return LabelTask(
        training=training,
        held_out=subset(held) if held.any() else None,
        batches=SequenceBatches(
            lengths, estimator.batch_size, seed=session.seed, stream=_ORDER
        ),
        generator=torch_generator(session.seed, _DROPOUT, session.device),
        error=labels.error,
        class_weights=None
        if weights is None
        else torch.from_numpy(weights).to(session.device),
        pooling=pooling,
        encoder_dropout=estimator.encoder_dropout,
        head_dropout=estimator.dropout,
        autocast=resolve_precision(estimator.precision, session.device),
    )


def _new_head(n_outputs: int, pooled: torch.Tensor) -> SequenceHead:
    """Return a head of zeros for the columns of ``pooled`` (n, width)."""
    # On the meta device no random weights are drawn.
    with torch.device("meta"):
        head = SequenceHead(pooled.shape[1], n_outputs)
    head = head.to_empty(device=pooled.device)
    nn.init.zeros_(head.linear.weight)
    nn.init.zeros_(head.linear.bias)
    head.measure(pooled)
    return head


def _solve_head(
    head: SequenceHead,
    pooled: torch.Tensor,
    labels: Labels,
    rows: np.ndarray,
    penalty: float,
) -> None:
    """Set the head that minimises the summed loss of ``rows`` + penalty / 2 · ‖weight‖².

    The bias is free; a row's loss is that of training. ``pooled`` are (n, width).
    """
    columns = ((pooled - head.center) / head.scale).cpu().numpy()[rows].astype(np.float64)
    own = labels.values[rows]
    if labels.error == "classes":
        weight, bias = _logistic_head(columns, own, penalty, labels.class_weights)
    elif labels.error == "l2":
        line = Ridge(alpha=penalty / 2).fit(columns, own)
        weight = line.coef_.reshape(own.shape[1], -1)
        bias = np.atleast_1d(line.intercept_)
    else:
        weight, bias = _absolute_head(columns, own, penalty)
    with torch.no_grad():
        head.linear.weight.copy_(torch.from_numpy(weight))
        head.linear.bias.copy_(torch.from_numpy(bias))


def _logistic_head(
    columns: np.ndarray,
    labels: np.ndarray,
    penalty: float,
    class_weights: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Weight (n_outputs, width) and bias (n_outputs,) of logistic regression."""
    # Of two classes LogisticRegression has one row of weights, here there are two.
    is_binary = labels.max() == 1
    line = LogisticRegression(
        C=(1 + is_binary) / penalty,
        class_weight=None if class_weights is None else dict(enumerate(class_weights)),
        tol=1e-6,
        max_iter=_MAX_ROUNDS,
    ).fit(columns, labels)
    if is_binary:
        half, offset = line.coef_ / 2, line.intercept_ / 2
        return np.concatenate([-half, half]), np.concatenate([-offset, offset])
    return line.coef_, line.intercept_


def _absolute_head(
    columns: np.ndarray, labels: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of least absolute errors, which no library has with this penalty."""
    shape = (labels.shape[1], columns.shape[1] + 1)

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weight, bias = flat.reshape(shape)[:, :-1], flat.reshape(shape)[:, -1]
        off = columns @ weight.T + bias - labels
        size = np.hypot(off, _L1_ROUNDING)
        slope = off / size
        gradient = np.column_stack(
            [slope.T @ columns + penalty * weight, slope.sum(axis=0)]
        )
        loss = size.sum() + 0.5 * penalty * np.square(weight).sum()
        return float(loss), gradient.ravel()

    options = {"maxiter": _MAX_ROUNDS, "maxfun": 2 * _MAX_ROUNDS, "ftol": 1e-12}
    start = np.zeros(shape[0] * shape[1])
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
    both = found.x.reshape(shape)
    return both[:, :-1].copy(), both[:, -1].copy()

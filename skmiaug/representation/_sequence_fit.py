"""From labelled sequences to a fine-tuned encoder and its head."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from skmiaug.nn import SequenceHead, pooled_width
from skmiaug.representation._hold_out import held_out_rows
from skmiaug.representation._masked_fit import (
    SequenceSpace,
    largest_product,
    to_device,
)
from skmiaug.representation._sequence_architecture import StartingPoint
from skmiaug.representation._sequence_input import Sequences
from skmiaug.representation._sequence_settings import EVAL_INTERVAL, FineTuningSettings
from skmiaug.representation._session import Session
from skmiaug.training import (
    EarlyStopping,
    LabelledSet,
    LabelSettings,
    LabelTask,
    RateSchedule,
    SequenceBatches,
    SequenceModel,
    SequenceRecord,
    build_sequence_model,
    embed_all,
    solve_head,
    train_sequences,
)
from skmiaug.utils._random import numpy_generator, torch_generator
from skmiaug.utils._threads import cpu_threads_for

_HOLD_OUT, _ORDER, _DROPOUT = range(10, 13)


@dataclass(frozen=True)
class LabelledSpace:
    """A fine-tuned network.

    Attributes
    ----------
    space : SequenceSpace
    head : SequenceHead
        On the CPU.
    pooling : str
    """

    space: SequenceSpace
    head: SequenceHead
    pooling: str

    def outputs(
        self, sequences: Sequences, batch_size: int, device: torch.device
    ) -> np.ndarray:
        """Return the head's outputs, (n, n_outputs), float64."""
        pooled = self.space.embed(sequences, self.pooling, batch_size, device)
        with torch.inference_mode():
            return self.head(torch.from_numpy(pooled)).numpy().astype(np.float64)


def fit_labels(
    sequences: Sequences,
    labels: np.ndarray,
    n_outputs: int,
    start: StartingPoint,
    settings: FineTuningSettings,
    session: Session,
    device: torch.device,
) -> tuple[LabelledSpace, SequenceRecord]:
    """Train a head, and the encoder below it unless it is frozen.

    Parameters
    ----------
    sequences : Sequences
    labels : ndarray of shape (n,), int64, or (n, n_outputs), float32
    n_outputs : int
    start : StartingPoint
    settings : FineTuningSettings
    session : Session
    device : torch.device
    """
    product = largest_product(start.architecture, sequences, settings.batch_size)
    with cpu_threads_for(product, device):
        space = start.space(sequences, session.seed, device)
        everything = to_device(sequences, space.scale, device)
        pooled = embed_all(space.encoder, everything, start.pooling, settings.batch_size)
        held = held_out_rows(
            labels if settings.error == "classes" else np.zeros(len(labels)),
            settings.validation_fraction,
            numpy_generator(session.seed, _HOLD_OUT),
        )
        head = _new_head(start, n_outputs, pooled)
        if settings.head_penalty is not None:
            _start_head(head, pooled, labels, ~held, settings)
        labelled = LabelledSet(
            everything,
            torch.from_numpy(labels).to(device),
            pooled if settings.freeze_encoder else None,
        )
        model = _build(space, head, settings)
        is_solved = settings.freeze_encoder and settings.head_penalty is not None
        record = train_sequences(
            model,
            _task(labelled, held, start, settings, session.seed, device),
            max_iter=0 if is_solved else settings.max_iter,
            eval_interval=EVAL_INTERVAL,
            stopping=EarlyStopping(settings.n_iter_no_change, settings.tol),
            events=session.events,
        )
    fitted = SequenceSpace(space.scale, space.encoder.cpu().requires_grad_(False))
    return LabelledSpace(fitted, head.cpu().requires_grad_(False), start.pooling), record


def _new_head(start: StartingPoint, n_outputs: int, pooled: torch.Tensor) -> SequenceHead:
    """Return a head of zeros: it begins by saying the same of every sequence."""
    width = pooled_width(start.architecture.hidden_size, start.pooling)
    # Its first weights are zeros, but making the layer would draw random ones.
    linear_free = torch.device("meta")
    with linear_free:
        head = SequenceHead(width, n_outputs)
    head = head.to_empty(device=pooled.device)
    nn.init.zeros_(head.linear.weight)
    nn.init.zeros_(head.linear.bias)
    head.measure(pooled)
    return head


def _start_head(
    head: SequenceHead,
    pooled: torch.Tensor,
    labels: np.ndarray,
    used: np.ndarray,
    settings: FineTuningSettings,
) -> None:
    """Set the head to the best one for the rows ``used`` (n,) and the encoder as it is."""
    columns = ((pooled - head.center) / head.scale).cpu().numpy()
    weights = settings.class_weights
    weight, bias = solve_head(
        columns[used],
        labels[used],
        settings.error,
        penalty=float(settings.head_penalty or 0),
        class_weights=None if weights is None else np.array(weights),
    )
    with torch.no_grad():
        head.linear.weight.copy_(torch.from_numpy(weight))
        head.linear.bias.copy_(torch.from_numpy(bias))


def _build(
    space: SequenceSpace, head: SequenceHead, settings: FineTuningSettings
) -> SequenceModel:
    networks: dict[str, nn.Module] = {"head": head}
    rates = [("head", settings.learning_rate)]
    if not settings.freeze_encoder:
        networks["encoder"] = space.encoder
        rates.append(("encoder", settings.encoder_learning_rate))
    return build_sequence_model(
        networks,
        rates,
        weight_decay=settings.weight_decay,
        schedule=RateSchedule(settings.max_iter),
    )


def _task(
    labelled: LabelledSet,
    held: np.ndarray,
    start: StartingPoint,
    settings: FineTuningSettings,
    seed: int,
    device: torch.device,
) -> LabelTask:
    training = labelled.subset(torch.from_numpy(np.flatnonzero(~held)))
    held_out = None
    if held.any():
        held_out = labelled.subset(torch.from_numpy(np.flatnonzero(held)))
    weights = settings.class_weights
    return LabelTask(
        training=training,
        batches=SequenceBatches(
            training.sequences.lengths, settings.batch_size, seed=seed, stream=_ORDER
        ),
        settings=LabelSettings(
            error=settings.error,
            class_weights=None if weights is None else torch.tensor(weights).to(device),
            pooling=start.pooling,
            encoder_dropout=settings.encoder_dropout,
            head_dropout=settings.dropout,
            autocast=settings.autocast,
        ),
        generator=torch_generator(seed, _DROPOUT, device),
        held_out=held_out,
    )

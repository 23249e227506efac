"""Small sequence models and what they are trained to do."""

import torch

from skmiaug.nn import SequenceHead, TimestepArchitecture, TimestepEncoder, pooled_width
from skmiaug.training import (
    LabelledSet,
    LabelTask,
    MaskedTask,
    SequenceBatches,
    SequenceSet,
    build_sequence_model,
)

FEATURES, WIDTH = 3, 16


def waves(n=24, seed=0, holes=False):
    """Sines whose rates are one of two; the labels say which."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    lengths = torch.randint(8, 16, (n,), generator=rng)
    phases = 6.3 * torch.rand(n, 1, generator=rng) + torch.arange(FEATURES)
    steps = [
        torch.sin(phase + torch.arange(int(length))[:, None] * (0.3 + 0.5 * label))
        for phase, length, label in zip(phases, lengths, labels, strict=True)
    ]
    steps = 1.4 * torch.cat(steps)
    known = None
    if holes:
        known = torch.rand(steps.shape, generator=rng) < 0.8
        steps = steps * known
    return SequenceSet(steps, lengths, known), labels


def new_encoder(backbone="gru", seed=0):
    torch.manual_seed(seed)
    return TimestepEncoder(TimestepArchitecture(FEATURES, backbone, WIDTH, 1, 2))


def masked_run(
    *, held_out=True, max_iter=60, rate=1e-2, dropout=0.0, holes=False, **masking
):
    """A model and a task that restores hidden timesteps."""
    settings = {"ratio": 0.3, "span": 2, "replacement": "learned", "error": "l1"}
    model = build_sequence_model(
        {"encoder": new_encoder()},
        {"encoder": rate},
        weight_decay=0.0,
        n_steps=max_iter,
    )
    sequences, _ = waves(holes=holes)
    task = MaskedTask(
        sequences=sequences,
        batches=SequenceBatches(sequences.lengths, 8, seed=0, stream=0),
        dropout=dropout,
        **settings | masking,
        generator=torch.Generator().manual_seed(1),
        held_out=waves(seed=5, holes=holes)[0] if held_out else None,
        held_out_seed=(0, 1),
    )
    return model, task


def label_run(*, error="classes", frozen=False, max_iter=80, weights=None, held_out=True):
    """A model and a task that tells the rate."""
    torch.manual_seed(0)
    encoder = new_encoder()
    width = pooled_width(WIDTH, "mean_std")
    head = SequenceHead(width, 2 if error == "classes" else 1)
    networks = {"head": head} if frozen else {"head": head, "encoder": encoder}
    model = build_sequence_model(
        networks,
        dict.fromkeys(networks, 1e-2),
        weight_decay=0.0,
        n_steps=max_iter,
    )

    def labelled(seed):
        sequences, labels = waves(seed=seed)
        if error != "classes":
            labels = labels.float()[:, None]
        pooled = torch.randn(len(sequences), width) + labels.view(-1, 1)
        return LabelledSet(sequences, labels, pooled if frozen else None)

    training = labelled(0)
    task = LabelTask(
        training=training,
        batches=SequenceBatches(training.sequences.lengths, 8, seed=0, stream=0),
        error=error,
        class_weights=weights,
        pooling="mean_std",
        encoder_dropout=0.0,
        head_dropout=0.0,
        generator=torch.Generator().manual_seed(1),
        held_out=labelled(5) if held_out else None,
    )
    return model, task

"""Restoring timesteps and learning labels: steps, scores and the loop around them."""

import pytest
import torch
from torch.nn import functional

from skmiaug.exceptions import TrainingDivergedError
from skmiaug.training import (
    EarlyStopping,
    LoopParameters,
    embed_all,
    train_sequences,
)
from tests.training._toy_sequences import label_run, masked_run, new_encoder, waves


def train(model, task, *, max_iter, eval_interval=10, patience=99, **events):
    return train_sequences(
        model,
        task,
        LoopParameters(
            max_iter=max_iter,
            eval_interval=eval_interval,
            stopping=EarlyStopping(patience, tol=0.0),
            evaluate=task.score,
            **events,
        ),
    )


# ---------------------------------------------------------------- restoring timesteps


@pytest.mark.parametrize(
    ("masking", "holes"),
    [
        ({}, False),
        ({"replacement": "zero"}, True),
        ({"replacement": "random"}, False),
        ({"error": "l2"}, True),
    ],
    ids=str,
)
def test_it_learns_to_restore(masking, holes):
    model, task = masked_run(max_iter=100, holes=holes, **masking)
    before = task.score(model)
    record = train(model, task, max_iter=100)
    assert task.score(model) > before * 0.5
    assert record.loss[-1] < record.loss[0] * 0.5
    assert len(record.loss) == len(record.validation_scores) == 10


def test_the_held_out_measure_is_the_same_at_each_validation_check():
    model, task = masked_run(replacement="random", dropout=0.5)
    state = task.generator.get_state()
    assert task.score(model) == task.score(model)
    assert torch.equal(task.generator.get_state(), state)


def test_without_held_out_sequences_there_is_no_measure():
    model, task = masked_run(held_out=False)
    assert task.score(model) is None
    assert train(model, task, max_iter=20).best_iter == 20


def test_training_does_not_touch_the_global_state():
    model, task = masked_run(dropout=0.3, replacement="random")
    before = torch.random.get_rng_state()
    train(model, task, max_iter=10)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_dropout_is_for_training_alone():
    with_it, without = (masked_run(dropout=d) for d in (0.5, 0.0))
    assert with_it[1].score(with_it[0]) == without[1].score(without[0])
    assert not torch.equal(with_it[1].step(with_it[0]), without[1].step(without[0]))


def test_a_loss_that_explodes_takes_the_weights_back_and_lowers_the_rate():
    model, task = masked_run(held_out=False, max_iter=60)
    step, calls = task.step, []

    def poisoned(model):
        calls.append(model.steps_done)
        loss = step(model)
        return loss * float("nan") if len(calls) == 25 else loss

    task.step = poisoned
    record = train(model, task, max_iter=60)
    assert record.n_rollbacks == 1
    # The steps since the last check are done again, on the same batches.
    assert calls[29:32] == [29, 20, 21]
    assert [group["lr"] for group in model.optimizer.param_groups] == [1e-3, 1e-3]


def test_losses_that_stay_bad_are_an_error_with_the_remedy():
    model, task = masked_run(held_out=False)
    step = task.step
    task.step = lambda model: step(model) * float("nan")
    with pytest.raises(TrainingDivergedError, match=r"Lower learning_rate.*clip"):
        train(model, task, max_iter=60)


# ---------------------------------------------------------------- learning labels


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("error", ["classes", "l1", "l2"])
def test_it_learns_labels(error, frozen):
    model, task = label_run(error=error, frozen=frozen, max_iter=60)
    before = task.score(model)
    record = train(model, task, max_iter=60)
    assert record.loss[-1] < 0.5 * record.loss[0]
    assert task.score(model) > before


def test_a_frozen_encoder_is_not_asked():
    model, task = label_run(frozen=True)
    assert set(model.networks) == {"head"}
    train(model, task, max_iter=5)
    assert task.score(model) < 0


def test_class_weights_are_those_of_the_cross_entropy():
    weights = torch.tensor([0.2, 3.0])
    model, task = label_run(weights=weights, frozen=True)
    outputs = model.networks["head"](task.held_out.pooled)
    expected = functional.cross_entropy(outputs, task.held_out.labels, weight=weights)
    assert -task.score(model) == pytest.approx(expected.item())


def test_class_weights_count_across_batches():
    """A batch of one class counts by its weight, not as one of any other class."""
    weights = torch.tensor([0.2, 3.0])
    model, task = label_run(weights=weights, frozen=True)
    model.lower_rates(0.0)
    pooled, labels = task.training.pooled, task.training.labels
    order = torch.argsort(labels)
    task.batches.rows = lambda step: order[step * 4 : (step + 1) * 4]
    of_batches = [task.step(model).item() for _ in range(len(labels) // 4)]
    expected = functional.cross_entropy(
        model.networks["head"](pooled), labels, weight=weights
    )
    assert sum(of_batches) / len(of_batches) == pytest.approx(expected.item())


def test_a_labelled_subset_keeps_what_belongs_together():
    _, task = label_run(frozen=True)
    rows = torch.tensor([7, 2])
    part = task.training.subset(rows)
    assert torch.equal(part.labels, task.training.labels[rows])
    assert torch.equal(part.pooled, task.training.pooled[rows])
    assert torch.equal(part.sequences.lengths, task.training.sequences.lengths[rows])


# ---------------------------------------------------------------- embeddings


@pytest.mark.parametrize("backbone", ["transformer", "gru"])
@pytest.mark.parametrize("batch_size", [1, 5, 100])
def test_embeddings_come_in_order_and_alone(backbone, batch_size):
    encoder, (sequences, _) = new_encoder(backbone), waves()
    together = embed_all(encoder, sequences, "mean_std", batch_size)
    alone = torch.cat(
        [
            embed_all(encoder, sequences.subset(torch.tensor([i])), "mean_std", 1)
            for i in range(len(sequences))
        ]
    )
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
    assert not together.requires_grad

"""The loop of the aligned space: what it learns, its batches and its held-out score."""

import numpy as np
import pytest
import torch

from skmiaug.training import (
    AlignmentRecord,
    EarlyStopping,
    LoopParameters,
    alignment_score,
    alignment_terms,
    train_alignment,
)
from tests.training._toy import same
from tests.training._toy_pairs import (
    toy_align_weights,
    toy_model,
    toy_pair_batches,
    toy_pairs,
)


def run(
    model, batches=None, *, max_iter=60, weights=None, evaluate=lambda m: None, **events
):
    return train_alignment(
        model,
        batches or toy_pair_batches(),
        weights or toy_align_weights(),
        LoopParameters(
            max_iter=max_iter,
            eval_interval=10,
            stopping=EarlyStopping(99, tol=0.0),
            evaluate=evaluate,
            **events,
        ),
    )


def recall(model, batch):
    """Share of rows whose text is the nearest to their audio."""
    audio, text = model.network.codes(batch.rows)
    return ((audio @ text.T).argmax(dim=1) == torch.arange(len(audio))).float().mean()


def test_partners_come_together_and_unseen_ones_too():
    model, unseen = toy_model(), toy_pairs(n=50, seed=7)
    assert recall(model, unseen) < 0.2
    run(model, max_iter=150)
    assert recall(model, unseen) > 0.7


def test_without_the_contrastive_term_they_do_not():
    model, unseen = toy_model(), toy_pairs(n=50, seed=7)
    run(model, max_iter=150, weights=toy_align_weights(contrastive=0.0))
    assert recall(model, unseen) < 0.4


def test_the_record_names_its_curves():
    record = run(toy_model(), max_iter=25)
    assert isinstance(record, AlignmentRecord)
    assert record.iterations == [10, 20, 25]
    for name in AlignmentRecord.figures():
        assert len(getattr(record, name)) == 3
    assert record.loss[-1] == pytest.approx(
        record.class_loss[-1] + record.contrastive_loss[-1] - record.information[-1],
        rel=1e-5,
    )


def test_the_same_seed_gives_the_same_bits():
    models = [toy_model(), toy_model()]
    for model in models:
        run(model)
    assert same(models[0].snapshot(), models[1].snapshot())
    other = toy_model()
    run(other, toy_pair_batches(seed=1))
    assert not same(other.snapshot(), models[0].snapshot())


@pytest.mark.parametrize("batch_size", [1, 32, 80, 200])
def test_a_batch_holds_no_row_twice(batch_size):
    rows = toy_pairs(missing=[3])
    drawn = toy_pair_batches(rows, batch_size=batch_size).draw()
    assert len(drawn.classes) == min(batch_size, 80)
    numbers = [int((rows.rows[0] == row).all(dim=1).nonzero()) for row in drawn.rows[0]]
    assert len(set(numbers)) == len(numbers)
    expected = rows.take(torch.tensor(numbers))
    for one, other in zip(drawn.rows, expected.rows, strict=True):
        assert torch.equal(one, other)
    assert torch.equal(drawn.present, expected.present)
    assert torch.equal(drawn.classes, expected.classes)


def test_dropout_blanks_a_share_of_the_values_and_raises_the_others():
    rows = toy_pairs(n=4000)
    whole = toy_pair_batches(rows, batch_size=4000).draw()  # the same rows: the same seed
    batches = toy_pair_batches(rows, batch_size=4000)
    batches.dropout = 0.3
    before = torch.random.get_rng_state()
    thinned = batches.draw()
    assert torch.equal(before, torch.random.get_rng_state())
    for part, original in zip(thinned.rows, whole.rows, strict=True):
        blank = part == 0
        assert blank.float().mean().item() == pytest.approx(0.3, abs=0.01)
        torch.testing.assert_close(part[~blank], original[~blank] / 0.7)
    assert torch.equal(thinned.classes, whole.classes)
    assert not torch.equal(batches.draw().rows[0] == 0, thinned.rows[0] == 0)


def test_every_row_has_its_turn():
    batches = toy_pair_batches(batch_size=16)
    seen = torch.cat([batches.draw().rows[0] for _ in range(60)])
    assert len(torch.unique(seen, dim=0)) == 80


def test_the_score_is_the_mean_loss_of_the_parts_negated():
    model, weights = toy_model(), toy_align_weights()
    parts = [toy_pairs(n=30, seed=2), toy_pairs(n=10, seed=3)]
    losses = [alignment_terms(model.network, part, weights).loss.item() for part in parts]
    expected = -np.average(losses, weights=[30, 10])
    assert alignment_score(parts, weights)(model) == pytest.approx(expected, rel=1e-6)
    assert alignment_score([], weights)(model) is None


def test_the_best_weights_on_held_out_rows_are_kept():
    weights = toy_align_weights()
    misled = toy_pairs(n=12)
    misled = misled._replace(classes=misled.classes.roll(3))
    evaluate = alignment_score([toy_pairs(n=60, seed=9)], weights)
    model = toy_model(rate=3e-2)
    record = run(model, toy_pair_batches(misled), max_iter=100, evaluate=evaluate)
    assert 0 < record.best_iter < 100
    assert evaluate(model) == pytest.approx(max(record.validation_scores))
    assert max(record.validation_scores) > record.validation_scores[-1]


def test_losses_that_stay_infinite_name_the_parameter():
    rows = toy_pairs()
    rows.rows[0][:] = torch.inf
    with pytest.raises(RuntimeError, match="Lower learning_rate"):
        run(toy_model(), toy_pair_batches(rows))

"""Rows of one group (a speaker) are held out for validation together."""

import numpy as np
import pytest
import sklearn
from sklearn.model_selection import GroupKFold, cross_validate

from skmiaug.representation.alignment import _space
from skmiaug.representation.sequences import _fine_tuning, _masked_encoder
from tests.representation._pairs import pairs
from tests.representation._pairs import small as small_aligner
from tests.representation._sequences import (
    small_classifier,
    small_encoder,
    small_regressor,
    toy,
)

X, EMOTIONS = toy(48)
SPEAKERS = np.array([f"s{i % 8}" for i in range(48)], dtype=object)
CASES = {
    "encoder": (small_encoder, X, None, _masked_encoder),
    "classifier": (small_classifier, X, EMOTIONS, _fine_tuning),
    "regressor": (small_regressor, X, np.arange(48) / 16, _fine_tuning),
    "aligner": (small_aligner, *pairs(48), _space),
}


@pytest.fixture(params=CASES)
def case(request, monkeypatch):
    """An estimator, its data, and the list of the rows that its fits hold out."""
    small, X, y, module = CASES[request.param]
    drawn, held_out = module.validation_mask, []

    def recorded(*arguments, **options):
        held_out.append(drawn(*arguments, **options))
        return held_out[-1]

    monkeypatch.setattr(module, "validation_mask", recorded)
    return small(validation_fraction=0.25), X, y, held_out


def test_groups_are_held_out_whole(case):
    estimator, X, y, held_out = case
    estimator.fit(X, y, groups=SPEAKERS)
    estimator.fit(X, y)
    with_groups, without = (set(SPEAKERS[h]) & set(SPEAKERS[~h]) for h in held_out)
    assert held_out[0].any()
    assert not with_groups
    assert without


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (SPEAKERS[:-1], "inconsistent numbers of samples"),
        ([None, *SPEAKERS[1:]], "rows without a group, 1 in all: 0"),
        (np.stack([SPEAKERS, SPEAKERS], axis=1), "1d array"),
    ],
)
def test_groups_that_do_not_fit_are_refused(case, groups, message):
    estimator, X, y, held_out = case
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, y, groups=groups)
    assert not held_out


def test_metadata_routing_brings_groups_without_a_request(case):
    estimator, X, y, held_out = case
    with sklearn.config_context(enable_metadata_routing=True):
        result = cross_validate(
            estimator, X, y, cv=GroupKFold(2), params={"groups": SPEAKERS},
            scoring=lambda *_: 0.0, return_indices=True, error_score="raise",
        )  # fmt: skip
    for train, held in zip(result["indices"]["train"], held_out, strict=True):
        own = SPEAKERS[train]
        assert held.any()
        assert not set(own[held]) & set(own[~held])


def rows_of(task):
    """The training rows, or the first timestep of each training sequence."""
    if hasattr(task, "rows"):
        return [tuple(row.tolist()) for row in task.rows.rows[0]]
    sequences = task.training.sequences if hasattr(task, "training") else task.sequences
    lengths = sequences.lengths.numpy()
    begins = np.cumsum(lengths) - lengths
    return [tuple(sequences.steps[begin].tolist()) for begin in begins]


def test_held_out_rows_are_not_trained_on(case, monkeypatch):
    estimator, X, y, held_out = case
    tasks = []
    for place in (_space, _fine_tuning, _masked_encoder):
        name = "train_alignment" if place is _space else "train_sequences"
        train = getattr(place, name)

        def recorded(model, task, *arguments, _train=train, **options):
            tasks.append(task)
            return _train(model, task, *arguments, **options)

        monkeypatch.setattr(place, name, recorded)
    estimator.set_params(validation_fraction=0.0).fit(X, y)
    estimator.set_params(validation_fraction=0.25).fit(X, y)
    # The scale is that of all rows, in both fits.
    everything, kept = map(rows_of, tasks)
    held = held_out[-1]
    assert held.any()
    assert kept == [row for row, out in zip(everything, held, strict=True) if not out]

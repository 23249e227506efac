"""Early stopping and the record."""

import json
import math
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from skmiaug.training import EarlyStopping
from skmiaug.training.gan import GanRecord

INFINITY = float("inf")


def test_a_rise_below_the_tolerance_does_not_count():
    stopping = EarlyStopping(patience=5, tol=0.1)
    assert [stopping.update(s) for s in (1.0, 1.09, 1.11)] == [True, False, True]


def test_nan_is_never_the_best_score():
    stopping = EarlyStopping(patience=1, tol=0.0)
    assert not stopping.update(math.nan)
    assert stopping.should_stop
    assert stopping.best_score == -INFINITY


@given(st.lists(st.floats(-10, 10), min_size=1), st.integers(1, 5))
def test_best_and_staleness_follow_from_the_scores(scores, patience):
    stopping = EarlyStopping(patience, tol=0.0)
    flags = [stopping.update(score) for score in scores]
    assert stopping.best_score == max(scores)
    last_rise = max(i for i, flag in enumerate(flags) if flag)
    assert last_rise == scores.index(max(scores))
    assert stopping.n_stale == len(scores) - 1 - last_rise
    assert stopping.should_stop == (stopping.n_stale >= patience)


def test_a_record_survives_json():
    record = GanRecord()
    record.n_iter = 25
    record.add((1.5, -0.5, 0.7, 0.1), None)
    record.n_iter = 50
    record.add((1.25, -0.25, 0.75, 0.2), 0.3)
    record.n_iter, record.best_iter = 60, 50
    again = GanRecord(**json.loads(json.dumps(asdict(record))))
    assert again == record
    assert again.iterations == [25, 50]
    assert again.critic_loss == [1.5, 1.25]
    assert again.validation_scores == [None, 0.3]

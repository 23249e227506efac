"""Rows that are made to go with a condition."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skmiaug import MIGANAugmenter
from tests._helpers import counts, small, trained
from tests.over_sampling._pairs import AUDIO, COUNTS, MODALITIES, TEXT, frame_of, pairs

pytestmark = pytest.mark.usefixtures("few_head_steps")


@pytest.fixture
def data():
    X, y = pairs()
    return X[:, AUDIO], y, X[:, TEXT]


def test_networks_are_trained_for_pairs_conditions_and_rejection_alone(data):
    audio, y, text = data
    X = np.hstack([audio, text])

    def n_steps(X, condition=None, **changes):
        augmenter = small(max_iter="auto", n_iter_no_change=1, tol=1e9, **changes)
        return augmenter.fit(X, y, condition=condition).n_iter_

    assert MIGANAugmenter().max_iter == "auto"
    assert n_steps(X) == 0
    assert n_steps(X, modalities=MODALITIES) > 0
    assert n_steps(audio, text) > 0
    assert n_steps(X, rejection_rate=0.1) > 0


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({}, {0: 30, 1: 30, 2: 30}),
        ({"sampling_strategy": {2: 20}}, {0: 30, 1: 12, 2: 20}),
        ({"expansion": 2}, {0: 60, 1: 60, 2: 60}),
    ],
    ids=str,
)
@pytest.mark.parametrize("sampling", ["rows", "noise", "gaussian"])
def test_conditioned_rows_follow_the_usual_grammar(data, parameters, wanted, sampling):
    X, y, text = data
    augmenter = trained(condition_sampling=sampling, **parameters)
    X_new, y_new = augmenter.fit_resample(X, y, condition=text)
    assert counts(y_new) == wanted
    np.testing.assert_array_equal(X_new[: len(X)], X)
    np.testing.assert_array_equal(augmenter.condition_[: len(X)], text)
    assert augmenter.condition_.shape == (len(X_new), 4)
    assert np.isfinite(augmenter.condition_).all()
    assert augmenter.synthetic_mask_.tolist() == [False] * 47 + [True] * (len(X_new) - 47)
    assert augmenter.n_condition_features_in_ == 4


@pytest.mark.parametrize("sampling", ["rows", "noise", "gaussian"])
def test_where_a_condition_comes_from(data, sampling):
    X, y, text = data
    augmenter = trained(condition_sampling=sampling)
    _, y_new = augmenter.fit_resample(X, y, condition=text)
    for c in (1, 2):
        used = augmenter.condition_[len(X) :][y_new[len(X) :] == c]
        distance = np.linalg.norm(used[:, None] - text[y == c], axis=2)
        is_real = distance.min(axis=1) < 1e-4
        assert (is_real == (sampling == "rows")).all()
        if sampling == "rows":
            uses = np.bincount(distance.argmin(axis=1))
            assert len(uses) == COUNTS[c]
            assert uses.max() - uses.min() <= 1
    if sampling == "noise":
        # Half of the deviation is noise: still nearest, mostly, to rows of the class.
        bandwidth = augmenter.condition_[len(X) :].std(axis=0)
        np.testing.assert_allclose(bandwidth, text.std(axis=0), rtol=0.6)


@pytest.mark.parametrize("head", ["infonce", "gaussian"])
def test_both_heads_train(data, head):
    X, y, text = data
    augmenter = trained(condition_head=head, max_iter=30).fit(X, y, condition=text)
    assert augmenter.n_iter_ == 30
    assert np.isfinite(augmenter.pair_mi_curve_).all()
    other = trained(
        max_iter=30, condition_head={"infonce": "gaussian"}.get(head, "infonce")
    )
    assert other.fit(X, y, condition=text).loss_curve_ != augmenter.loss_curve_


def test_a_given_condition_moves_what_is_made():
    X, y = pairs((400, 300, 200))
    text = X[:, TEXT]
    augmenter = small(max_iter=0).fit(X[:, AUDIO], y, condition=text)
    wanted = np.repeat(text[y == 1][:50], 20, axis=0)
    made, labels = augmenter.sample(1000, 1, condition=wanted)
    assert (labels == 1).all()
    # Columns 0 and 1 of audio and text are correlated by 0.9 and 0.8 within a class.
    for column, rho in ((0, 0.9), (1, 0.8)):
        found = np.corrcoef(made[:, column], wanted[:, column])[0, 1]
        assert found == pytest.approx(rho, abs=0.1)
    assert abs(np.corrcoef(made[:, 4], wanted[:, 0])[0, 1]) < 0.2


def test_without_classes_the_condition_says_which(data):
    X, y, text = data
    telling = 10 * text + 50 * y[:, None]
    augmenter = small(max_iter=0).fit(X, y, condition=telling)
    _, labels = augmenter.sample(len(y), condition=telling)
    assert (labels == y).mean() > 0.95


def test_rows_without_a_condition_count_for_the_rest(data):
    X, y, text = data
    text = text.copy()
    text[:5] = np.nan
    augmenter = trained()
    X_new, _ = augmenter.fit_resample(X, y, condition=text)
    assert np.isnan(augmenter.condition_[:5]).all()
    assert np.isfinite(augmenter.condition_[5:]).all()
    assert np.isfinite(X_new).all()


# ---------------------------------------------------------------- without a condition


def test_no_condition_gives_the_bits_of_no_word_of_it(data):
    X, y, _ = data
    expected, _ = trained().fit_resample(X, y)
    augmenter = trained(condition_sampling="rows", condition_head="gaussian")
    X_new, _ = augmenter.fit_resample(X, y, condition=None)
    np.testing.assert_array_equal(X_new, expected)
    assert not hasattr(augmenter, "condition_")
    assert not hasattr(augmenter, "n_condition_features_in_")
    assert augmenter.pair_mi_curve_ is None


def test_fitting_again_without_a_condition_forgets_it(data):
    X, y, text = data
    augmenter = trained()
    augmenter.fit_resample(X, y, condition=text)
    X_new, _ = augmenter.fit_resample(X, y)
    assert not hasattr(augmenter, "condition_")
    np.testing.assert_array_equal(X_new, trained().fit_resample(X, y)[0])
    with pytest.raises(ValueError, match="fitted without one"):
        augmenter.sample(3, condition=text[:3])


# ---------------------------------------------------------------- containers


def test_any_container_holds_a_condition(data):
    X, y, text = data
    expected, _ = trained().fit_resample(X, y, condition=text)
    named, labels = frame_of(np.hstack([X, text]), y)
    audio, words = named.iloc[:, :6], named.iloc[:, 6:]
    X_new, y_new = trained().fit_resample(audio, labels, condition=words)
    assert isinstance(X_new, pd.DataFrame)
    assert isinstance(y_new, pd.Series)
    np.testing.assert_array_equal(X_new, expected)
    X_new, _ = trained().fit_resample(pl.from_pandas(audio), y, condition=text.tolist())
    assert isinstance(X_new, pl.DataFrame)
    np.testing.assert_array_equal(X_new.to_numpy(), expected)
    X_new, _ = trained().fit_resample(X, y, condition=pl.from_pandas(words))
    np.testing.assert_array_equal(X_new, expected)


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t[:-1], "a row for each of the 47 rows, got 46"),
        (lambda t: t[:, 0], "condition must have a row of numbers .* shape"),
        (lambda t: np.where(np.arange(4) == 2, np.nan, t), "some of its columns in rows 0"),
        (lambda t: np.where(np.arange(4) == 2, np.inf, t), "condition contains infinity"),
        (lambda t: np.full_like(t, "word", dtype=object), "must hold numbers"),
        (lambda t: np.full_like(t, np.nan), "these classes have none: 0, 1, 2"),
    ],
    ids=["length", "one dimension", "part NaN", "infinite", "text", "all NaN"],
)
def test_a_condition_that_does_not_fit_is_refused(data, spoil, message, method):
    X, y, text = data
    with pytest.raises(ValueError, match=message):
        getattr(trained(), method)(X, y, condition=spoil(text))


def test_a_class_without_conditions_is_named(data):
    X, y, text = data
    text = np.where((y == 2)[:, None], np.nan, text)
    with pytest.raises(ValueError, match="these classes have none: 2"):
        trained().fit(X, y, condition=text)


def test_a_condition_and_modalities_together_are_refused(data):
    X, y, text = data
    groups = {"a": slice(0, 3), "b": slice(3, 6)}
    with pytest.raises(ValueError, match="either a condition or modalities"):
        trained(modalities=groups).fit(X, y, condition=text)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((3, 4)), "a row for each of the 2 rows"),
        (np.zeros((2, 5)), "the 4 columns it was fitted with"),
        (np.full((2, 4), np.nan), "needs the whole condition of each row"),
    ],
    ids=["length", "width", "missing"],
)
def test_sampling_checks_its_condition(data, rows, message):
    X, y, text = data
    augmenter = small(max_iter=0).fit(X, y, condition=text)
    with pytest.raises(ValueError, match=message):
        augmenter.sample(2, condition=rows)


@pytest.mark.parametrize(
    "change", [{"condition_sampling": "text"}, {"condition_head": "mine"}], ids=str
)
def test_unknown_ways_are_refused(data, change):
    X, y, text = data
    with pytest.raises(ValueError, match=next(iter(change))):
        trained(**change).fit(X, y, condition=text)


def test_combinations_need_modalities_and_no_condition(data):
    X, y, text = data
    with pytest.raises(ValueError, match="pairing='all' combines modalities, and none are"):
        trained(pairing="all").fit(X, y, condition=text)

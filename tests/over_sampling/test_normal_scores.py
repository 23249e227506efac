"""Normal scores of columns with heavy tails, and back."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import ndtri
from scipy.stats import ks_2samp

from skmiaug import GaussianAugmenter
from skmiaug.over_sampling.columns import (
    ColumnScale,
    ColumnScores,
    heavy_tailed_columns,
    places_in_span,
)
from skmiaug.utils.tables import _row_blocks
from tests.over_sampling._rows import one_hot

ONE_CLASS = np.ones((300, 1), dtype=np.float32)


def fit(values, weights=None):
    return ColumnScores.of(values, np.ones(len(values)) if weights is None else weights)


def middle(n):
    return np.full(n, 0.5)


def test_scores_of_distinct_values_are_those_of_their_ranks():
    values = np.array([5.0, -1.0, 2.0, 100.0])
    scores = fit(values).at_places(values, middle(4))
    np.testing.assert_allclose(scores, ndtri([0.625, 0.125, 0.375, 0.875]))


def test_a_frequent_value_spans_the_scores_of_all_its_rows():
    values = np.array([0.0] * 6 + [1.0, 2.0, 3.0, 4.0])
    knots = fit(values)
    ends = knots.at_places(np.zeros(2), np.array([0.0, 1.0]))
    np.testing.assert_allclose(ends, ndtri([0.05, 0.6]), atol=1e-5)
    np.testing.assert_allclose(knots.at_places(np.zeros(1), middle(1)), ndtri(0.325), 1e-5)
    # All of the span leads back to the value.
    assert (knots.to_values(np.linspace(-9, ndtri(0.6) - 1e-5, 50)) == 0).all()


def test_weights_count_as_repeated_rows():
    # All but the ends, which are as far out as those of a sample of its size.
    values, repeats = np.array([0.0, 3.0, 1.0, 4.0, 9.0]), np.array([1, 1, 3, 2, 1])
    weighted = fit(values, repeats.astype(float))
    repeated = fit(np.repeat(values, repeats))
    inner = values[1:4]
    np.testing.assert_allclose(
        repeated.at_places(inner, middle(3)), weighted.at_places(inner, middle(3)), 1e-6
    )


@given(
    hnp.arrays(np.float64, st.integers(2, 60), elements=st.floats(-1e9, 1e9)),
    st.integers(0, 9),
)
def test_values_come_back_from_any_place_in_their_span(values, seed):
    knots = fit(values)
    places = np.random.default_rng(seed).uniform(size=len(values))
    assert (np.diff(knots.scores) > 0).all()
    assert (np.diff(knots.values) >= 0).all()
    scores = knots.at_places(values, places)
    assert np.isfinite(scores).all()
    order = np.lexsort((places, values))
    assert (np.diff(scores[order]) >= 0).all()
    np.testing.assert_allclose(
        knots.to_values(scores), values, rtol=1e-9, atol=1e-9 * np.ptp(values)
    )


def test_columns_without_frequent_values_need_no_places():
    values = np.random.default_rng(0).standard_cauchy(500)
    knots = fit(values)
    assert not knots.has_spans
    np.testing.assert_array_equal(
        knots.at_places(values, None), knots.at_places(values, middle(500))
    )


def test_many_values_keep_their_ends_and_the_shape_between():
    values = np.random.default_rng(0).standard_cauchy(50_000)
    knots = fit(values)
    assert len(knots.values) == 1024
    assert knots.values[[0, -1]].tolist() == [values.min(), values.max()]
    drawn = knots.to_values(np.random.default_rng(1).normal(size=50_000))
    assert ks_2samp(values, drawn).statistic < 0.01


def test_places_are_uniform_and_independent_of_the_block():
    whole = places_in_span(0, 4000, 7)
    np.testing.assert_array_equal(places_in_span(1000, 10, 7), whole[1000:1010])
    assert ks_2samp(whole, np.linspace(0, 1, 4000)).pvalue > 0.01
    assert abs(np.corrcoef(whole, places_in_span(0, 4000, 8))[0, 1]) < 0.05
    assert abs(np.corrcoef(whole[1:], whole[:-1])[0, 1]) < 0.05


@pytest.mark.parametrize(
    ("draw", "heavy"),
    [
        (lambda rng, n: rng.normal(size=n), False),
        (lambda rng, n: rng.uniform(size=n), False),
        (lambda rng, n: rng.laplace(size=n), False),
        (lambda rng, n: rng.lognormal(0, 1, size=n), True),
        (lambda rng, n: rng.standard_t(2, size=n), True),
        (lambda rng, n: rng.uniform(size=n) < 0.02, True),
    ],
)
def test_which_tails_are_heavy(draw, heavy):
    values = draw(np.random.default_rng(0), 20_000).astype(float)
    deviations = (values - values.mean())[:, None]
    assert (len(heavy_tailed_columns(deviations)) == 1) is heavy


def test_neither_a_small_class_apart_nor_a_constant_is_a_tail():
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1], [1000, 10])
    X = rng.normal(size=(1010, 3)) + 30.0 * classes[:, None]
    X[:, 2] = classes  # constant within classes
    assert ColumnScale.standard(X).with_scores(X, one_hot(classes)).scores == ()
    together = np.ones((1010, 1), dtype=np.float32)
    scores = ColumnScale.standard(X).with_scores(X, together).scores
    assert [own.column for own in scores] == [0, 1, 2]


def test_columns_without_heavy_tails_are_left_as_they_are():
    X = np.random.default_rng(0).normal(size=(300, 4))
    assert ColumnScale.standard(X).with_scores(X, ONE_CLASS).scores == ()
    X[:, 2] = np.exp(3 * X[:, 2])
    scale = ColumnScale.standard(X).with_scores(X, ONE_CLASS)
    assert [own.column for own in scale.scores] == [2]
    plain = ColumnScale.standard(X).transform(X)
    np.testing.assert_array_equal(scale.transform(X)[:, [0, 1, 3]], plain[:, [0, 1, 3]])
    assert abs(scale.transform(X)[:, 2]).max() < 4 < abs(plain[:, 2]).max()


def test_rare_targets_weigh_as_much_as_frequent_ones():
    """Most samples are generated for them: their values get half of the scores here."""
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1], [270, 30])
    X = np.exp(rng.normal(size=(300, 1)) + 5 * classes[:, None])
    scores = (
        ColumnScale.standard(X)
        .with_scores(X, one_hot(classes), "empirical")
        .transform(X)[:, 0]
    )
    evenly = (
        ColumnScale.standard(X).with_scores(X, ONE_CLASS, "empirical").transform(X)[:, 0]
    )
    # Between the classes lies the median of the weighted values, and 0.9 of all rows.
    median = (scores[classes == 0].max() + scores[classes == 1].min()) / 2
    (raw,) = ColumnScale.standard(X).with_scores(X, one_hot(classes), "empirical").scores
    assert median * raw.scale + raw.center == pytest.approx(0, abs=0.05)
    assert evenly[classes == 0].max() > 1


def test_blocks_of_rows_have_the_scores_that_they_have_in_the_whole(monkeypatch):
    X = np.random.default_rng(0).poisson(0.1, size=(100, 2)).astype(float)
    scale = ColumnScale.standard(X).with_scores(X, ONE_CLASS[:100], "empirical")
    whole = scale.transform(X)
    np.testing.assert_array_equal(scale.transform(X[30:60], 30), whole[30:60])
    monkeypatch.setattr(_row_blocks, "_BLOCK_ROWS", 7)
    np.testing.assert_array_equal(scale.transform(X), whole)


@pytest.fixture(scope="module")
def tailed():
    """Skewed classes of a log-normal amount, a rare count, a bell curve and a constant."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [600, 150, 60])
    amount = np.exp(1.5 * rng.normal(size=810) + 0.8 * y)
    count = rng.poisson(0.05 + 0.1 * y)
    bell = rng.normal(size=810) - y
    return np.column_stack([amount, count, bell, np.ones(810)]), y


def test_samples_are_distributed_as_the_columns(tailed):
    X, y = tailed
    augmenter = GaussianAugmenter(random_state=0, bandwidth=1.0).fit(X, y)
    samples, classes = augmenter.sample(6000, [0, 1, 2] * 2000)
    plain, _ = augmenter.set_params(marginals="gaussian").fit(X, y).sample(6000)
    assert (samples[:, 0] > 0).all()
    assert (plain[:, 0] < 0).any()
    assert (samples.max(axis=0)[:2] <= X.max(axis=0)[:2]).all()
    for c in range(3):
        ours, theirs = samples[classes == c], X[y == c]
        assert ks_2samp(ours[:, 0], theirs[:, 0]).statistic < 0.15
        assert abs((ours[:, 1] == 0).mean() - (theirs[:, 1] == 0).mean()) < 0.12
    assert np.isin(samples[:, 1], range(6)).mean() > 0.97
    assert (samples[:, 3] == 1).all()


@pytest.mark.parametrize("marginals", ["auto", "empirical"])
def test_frames_have_their_types_with_scores_too(tailed, marginals):
    X, y = tailed
    augmenter = GaussianAugmenter(random_state=0, marginals=marginals)
    frame = pd.DataFrame(X, columns=["amount", "count", "bell", "one"])
    frame["count"] = frame["count"].astype(int)
    X_new, _ = augmenter.fit_resample(frame, y)
    pd.testing.assert_frame_equal(X_new[: len(X)], frame)
    assert X_new["count"].dtype == int
    assert np.isfinite(X_new.to_numpy()).all()
    again = pickle.loads(pickle.dumps(augmenter)).sample(50)[0]
    np.testing.assert_array_equal(again, augmenter.sample(50)[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.arange(3.0)}, "shapes"),
        ({"ranks": np.array([0.2, 1.0])}, "outside"),
        ({"ranks": np.array([0.5, 0.5])}, "rise"),
        ({"values": np.array([2.0, 1.0])}, "rise"),
        ({"values": np.empty(0), "ranks": np.empty(0)}, "outside"),
        ({"scale": 0.0}, "scale"),
        ({"column": -1}, "column"),
    ],
)
def test_knots_of_no_distribution_are_refused(changes, message):
    knots = ColumnScores(0, np.array([1.0, 2.0]), np.array([0.25, 0.75]))
    knots.check()
    with pytest.raises(ValueError, match=message):
        replace(knots, **changes).check()


def test_modalities_have_scores_of_their_own(tailed):
    X, y = tailed
    modalities = {"a": slice(0, 2), "b": slice(2, 4)}
    augmenter = GaussianAugmenter(random_state=0, modalities=modalities).fit(X, y)
    samples, _ = augmenter.sample(500)
    assert (samples[:, 0] > 0).all()
    holes = X[:100].copy()
    holes[:, :2] = np.nan
    filled = augmenter.impute(holes, y[:100])
    assert (filled[:, 0] > 0).all()
    np.testing.assert_array_equal(filled[:, 2:], holes[:, 2:])

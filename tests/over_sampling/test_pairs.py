"""Paired generation: how many rows, which parts are made, and what comes back in what."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests._helpers import counts, trained
from tests._internals import combinations_of
from tests.over_sampling._pairs import (
    AUDIO,
    BY_NAME,
    COUNTS,
    MODALITIES,
    TEXT,
    frame_of,
    paired,
    pairs,
    without,
)

pytestmark = pytest.mark.usefixtures("few_head_steps")

# ---------------------------------------------------------------- whole synthetic rows


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({}, {0: 30, 1: 30, 2: 30}),
        ({"sampling_strategy": {2: 20}}, {0: 30, 1: 12, 2: 20}),
        ({"sampling_strategy": "minority"}, {0: 30, 1: 12, 2: 30}),
        ({"expansion": 2}, {0: 60, 1: 60, 2: 60}),
    ],
    ids=str,
)
def test_pairs_follow_the_usual_grammar(parameters, wanted):
    X, y = pairs()
    augmenter = paired(**parameters)
    X_new, y_new = augmenter.fit_resample(X, y)
    assert counts(y_new) == wanted
    np.testing.assert_array_equal(X_new[: len(X)], X)
    assert np.isfinite(X_new).all()
    mask = augmenter.synthetic_mask_
    assert mask.shape == (len(X_new), 2)
    assert not mask[: len(X)].any()
    assert mask[len(X) :].all()


# ---------------------------------------------------------------- all combinations


@pytest.mark.parametrize(
    ("parameters", "balanced"),
    [
        ({}, {0: 30, 1: 30, 2: 30}),
        ({"sampling_strategy": {2: 20}}, {0: 30, 1: 12, 2: 20}),
        ({"expansion": 2}, {0: 60, 1: 60, 2: 60}),
    ],
    ids=str,
)
def test_all_combinations_make_each_balanced_class_fourfold(parameters, balanced):
    X, y = pairs()
    augmenter = paired(pairing="all", **parameters)
    X_new, y_new = augmenter.fit_resample(X, y)
    assert counts(y_new) == {c: 4 * n for c, n in balanced.items()}
    np.testing.assert_array_equal(X_new[: len(X)], X)
    mask = augmenter.synthetic_mask_
    for c, n in balanced.items():
        of_class = mask[y_new == c]
        n_real = COUNTS[c]
        kinds = {(False, False): n_real, (False, True): n, (True, False): n}
        kinds[True, True] = 2 * n - n_real
        for kind, number in kinds.items():
            assert (of_class == kind).all(axis=1).sum() == number


def test_the_mask_says_which_parts_are_real():
    X, y = pairs()
    augmenter = paired(pairing="all")
    X_new, y_new = augmenter.fit_resample(X, y)
    for k, columns in enumerate((AUDIO, TEXT)):
        for c in range(3):
            known = {tuple(row) for row in X[y == c][:, columns]}
            rows = X_new[y_new == c][:, columns]
            made = augmenter.synthetic_mask_[y_new == c, k]
            assert [tuple(row) not in known for row in rows] == made.tolist()


def test_real_parts_are_used_alike():
    X, y = pairs()
    augmenter = paired(pairing="all")
    X_new, y_new = augmenter.fit_resample(X, y)
    half = (augmenter.synthetic_mask_ == [False, True]).all(axis=1) & (y_new == 1)
    _, uses = np.unique(X_new[half][:, AUDIO], axis=0, return_counts=True)
    assert len(uses) == COUNTS[1]
    assert uses.max() - uses.min() <= 1


@given(st.integers(2, 4), st.integers(1, 50), st.integers(0, 50))
def test_combinations_fill_every_class_to_the_same_multiple(n_modalities, n_real, n_more):
    kinds = combinations_of(n_modalities, n_real, n_more)
    assert len({kind.generated for kind in kinds}) == len(kinds) == 2**n_modalities - 1
    assert all(kind.generated for kind in kinds)
    total = sum(kind.n for kind in kinds)
    assert n_real + total == 2**n_modalities * (n_real + n_more)


def test_three_modalities_combine_eightfold():
    X, y = pairs()
    groups = {"audio": slice(0, 4), "text": slice(4, 7), "face": slice(7, 10)}
    augmenter = paired(modalities=groups, pairing="all")
    _, y_new = augmenter.fit_resample(X, y)
    assert counts(y_new) == dict.fromkeys(range(3), 8 * 30)
    kinds = np.unique(augmenter.synthetic_mask_, axis=0)
    assert kinds.shape == (8, 3)


def test_rows_without_text_give_their_audio_alone():
    X, y = pairs()
    missing = np.flatnonzero(y == 0)[:10]
    X = without(X, TEXT, missing)
    augmenter = paired(pairing="all")
    X_new, y_new = augmenter.fit_resample(X, y)
    np.testing.assert_array_equal(X_new[: len(X)], X)
    assert np.isfinite(X_new[len(X) :]).all()
    of_class = (augmenter.synthetic_mask_ == [False, True]).all(axis=1) & (y_new == 0)
    lone = {tuple(row) for row in X[missing][:, AUDIO]}
    assert lone <= {tuple(row) for row in X_new[of_class][:, AUDIO]}


# ---------------------------------------------------------------- containers and columns


@pytest.mark.parametrize("pairing", ["generated", "all"])
def test_frames_and_column_names_give_the_bits_of_arrays(pairing):
    X, y = pairs()
    expected, y_expected = paired(pairing=pairing).fit_resample(X, y)
    frame, labels = frame_of(X, y)
    augmenter = paired(modalities=BY_NAME, pairing=pairing)
    X_new, y_new = augmenter.fit_resample(frame, labels)
    assert isinstance(X_new, pd.DataFrame)
    assert X_new.columns.tolist() == frame.columns.tolist()
    np.testing.assert_array_equal(X_new, expected)
    np.testing.assert_array_equal(y_new, y_expected)
    assert augmenter.modalities_["text"].tolist() == [6, 7, 8, 9]


@pytest.mark.parametrize("pairing", ["generated", "all"])
def test_polars_keep_their_schema(pairing):
    X, y = pairs(dtype=np.float32)
    frame = pl.DataFrame(X, schema=list(frame_of(X, y)[0].columns))
    X_new, _ = paired(modalities=BY_NAME, pairing=pairing).fit_resample(frame, y)
    assert X_new.schema == frame.schema
    expected, _ = paired(pairing=pairing).fit_resample(X, y)
    np.testing.assert_array_equal(X_new.to_numpy(), expected)


@pytest.mark.parametrize("pairing", ["generated", "all"])
def test_what_is_null_in_polars_comes_back_as_null(pairing):
    X, y = pairs()
    columns = list(frame_of(X, y)[0].columns)
    frame = pl.DataFrame((10 * X).round(), schema=columns)
    frame = frame.with_columns(pl.col("t1").cast(pl.Int16), pl.col("t2") > 0)
    row = pl.int_range(pl.len())
    # Rows without text; one of them has NaN in a column, as polars tells apart.
    frame = frame.with_columns(
        pl.when(row % 4 != 0).then(pl.col(name)).alias(name) for name in BY_NAME["text"]
    ).with_columns(pl.when(row == 4).then(np.nan).otherwise(pl.col("t3")).alias("t3"))
    augmenter = paired(modalities=BY_NAME, pairing=pairing)
    X_new, _ = augmenter.fit_resample(frame, y)
    assert X_new.schema == frame.schema
    assert X_new[: len(y)].equals(frame)
    made = X_new[len(y) :]
    assert sum(made.null_count().row(0)) == 0
    assert made["t3"].is_nan().sum() == 0
    assert len(made["t1"].unique()) > 10
    filled = augmenter.impute(frame)
    assert filled.schema == frame.schema
    assert sum(filled.null_count().row(0)) == 0
    pandas = frame_of(X, y)[0]
    pandas[columns] = frame.to_pandas().to_numpy(dtype=float)
    pandas = pandas.astype({"t1": "Int16", "t2": "boolean"})
    expected = paired(modalities=BY_NAME, pairing=pairing).fit_resample(pandas, y)[0]
    np.testing.assert_array_equal(
        X_new.cast(pl.Float64).fill_null(np.nan).to_numpy(),
        expected.to_numpy(float, na_value=np.nan),
    )


def test_types_of_columns_are_kept_in_made_parts():
    X, y = pairs()
    frame, labels = frame_of((10 * X).round(), y)
    frame = frame.astype({"h1": np.int16, "t2": np.uint8, "t3": bool}, errors="ignore")
    X_new, _ = paired(modalities=BY_NAME, pairing="all").fit_resample(frame, labels)
    assert X_new.dtypes.tolist() == frame.dtypes.tolist()
    assert X_new["t2"].nunique() > 2


def test_where_the_columns_stand_does_not_matter():
    X, y = pairs()
    order = np.random.default_rng(1).permutation(10)
    place = np.argsort(order)
    moved = {"audio": place[:6].tolist(), "text": place[6:].tolist()}
    X_new, _ = paired(modalities=moved).fit_resample(X[:, order], y)
    expected, _ = paired().fit_resample(X, y)
    np.testing.assert_array_equal(X_new, expected[:, order])


# ---------------------------------------------------------------- what is drawn


def test_drawn_rows_of_a_class_keep_its_mean_and_spread():
    X, y = pairs((300, 200, 100))
    augmenter = paired(max_iter=0).fit(X, y)
    for c in range(3):
        drawn, labels = augmenter.sample(4000, c)
        assert (labels == c).all()
        real = X[y == c]
        assert np.abs(drawn.mean(axis=0) - real.mean(axis=0)).max() < 0.3
        np.testing.assert_allclose(drawn.std(axis=0), real.std(axis=0), rtol=0.25)


def test_curves_of_the_pairs_are_recorded():
    X, y = pairs()
    augmenter = paired(max_iter=60, validation_fraction=0.2).fit(X, y)
    assert len(augmenter.pair_mi_curve_) == len(augmenter.loss_curve_)
    assert np.isfinite(augmenter.pair_mi_curve_).all()
    assert trained(max_iter=60).fit(X, y).pair_mi_curve_ is None


def test_information_is_judged_by_rows_whatever_the_spread():
    """Below 1 the rows become deviations from their class means, which tell nothing."""
    X, y = pairs()
    near, far = (paired(bandwidth=s).fit(X, y).mutual_information_ for s in (0.5, 1.0))
    assert far > 0.3
    assert near == pytest.approx(far, rel=0.3)


def test_fitting_again_without_modalities_forgets_them():
    X, y = pairs()
    augmenter = paired().fit(X, y)
    assert list(augmenter.modalities_) == list(MODALITIES)
    augmenter.set_params(modalities=None).fit_resample(X, y)
    assert not hasattr(augmenter, "modalities_")
    assert augmenter.synthetic_mask_.ndim == 1


@pytest.mark.parametrize("bandwidth", [0.4, 1.0])
@pytest.mark.parametrize("rejection_rate", [0.0, 0.5])
def test_rejection_and_spread_work_with_pairs(bandwidth, rejection_rate):
    X, y = pairs()
    augmenter = paired(bandwidth=bandwidth, rejection_rate=rejection_rate, pairing="all")
    X_new, y_new = augmenter.fit_resample(X, y)
    assert counts(y_new) == dict.fromkeys(range(3), 120)
    assert np.isfinite(X_new).all()


def test_rejection_of_rows_of_the_start_is_by_a_critic_that_has_learned():
    X, y = pairs()
    augmenter = paired(validation_fraction=0.3, tol=1e9, critic_learning_rate=0.02,
                       mi_weight=5.0, max_iter=50).fit(X, y)  # fmt: skip
    assert augmenter.best_iter_ == 0
    # The head that ranks is the one that has learned, not the untrained one of step 0.
    assert augmenter.train_mi_curve_[-1] > 0.3
    ranked = augmenter._generator
    rng = np.random.default_rng(1)
    T = np.eye(3, dtype=np.float32).repeat(100, axis=0)
    log_q = ranked._log_posterior(ranked.sample(T, rng=rng), T)
    assert log_q.mean() > np.log(1 / 3) + 0.3

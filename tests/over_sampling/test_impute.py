"""A missing modality made from the one that is there."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import train_test_split

from skmiaug.datasets import make_gaussian_pairs
from tests._helpers import small, trained
from tests.over_sampling._pairs import (
    AUDIO,
    BY_NAME,
    MODALITIES,
    TEXT,
    frame_of,
    paired,
    pairs,
    without,
)

pytestmark = pytest.mark.usefixtures("few_head_steps")

SOME = np.array([1, 4, 9])


@pytest.fixture(scope="module")
def split():
    """Rows to fit and rows to fill; the first columns of audio and text go together."""
    made = make_gaussian_pairs(
        900, n_audio=6, n_text=4, correlations=(0.95, 0.9, 0.85), random_state=3
    )
    X = np.hstack([made.audio, made.text]).astype(float)
    return train_test_split(X, made.y, test_size=0.4, random_state=0)


def error(filled, true, columns) -> float:
    return float(np.square(filled[:, columns] - true[:, columns]).mean())


def class_means(X, y, of) -> np.ndarray:
    return np.stack([X[y == c].mean(axis=0) for c in range(3)])[of]


@pytest.mark.parametrize("missing", [AUDIO, TEXT], ids=["audio", "text"])
@pytest.mark.parametrize("with_class", [True, False])
def test_what_is_filled_in_is_nearer_than_the_class_mean(split, missing, with_class):
    X, X_test, y, y_test = split
    augmenter = small(max_iter=0, modalities=MODALITIES).fit(X, y)
    gaps = without(X_test, missing, np.arange(len(X_test)))
    filled = augmenter.impute(gaps, y_test if with_class else None, n_draws=50)
    # The mean of the right class, which is not told here where `with_class` is False.
    by_mean = error(class_means(X, y, y_test), X_test, missing)
    assert error(filled, X_test, missing) < (0.75 if with_class else 0.85) * by_mean


@pytest.mark.parametrize("missing", [AUDIO, TEXT], ids=["audio", "text"])
def test_even_one_draw_is_nearer_than_the_class_mean_where_they_go_together(split, missing):
    X, X_test, y, y_test = split
    augmenter = small(max_iter=0, modalities=MODALITIES).fit(X, y)
    drawn = augmenter.impute(without(X_test, missing, np.arange(len(X_test))), y_test)
    together = slice(missing.start, missing.start + 3)
    by_mean = error(class_means(X, y, y_test), X_test, together)
    assert error(drawn, X_test, together) < 0.7 * by_mean


def test_the_mean_of_many_draws_is_the_regression(split):
    X, X_test, y, y_test = split
    augmenter = small(max_iter=0, modalities=MODALITIES).fit(X, y)
    gaps = without(X_test, TEXT, np.arange(len(X_test)))
    filled = augmenter.impute(gaps, y_test, n_draws=200)
    means = class_means(X, y, y_test)
    for column, rho in enumerate((0.95, 0.9, 0.85)):
        expected = means[:, 6 + column] + rho * (X_test - means)[:, column]
        assert np.abs(filled[:, 6 + column] - expected).mean() < 0.2


def test_one_draw_is_spread_as_real_rows_are(split):
    X, X_test, y, y_test = split
    augmenter = small(max_iter=0, modalities=MODALITIES).fit(X, y)
    drawn = augmenter.impute(without(X_test, TEXT, np.arange(len(X_test))), y_test)
    np.testing.assert_allclose(
        drawn[:, TEXT].std(axis=0), X_test[:, TEXT].std(axis=0), rtol=0.15
    )
    for c in range(3):
        found = np.corrcoef(drawn[y_test == c].T)[0, 6]
        assert found == pytest.approx(0.95, abs=0.06)


def test_a_trained_network_fills_in_as_well(split):
    X, X_test, y, y_test = split
    augmenter = small(max_iter=50, modalities=MODALITIES).fit(X, y)
    gaps = without(X_test, TEXT, np.arange(len(X_test)))
    filled = augmenter.impute(gaps, y_test, n_draws=50)
    by_mean = error(class_means(X, y, y_test), X_test, TEXT)
    assert error(filled, X_test, TEXT) < 0.75 * by_mean


def test_what_is_there_stays_and_what_was_missing_is_filled():
    X, y = pairs()
    gaps = without(without(X, TEXT, SOME), AUDIO, SOME + 1)
    before = gaps.copy()
    filled = paired().fit(X, y).impute(gaps)
    np.testing.assert_array_equal(gaps, before)
    assert np.isfinite(filled).all()
    there = ~np.isnan(before)
    np.testing.assert_array_equal(filled[there], before[there])
    assert (filled[~there] != X[~there]).all()


def test_whole_rows_come_back_as_they_are():
    X, y = pairs()
    np.testing.assert_array_equal(paired().fit(X, y).impute(X), X)


def test_the_same_call_gives_the_same_rows():
    X, y = pairs()
    augmenter, gaps = paired().fit(X, y), without(X, TEXT, SOME)
    np.testing.assert_array_equal(augmenter.impute(gaps), augmenter.impute(gaps))
    np.testing.assert_array_equal(
        augmenter.impute(gaps, n_draws=3), paired().fit(X, y).impute(gaps, n_draws=3)
    )
    other = paired(random_state=1).fit(X, y).impute(gaps)
    assert (other[SOME][:, TEXT] != augmenter.impute(gaps)[SOME][:, TEXT]).any()


@pytest.mark.parametrize("bandwidth", [0.5, 1.0])
def test_three_modalities_fill_in_whatever_lacks(bandwidth):
    X, y = pairs()
    groups = {"audio": slice(0, 4), "text": slice(4, 7), "face": slice(7, 10)}
    augmenter = paired(modalities=groups, bandwidth=bandwidth).fit(X, y)
    gaps = X.copy()
    gaps[0, 4:7] = gaps[1, 0:7] = gaps[2, 7:10] = gaps[3, 4:10] = np.nan
    filled = augmenter.impute(gaps, y)
    assert np.isfinite(filled).all()
    np.testing.assert_array_equal(filled[4:], X[4:])


def test_containers_come_back_as_they_were():
    X, y = pairs(dtype=np.float32)
    frame, labels = frame_of(without(X, TEXT, SOME), y)
    augmenter = paired(modalities=BY_NAME).fit(frame_of(X, y)[0], labels)
    filled = augmenter.impute(frame, labels)
    assert isinstance(filled, pd.DataFrame)
    assert filled.index.equals(frame.index)
    assert filled.dtypes.tolist() == frame.dtypes.tolist()
    again = augmenter.impute(pl.from_pandas(frame), labels.to_numpy())
    assert isinstance(again, pl.DataFrame)
    np.testing.assert_array_equal(again.to_numpy(), filled)


def test_columns_of_whole_numbers_are_filled_with_whole_numbers():
    X, y = pairs()
    frame, labels = frame_of((10 * X).round(), y)
    frame = frame.astype({"t3": "Int64", "t2": "Float32", "h0": np.int16})
    frame.iloc[SOME, 6:] = pd.NA
    augmenter = paired(modalities=BY_NAME).fit(frame, labels)
    for n_draws in (1, 3):
        filled = augmenter.impute(frame, labels, n_draws=n_draws)
        assert filled.dtypes.tolist() == frame.dtypes.tolist()
        assert filled.notna().all(axis=None)


# ---------------------------------------------------------------- refused


def test_an_augmenter_without_modalities_cannot_impute():
    X, y = pairs()
    with pytest.raises(ValueError, match="Set modalities"):
        trained().fit(X, y).impute(X)
    with pytest.raises(ValueError, match="Set modalities"):
        trained().fit(X[:, AUDIO], y, condition=X[:, TEXT]).impute(X[:, AUDIO])


@pytest.mark.parametrize(
    ("spoil", "kwargs", "message"),
    [
        (lambda X: X[:, :-1], {}, "9 features"),
        (
            lambda X: X * np.where(np.arange(10) == 7, np.nan, 1),
            {},
            "'text' has NaN in som",
        ),
        (lambda X: X * np.nan, {}, "All modalities are NaN"),
        (lambda X: X * np.inf, {}, "infinity"),
        (lambda X: X, {"y": [0, 1]}, "a target for each of the 47 rows"),
        (lambda X: X, {"y": ["joy"] * 47}, "joy"),
        (lambda X: X, {"n_draws": 0}, "n_draws must be a whole number above 0"),
        (lambda X: X, {"n_draws": 1.5}, "n_draws must be a whole number above 0"),
    ],
    ids=["width", "part", "nothing", "infinite", "length", "class", "none", "half"],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_does_not_fit_is_refused(spoil, kwargs, message):
    X, y = pairs()
    augmenter = paired(max_iter=0).fit(X, y)
    with pytest.raises(ValueError, match=message):
        augmenter.impute(spoil(X), **kwargs)


def test_a_call_has_a_seed_of_its_own():
    X, y = pairs()
    augmenter = paired(bandwidth=1.0).fit(X, y)
    gaps = without(X, AUDIO, SOME)
    first, again, other = (augmenter.impute(gaps, y, random_state=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.isin(first[SOME, AUDIO], other[SOME, AUDIO]).any()


def test_what_is_filled_in_is_no_copy_of_what_fit_resample_made():
    X, y = pairs()
    augmenter = paired(pairing="all", bandwidth=1.0, max_iter=0)
    X_new, y_new = augmenter.fit_resample(X, y)
    # Audio made for the real text of each row of a class, in the order it was made in.
    made = augmenter.synthetic_mask_ == [True, False]
    rows = X_new[made.all(axis=1) & (y_new == 0)]
    filled = augmenter.impute(
        without(rows, AUDIO, np.arange(len(rows))), np.zeros(len(rows))
    )
    apart = np.linalg.norm((filled - rows)[:, AUDIO], axis=1)
    assert np.median(apart) > 0.3 * np.linalg.norm(X[y == 0][:, AUDIO].std(axis=0))

"""MIGANAugmenter among scikit-learn's, imbalanced-learn's, pandas' and polars' things."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.pipeline import Pipeline
from joblib import Parallel, delayed
from polars.testing import assert_frame_equal, assert_series_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.preprocessing import StandardScaler

from tests._helpers import NAMES, counts, small, trained


@pytest.fixture
def frame(skewed):
    """The rows as a pandas frame with names, text labels, and groups of rows."""
    X, y = skewed
    order = np.random.default_rng(0).permutation(len(y))
    columns = [f"feature {i}" for i in range(12)]
    X = pd.DataFrame(X[order], columns=columns, index=[f"clip {i}" for i in range(93)])
    y = pd.Series(NAMES[y[order]], name="emotion", index=X.index)
    return X, y, np.arange(93) % 9


def pipeline(**changes):
    return Pipeline(
        [
            ("scale", StandardScaler()),
            ("aug", small(**changes)),
            ("clf", LogisticRegression(max_iter=500)),
        ]
    )


def test_a_grid_over_mi_weight_gives_the_same_scores_whatever_n_jobs(frame):
    X, y, groups = frame
    scores = []
    for n_jobs in (1, 2):
        grid = GridSearchCV(
            pipeline(),
            {"aug__mi_weight": [0.0, 1.0]},
            cv=GroupKFold(3),
            scoring="recall_macro",
            n_jobs=n_jobs,
            error_score="raise",
        )
        grid.fit(X, y, groups=groups)
        assert set(grid.predict(X)) == set(NAMES)
        assert grid.best_estimator_["aug"].mi_weight == grid.best_params_["aug__mi_weight"]
        scores.append(grid.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(*scores)
    assert (scores[0] > 0.6).all()


class CountKeeper(ClassifierMixin, BaseEstimator):
    """Keeps what it is fitted to and predicts the first class."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.counts_, self.rows_ = counts(y), np.asarray(X)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_cross_validation_resamples_the_training_folds_alone(frame):
    X, y, groups = frame
    steps = Pipeline([("aug", small()), ("clf", CountKeeper())])
    result = cross_validate(
        steps, X, y, groups=groups, cv=GroupKFold(3), return_estimator=True,
        return_indices=True, error_score="raise",
    )  # fmt: skip
    splits = zip(result["indices"]["train"], result["estimator"], strict=True)
    for train, fitted in splits:
        largest = y.iloc[train].value_counts().max()
        assert fitted["clf"].counts_ == dict.fromkeys(NAMES.tolist(), largest)
        np.testing.assert_array_equal(fitted["clf"].rows_[: len(train)], X.iloc[train])
        mask = fitted["aug"].synthetic_mask_
        assert (~mask).sum() == len(train)
    assert np.isfinite(result["test_score"]).all()


def test_clone_copies_parameters_and_nothing_fitted(skewed):
    augmenter = small(mi_weight=0.3, generator_hidden_layer_sizes=[4, 4]).fit(*skewed)
    copy = clone(augmenter)
    assert copy.get_params() == augmenter.get_params()
    assert not hasattr(copy, "classes_")
    assert not hasattr(copy, "_sampler")


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_parallel_fits_give_the_bits_of_a_fit_alone(skewed, backend):
    X, y = skewed
    jobs = (delayed(trained(random_state=s).fit_resample)(X, y) for s in (0, 1, 0))
    first, other, again = Parallel(n_jobs=2, backend=backend)(jobs)
    alone = trained().fit_resample(X, y)
    np.testing.assert_array_equal(first[0], alone[0])
    np.testing.assert_array_equal(again[0], alone[0])
    assert not np.array_equal(other[0], alone[0])


# ---------------------------------------------------------------- pandas


def test_pandas_come_back_with_columns_names_and_types(frame):
    X, y, _ = frame
    X = X.astype({"feature 3": np.float32})
    augmenter = small()
    X_new, y_new = augmenter.fit_resample(X, y)
    assert isinstance(X_new, pd.DataFrame)
    assert isinstance(y_new, pd.Series)
    assert X_new.columns.tolist() == X.columns.tolist()
    assert X_new.dtypes.tolist() == X.dtypes.tolist()
    assert (y_new.name, y_new.dtype) == (y.name, y.dtype)
    assert X_new.index.equals(y_new.index)
    assert X_new.index.is_unique
    assert augmenter.feature_names_in_.tolist() == X.columns.tolist()
    np.testing.assert_array_equal(X_new[:93], X)
    assert counts(y_new) == dict.fromkeys(NAMES.tolist(), 60)


def test_frames_and_arrays_give_the_same_bits(frame):
    X, y, _ = frame
    from_frame, _ = trained().fit_resample(X, y)
    from_array, _ = trained().fit_resample(X.to_numpy(), y.to_numpy())
    np.testing.assert_array_equal(from_frame, from_array)


@pytest.mark.parametrize("dtype", ["category", "string", object])
def test_types_of_pandas_labels_are_kept(frame, dtype):
    X, y, _ = frame
    _, y_new = small().fit_resample(X, y.astype(dtype))
    assert y_new.dtype == y.astype(dtype).dtype
    assert counts(y_new.astype(str)) == dict.fromkeys(NAMES.tolist(), 60)


def test_nullable_numbers_are_taken_and_kept(frame):
    X, y, _ = frame
    X_new, _ = small().fit_resample(X.astype("Float32"), y)
    assert (X_new.dtypes == "Float32").all()
    X = X.astype("Float32")
    X.iloc[0, 0] = pd.NA
    with pytest.raises(ValueError, match="NaN"):
        small().fit_resample(X, y)


# ---------------------------------------------------------------- polars


def test_polars_come_back_with_their_schema(frame):
    X, y, _ = frame
    X_polars, y_polars = pl.from_pandas(X), pl.Series("emotion", y.tolist())
    augmenter = trained()
    X_new, y_new = augmenter.fit_resample(X_polars, y_polars)
    assert_frame_equal(X_new[:93], X_polars)
    assert_series_equal(y_new[:93], y_polars)
    assert X_new.schema == X_polars.schema
    assert augmenter.feature_names_in_.tolist() == X_polars.columns
    expected, _ = trained().fit_resample(X, y)
    np.testing.assert_array_equal(X_new.to_numpy(), expected.to_numpy())
    assert augmenter.fit(X_polars, y_polars).n_iter_ == 5


def test_polars_columns_keep_their_types(skewed):
    X, y = skewed
    schema = {
        "a": pl.Float32, "b": pl.Int16, "c": pl.UInt8, "d": pl.Boolean, "e": pl.Float64,
        "f": pl.Decimal(9, 2),
    }  # fmt: skip
    values = np.abs(X[:, :6] * 20).round()
    frame = pl.DataFrame(values, schema=list(schema)).cast(schema)
    X_new, y_new = small().fit_resample(frame, pl.Series("label", y, dtype=pl.Int8))
    assert X_new.schema == frame.schema
    assert_frame_equal(X_new[:93], frame)
    assert y_new.dtype == pl.Int8
    assert counts(y_new.to_numpy()) == dict.fromkeys(range(3), 60)


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(NAMES.tolist()), pl.String])
def test_polars_text_labels_keep_their_type(frame, dtype):
    X, y, _ = frame
    _, y_new = small().fit_resample(X.to_numpy(), pl.Series("y", y.tolist(), dtype=dtype))
    assert y_new.dtype == dtype
    assert counts(y_new.cast(pl.String).to_numpy()) == dict.fromkeys(NAMES.tolist(), 60)


def test_polars_text_columns_are_named(frame):
    X, y, _ = frame
    X = pl.from_pandas(X).with_columns(speaker=pl.lit("f1"))
    with pytest.raises(ValueError, match="do not: speaker"):
        small().fit_resample(X, y.to_numpy())


def test_polars_nulls_are_refused(frame):
    X, y, _ = frame
    X = pl.from_pandas(X).with_columns(gap=pl.Series([None] + [1.0] * 92))
    with pytest.raises(ValueError, match="NaN"):
        small().fit_resample(X, y.to_numpy())


def test_a_polars_frame_trains_a_pipeline(frame):
    X, y, _ = frame
    steps = Pipeline([("aug", small()), ("clf", CountKeeper())])
    steps.fit(pl.from_pandas(X), pl.Series("y", y.tolist()))
    assert steps["clf"].counts_ == dict.fromkeys(NAMES.tolist(), 60)

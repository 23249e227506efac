"""MIGANAugmenterCV chooses as GridSearchCV would."""

import numpy as np
import polars as pl
import pytest
from imblearn.pipeline import Pipeline
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    StratifiedKFold,
    cross_val_score,
    cross_validate,
)
from sklearn.naive_bayes import GaussianNB

from skmiaug import MIGANAugmenter, MIGANAugmenterCV
from skmiaug.exceptions import UndefinedScoreWarning
from skmiaug.over_sampling.search import _migan_cv
from tests._internals import EVAL_INTERVAL
from tests.over_sampling.test_mi_path import small, three_classes

WEIGHTS = (0.0, 1.0, 8.0)


@pytest.fixture
def skewed() -> tuple[np.ndarray, np.ndarray]:
    return three_classes()


def quick(**parameters) -> MIGANAugmenter:
    return small(max_iter=EVAL_INTERVAL, residual_penalty=0.1, **parameters)


def search(**parameters) -> MIGANAugmenterCV:
    settings = {
        "mi_weights": WEIGHTS,
        "augmenter": quick(),
        "classifier": GaussianNB(),
        "cv": StratifiedKFold(3),
    }
    return MIGANAugmenterCV(**(settings | parameters))


def test_the_table_is_that_of_a_grid_search(skewed):
    X, y = skewed
    pipeline = Pipeline([("aug", quick()), ("clf", GaussianNB())])
    grid = GridSearchCV(
        pipeline,
        {"aug__mi_weight": WEIGHTS},
        cv=StratifiedKFold(3),
        scoring="balanced_accuracy",
    ).fit(X, y)
    chosen = search().fit(X, y)
    for column in ("split0_test_score", "mean_test_score", "std_test_score"):
        np.testing.assert_allclose(
            chosen.cv_results_[column], grid.cv_results_[column], atol=0.02
        )
    assert len(chosen.cv_results_["params"]) == 3
    assert chosen.cv_results_["rank_test_score"].min() == 1


def test_the_best_weight_is_fitted_to_all_rows(skewed, tmp_path):
    X, y = skewed
    chosen = search().fit(X, y)
    seed = {"random_state": 4}
    to_file, _ = chosen.sample_to(tmp_path / "made.npy", 9, 2, **seed)
    np.testing.assert_array_equal(to_file, chosen.augmenter_.sample(9, 2, **seed)[0])
    np.testing.assert_array_equal(to_file, chosen.sample(9, 2, **seed)[0])
    best = int(np.argmax(chosen.cv_results_["mean_test_score"]))
    assert chosen.mi_weight_ == WEIGHTS[best] == chosen.augmenter_.mi_weight
    assert chosen.best_score_ == chosen.cv_results_["mean_test_score"][best]
    alone = quick(mi_weight=chosen.mi_weight_).fit(X, y)
    np.testing.assert_array_equal(chosen.sample(9)[0], alone.sample(9)[0])
    X_new, y_new = search().fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [60, 60, 60]
    np.testing.assert_array_equal(X_new, alone.fit_resample(X, y)[0])


def test_information_can_decide_without_a_classifier(skewed):
    class Refuses(GaussianNB):
        def fit(self, X, y):
            raise AssertionError("no classifier is needed")

    chosen = search(selection="mutual_information", classifier=Refuses()).fit(*skewed)
    table = chosen.cv_results_
    np.testing.assert_array_equal(
        table["mean_test_score"], table["mean_mutual_information"]
    )
    assert chosen.best_index_ == int(table["mean_mutual_information"].argmax())


def test_groups_stay_together(skewed):
    X, y = skewed
    groups = np.arange(102) % 6
    seen = []

    class Remembers(GaussianNB):
        def fit(self, X, y):
            seen.append(X)
            return super().fit(X, y)

    search(cv=3, classifier=Remembers()).fit(X, y, groups=groups)
    group_of = {row.tobytes(): group for row, group in zip(X, groups, strict=True)}
    for rows in seen:
        real = {group_of[row.tobytes()] for row in rows if row.tobytes() in group_of}
        assert len(real) == 4  # of six: two are in the test part
    search(cv=GroupKFold(2)).fit(X, y, groups=groups)
    with pytest.raises(ValueError, match="inconsistent"):
        search(cv=3).fit(X, y, groups=groups[:50])


def test_a_pipeline_holds_it(skewed):
    X, y = skewed
    pipeline = Pipeline([("aug", search(cv=2)), ("clf", LogisticRegression())])
    assert cross_val_score(pipeline, X, y, cv=2).shape == (2,)
    assert clone(pipeline)["aug"].get_params()["augmenter__residual_penalty"] == 0.1


def test_counts_of_the_whole_do_not_bind_the_folds(skewed):
    X, y = skewed
    _, y_new = search(sampling_strategy={2: 50}).fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [60, 30, 50]


def test_a_polars_frame_comes_back_as_one(skewed):
    X, y = skewed
    frame = pl.DataFrame({f"f{k}": column for k, column in enumerate(X.T)})
    X_new, _ = search(cv=2).fit_resample(frame, y)
    assert isinstance(X_new, pl.DataFrame)
    assert len(X_new) == 180


def test_seeds(skewed):
    one, same, other = (search(random_state=seed).fit(*skewed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.sample(4)[0], same.sample(4)[0])
    assert not np.array_equal(one.sample(4)[0], other.sample(4)[0])


class OfTheWeight:
    """A scoring that is NaN for some of the λ, in the order in which they are scored."""

    def __init__(self, undefined):
        self.undefined, self.n_calls = undefined, 0

    def __call__(self, classifier, X, y):
        weight = WEIGHTS[self.n_calls % len(WEIGHTS)]
        self.n_calls += 1
        return np.nan if weight in self.undefined else -weight


def test_a_weight_without_a_score_is_not_chosen(skewed):
    with pytest.warns(UndefinedScoreWarning, match="mi_weight 0.0 is NaN") as caught:
        chosen = search(scoring=OfTheWeight({0.0})).fit(*skewed)
    assert caught[0].filename == __file__
    assert chosen.mi_weight_ == 1.0
    assert chosen.best_score_ == -1.0
    assert chosen.cv_results_["rank_test_score"].tolist() == [3, 1, 2]
    with pytest.raises(ValueError, match="every mi_weight is NaN"):
        search(scoring=OfTheWeight(set(WEIGHTS))).fit(*skewed)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"scoring": "balanced_acuracy"}, ValueError, "balanced_acuracy"),
        ({"classifier": GaussianNB}, TypeError, "instance of scikit-learn"),
        ({"augmenter": small(require_condition=True)}, ValueError, "require_condition"),
    ],
    ids=str,
)
def test_what_cannot_end_is_not_begun(skewed, monkeypatch, parameters, error, message):
    monkeypatch.setattr(_migan_cv, "fit_augmenters", None)
    with pytest.raises(error, match=message):
        search(**parameters).fit(*skewed)


def test_the_sampling_strategy_of_the_augmenter_counts(skewed):
    X, y = skewed
    inner = small(residual_penalty=0.1, sampling_strategy={2: 50})
    _, y_new = search(augmenter=inner).fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [60, 30, 50]
    _, y_new = search(augmenter=inner, sampling_strategy={2: 20}).fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [60, 30, 20]


def test_a_ratio_holds_in_the_folds_too(skewed):
    X, y = skewed
    seen = []

    class Remembers(GaussianNB):
        def fit(self, X, y):
            seen.append(np.bincount(y).tolist())
            return super().fit(X, y)

    some = y != 1
    chosen = search(sampling_strategy=0.5, classifier=Remembers(), mi_weights=[0.0])
    chosen.fit(X[some], y[some] // 2)
    assert seen == [[40, 20]] * 3


def test_a_search_that_fails_leaves_the_old_one_whole(skewed):
    chosen = search().fit(*skewed)
    before = dict(vars(chosen)) | {"scoring": "not there"}
    with pytest.raises(ValueError, match="not there"):
        chosen.set_params(scoring="not there").fit(skewed[0][:, :4], skewed[1])
    assert vars(chosen) == before
    chosen.set_params(scoring="accuracy", augmenter=small(pairing="all"))
    with pytest.raises(ValueError, match="pairing"):
        chosen.fit(skewed[0][:, :4], skewed[1])
    assert chosen.cv_results_ is before["cv_results_"]
    assert chosen.sample(2)[0].shape == (2, 10)


def test_the_mask_of_an_older_call_is_not_kept(skewed):
    chosen = search(cv=2)
    chosen.fit_resample(*skewed)
    assert not hasattr(chosen.fit(*skewed), "synthetic_mask_")


@pytest.mark.parametrize("weights", [[], [-1.0], [np.nan], ["a"]])
def test_weights_that_are_none(skewed, weights):
    with pytest.raises(ValueError, match="none below 0"):
        search(mi_weights=weights).fit(*skewed)


def test_the_default_is_ready_to_use(skewed):
    X, y = skewed
    chosen = MIGANAugmenterCV(
        mi_weights=[0, 1], augmenter=MIGANAugmenter(max_iter=5), cv=2, random_state=0
    ).fit(X, y)
    assert chosen.mi_weight_ in (0, 1)


def test_groups_are_routed_through_a_pipeline(skewed):
    X, y = skewed
    groups = np.arange(102) % 6
    seen = []

    class Remembers(GaussianNB):
        def fit(self, X, y):
            seen.append(len(X))
            return super().fit(X, y)

    sampler = search(cv=GroupKFold(2), classifier=Remembers())
    with config_context(enable_metadata_routing=True):
        sampler.set_fit_resample_request(groups=True)
        pipeline = Pipeline([("aug", sampler), ("clf", LogisticRegression())])
        result = cross_validate(
            pipeline, X, y, params={"groups": groups}, cv=GroupKFold(3), error_score="raise"
        )
    assert len(result["test_score"]) == 3
    assert len(seen) == 3 * 2 * len(WEIGHTS)

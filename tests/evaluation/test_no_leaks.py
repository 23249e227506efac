"""Nothing of a test part reaches the sampler or the classifier, and nothing made is tested.

Column 0 of X is the row's number, so that spies can say which rows they saw.
"""

from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold

from skmiaug.evaluation import compare_samplers

MADE = 1_000_000


class SpySampler(BaseEstimator):
    """Adds 10 rows numbered from MADE on, and remembers what it was given."""

    seen: ClassVar[list] = []

    def fit_resample(self, X, y):
        self.seen.append(X.copy())
        new = np.full((10, X.shape[1]), MADE, dtype=X.dtype) + np.arange(10)[:, None]
        return np.vstack([X, new]), np.append(y, [y[0]] * 10)


class SpyClassifier(ClassifierMixin, BaseEstimator):
    """Predicts one class, and remembers what it was fitted on and asked about."""

    fitted: ClassVar[list] = []
    asked: ClassVar[list] = []

    def fit(self, X, y):
        self.fitted.append(X.copy())
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        self.asked.append(X.copy())
        return np.repeat(self.classes_[:1], len(X))


@pytest.fixture(autouse=True)
def clean_spies():
    SpySampler.seen, SpyClassifier.fitted, SpyClassifier.asked = [], [], []


@pytest.fixture
def numbered():
    y = np.repeat([0, 1, 2], [30, 20, 10])
    X = np.column_stack([np.arange(60.0), np.random.default_rng(0).normal(size=60)])
    return X, y


def ids(X):
    return set(X[:, 0].astype(int))


def run(X, y, **options):
    options = {"n_repeats": 2, **options}
    samplers, classifiers = {"spy": SpySampler()}, {"one": SpyClassifier()}
    return compare_samplers(X, y, samplers, classifiers, on_error="raise", **options)


def test_test_rows_never_reach_sampler_or_fit_and_made_rows_are_never_tested(numbered):
    X, y = numbered
    run(X, y, cv=3, scale=False)
    assert len(SpySampler.seen) == 6
    parts = zip(SpySampler.seen, SpyClassifier.fitted, SpyClassifier.asked, strict=True)
    for sampled, fitted, asked in parts:
        assert ids(sampled) | ids(asked) == set(range(60))
        assert not ids(sampled) & ids(asked)
        assert ids(fitted) == ids(sampled) | set(range(MADE, MADE + 10))
        assert not ids(fitted) & ids(asked)
        # Bit for bit the rows that were handed in.
        np.testing.assert_array_equal(asked, X[sorted(ids(asked))])
    for seed in range(2):
        tested = [row for part in SpyClassifier.asked[3 * seed :][:3] for row in part[:, 0]]
        assert sorted(tested) == list(range(60))


def test_folds_are_those_of_scikit_learn_with_the_seed(numbered):
    X, y = numbered
    run(X, y, cv=3, scale=False)
    expected = [
        set(test)
        for seed in range(2)
        for _, test in StratifiedKFold(3, shuffle=True, random_state=seed).split(X, y)
    ]
    assert [ids(asked) for asked in SpyClassifier.asked] == expected


def test_scaling_knows_the_training_part_only(numbered):
    X, y = numbered
    for _, test in StratifiedKFold(3, shuffle=True, random_state=0).split(X, y):
        wild = X.copy()
        wild[test] += 1e6
        train = np.setdiff1d(np.arange(60), test)
        run(wild, y, cv=[(train, test)], n_repeats=1)
        sampled, asked = SpySampler.seen[-1], SpyClassifier.asked[-1]
        np.testing.assert_allclose(sampled.mean(axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(sampled.std(axis=0), 1, atol=1e-9)
        expected = (wild[test] - X[train].mean(axis=0)) / X[train].std(axis=0)
        np.testing.assert_allclose(asked, expected)


def test_a_sampler_runs_once_for_all_classifiers(numbered):
    X, y = numbered
    classifiers = {name: SpyClassifier() for name in ("one", "two", "three")}
    results = compare_samplers(X, y, {"spy": SpySampler()}, classifiers, cv=3)
    assert len(SpySampler.seen) == 3
    assert len(SpyClassifier.fitted) == 9
    assert set(results["n_train_resampled"] - results["n_train"]) == {10}


def test_groups_stay_whole_by_default(numbered):
    X, y = numbered
    groups = np.arange(60) // 3
    run(X, y, groups=groups, scale=False)
    for sampled, asked in zip(SpySampler.seen, SpyClassifier.asked, strict=True):
        assert not {i // 3 for i in ids(sampled)} & {i // 3 for i in ids(asked)}
    first = next(StratifiedGroupKFold(5, shuffle=True, random_state=0).split(X, y, groups))
    assert ids(SpyClassifier.asked[0]) == set(first[1])


class SpyDecisions(ClassifierMixin, BaseEstimator):
    """Has decision values alone, and remembers which rows it judged after which fit."""

    pairs: ClassVar[list] = []

    def fit(self, X, y):
        self.fitted_, self.classes_ = ids(X), np.unique(y)
        return self

    def decision_function(self, X):
        self.pairs.append((self.fitted_, ids(X)))
        return np.zeros((len(X), len(self.classes_)))

    def predict(self, X):
        return self.classes_[self.decision_function(X).argmax(axis=1)]


@pytest.mark.parametrize("method", ["logit adjustment", "thresholds"])
def test_free_remedies_keep_groups_whole_in_folds_of_their_own(numbered, method):
    X, y = numbered
    SpyDecisions.pairs = []
    compare_samplers(
        X,
        y,
        [method],
        {"c": SpyDecisions()},
        groups=np.arange(60) // 3,
        cv=2,
        scale=False,
        on_error="raise",
    )
    assert len(SpyDecisions.pairs) >= 8
    for fitted, judged in SpyDecisions.pairs:
        assert not {row // 3 for row in fitted} & {row // 3 for row in judged}


class GroupedSampler(SpySampler):
    """Takes groups, as the augmenters do."""

    groups: ClassVar[list] = []

    def fit_resample(self, X, y, *, groups=None):
        self.groups.append(groups)
        return super().fit_resample(X, y)


def test_samplers_that_split_rows_get_their_groups(numbered):
    X, y = numbered
    GroupedSampler.groups = []
    options = {"scale": False, "cv": 2}
    samplers, classifiers = {"s": GroupedSampler()}, {"c": SpyClassifier()}
    compare_samplers(X, y, samplers, classifiers, groups=np.arange(60) // 3, **options)
    assert len(GroupedSampler.groups) == 2
    for seen, groups in zip(SpySampler.seen, GroupedSampler.groups, strict=True):
        np.testing.assert_array_equal(groups, seen[:, 0] // 3)
    GroupedSampler.groups = []
    compare_samplers(X, y, samplers, classifiers, **options)
    assert GroupedSampler.groups == [None, None]


@pytest.mark.filterwarnings("ignore:The groups parameter")
def test_a_splitter_that_tears_groups_apart_is_refused(numbered):
    X, y = numbered
    with pytest.raises(ValueError, match="fold 0 has group"):
        run(X, y, groups=np.arange(60) // 3, cv=KFold(3))
    assert not SpySampler.seen


def test_overlapping_parts_are_refused(numbered):
    X, y = numbered
    with pytest.raises(ValueError, match="both its training and its test part"):
        run(X, y, cv=[(np.arange(50), np.arange(49, 60))])

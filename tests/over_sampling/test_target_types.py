"""Votes, label sets and attributes as y: containers, samples, pipelines, bad input."""

import pickle
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from imblearn.pipeline import Pipeline
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_validate

from skmiaug import GaussianAugmenter, MIGANAugmenter, MIGANAugmenterCV, load, mi_path, save
from skmiaug.over_sampling import BaseAugmenter
from skmiaug.over_sampling.targets import regress
from tests._helpers import small

NAMES = ["joy", "anger", "fear"]
TYPES = ["distribution", "multilabel", "continuous"]


def rated(target_type, n=150, d=6, seed=0):
    """Rows whose columns follow their targets, with a rare third class or high end."""
    rng = np.random.default_rng(seed)
    y = {
        "distribution": lambda: rng.multinomial(5, rng.dirichlet([2, 1, 0.2], n)),
        "multilabel": lambda: (rng.random((n, 3)) < [0.6, 0.4, 0.08]).astype(np.int64),
        "continuous": lambda: rng.gamma([2.0, 4.0], 1.0, (n, 2)),
    }[target_type]()
    if target_type == "distribution":
        y[:3] = 5 * np.eye(3, dtype=int)
    effects = rng.normal(size=(y.shape[1], d))
    return (y @ effects + 0.5 * rng.normal(size=(n, d))).astype(np.float32), y


def closed_form(target_type, **parameters):
    """The prior with Gaussian noise: choosing one takes most of the time of a fit."""
    settings = {"noise": "gaussian", "random_state": 0} | parameters
    return GaussianAugmenter(target_type=target_type, **settings)


def trained(target_type, **parameters):
    return small(target_type=target_type, **parameters)


# ---------------------------------------------------------------- containers


CONTAINERS = [
    (np.asarray, lambda y: y),
    (lambda y: y.tolist(), np.asarray),
    (lambda y: pd.DataFrame(y, columns=list("abc")[: y.shape[1]]), lambda y: y.to_numpy()),
    (
        lambda y: pl.DataFrame(y, schema=list("abc")[: y.shape[1]]),
        lambda y: y.to_numpy(),
    ),
    (
        lambda y: pa.table(dict(zip("abc", y.T, strict=False))),
        lambda y: y.to_pandas().to_numpy(),
    ),
]


@pytest.mark.parametrize("target_type", TYPES)
@pytest.mark.parametrize(
    ("to", "back"), CONTAINERS, ids=["array", "list", "pandas", "polars", "arrow"]
)
def test_targets_come_back_in_their_container(target_type, to, back):
    X, y = rated(target_type)
    expected, y_expected = closed_form(target_type).fit_resample(X, y)
    given = to(y)
    X_new, y_new = closed_form(target_type).fit_resample(X, given)
    assert type(y_new) is type(given)
    np.testing.assert_array_equal(back(y_new), y_expected)
    np.testing.assert_array_equal(X_new, expected)
    np.testing.assert_array_equal(y_expected[: len(y)], y)
    assert y_expected.dtype == y.dtype
    assert len(X_new) == len(y_expected) > len(X)


def test_names_and_types_of_frames_are_kept():
    X, y = rated("continuous")
    frame = pd.DataFrame({"valence": y[:, 0].astype(np.float32), "arousal": y[:, 1]})
    frame["arousal"] = frame["arousal"].round().astype("Int64")
    augmenter = closed_form("continuous")
    _, y_new = augmenter.fit_resample(X, frame)
    assert y_new.dtypes.equals(frame.dtypes)
    assert augmenter.attribute_names_.tolist() == ["valence", "arousal"]
    assert not hasattr(augmenter, "classes_")
    pd.testing.assert_frame_equal(y_new[: len(y)], frame)


@pytest.mark.parametrize(
    "to",
    [
        np.asarray,
        np.ndarray.tolist,
        lambda y: pd.Series(y, name="valence"),
        lambda y: pl.Series("valence", y),
        pa.array,
        lambda y: pa.chunked_array([y]),
    ],
    ids=["array", "list", "pandas", "polars", "arrow", "chunked"],
)
def test_one_attribute_comes_back_as_a_column(to):
    X, y = rated("continuous")
    given = to(y[:, 0])
    augmenter = closed_form("continuous")
    _, y_new = augmenter.fit_resample(X, given)
    assert type(y_new) is type(given)
    assert getattr(y_new, "name", None) == getattr(given, "name", None)
    np.testing.assert_array_equal(np.asarray(y_new)[: len(y)], y[:, 0])
    assert augmenter.sample(4)[1].shape == (4,)


def test_raters_who_are_missing_count_as_none():
    X, y = rated("distribution")
    votes = y.astype(float)
    missing = np.where(votes == 0, np.nan, votes)
    expected, y_expected = closed_form("distribution").fit_resample(X, votes)
    X_new, y_new = closed_form("distribution").fit_resample(X, missing)
    np.testing.assert_array_equal(X_new, expected)
    np.testing.assert_array_equal(y_new[len(y) :], y_expected[len(y) :])
    np.testing.assert_array_equal(y_new[: len(y)], missing)


# ---------------------------------------------------------------- one class a row


@pytest.mark.parametrize("make", [closed_form, trained], ids=["prior", "networks"])
@pytest.mark.parametrize("target_type", ["distribution", "multilabel"])
@pytest.mark.parametrize("dtype", [int, float])
def test_one_hot_targets_give_the_samples_of_classes(make, target_type, dtype, skewed):
    X, y = skewed
    expected, y_expected = make("multiclass").fit_resample(X, y)
    X_new, y_new = make(target_type).fit_resample(X, np.eye(3, dtype=dtype)[y])
    np.testing.assert_array_equal(X_new, expected)
    np.testing.assert_array_equal(y_new.argmax(axis=1), y_expected)
    assert set(np.unique(y_new)) == {0, 1}


def test_one_hot_targets_take_the_strategies_of_classes(skewed):
    X, y = skewed
    for strategy in ("minority", "all", {2: 50}, lambda y: {2: 40}):
        classes = closed_form("multiclass", sampling_strategy=strategy).fit(X, y)
        shares = closed_form("distribution", sampling_strategy=strategy)
        shares.fit(X, np.eye(3)[y])
        wanted = {c: n for c, n in classes.sampling_strategy_.items() if n}
        assert {c: n for c, n in shares.sampling_strategy_.items() if n} == wanted


# ---------------------------------------------------------------- samples follow targets


@pytest.mark.parametrize("make", [closed_form, trained], ids=["prior", "networks"])
@pytest.mark.parametrize("target_type", TYPES)
def test_samples_follow_their_targets(make, target_type):
    X, y = rated(target_type, n=400)
    augmenter = make(target_type, noise="auto").fit(X, y)
    X_new, y_new = augmenter.sample(400, y)
    np.testing.assert_array_equal(y_new, y)
    shares = y / y.sum(axis=1, keepdims=True) if target_type == "distribution" else y
    assert Ridge().fit(X_new, shares).score(X, shares) > 0.5
    assert augmenter.mutual_information_ > 0.1
    if target_type == "continuous":
        assert augmenter.mutual_information_max_ is None
    else:
        assert augmenter.mutual_information_ < augmenter.mutual_information_max_


def test_a_curved_effect_of_an_attribute_is_kept():
    rng = np.random.default_rng(0)
    y = rng.uniform(-2, 2, 500)
    X = np.column_stack([y**2, rng.normal(size=500)]) + 0.2 * rng.normal(size=(500, 2))
    augmenter = closed_form("continuous").fit(X, y)
    ends = augmenter.sample(200, -1.9)[0].mean(axis=0)
    middle = augmenter.sample(200, 0.0)[0].mean(axis=0)
    assert ends[0] - middle[0] > 2


def test_rows_without_labels_are_learned_as_they_are():
    rng = np.random.default_rng(0)
    y = np.repeat([[0, 0], [1, 0], [0, 1], [1, 1]], 100, axis=0)
    X = y @ [[3.0, 0], [0, 3.0]] + 5 + 0.3 * rng.normal(size=(400, 2))
    augmenter = closed_form("multilabel").fit(X, y)
    for labels, mean in (((0, 0), (5, 5)), ((1, 1), (8, 8)), ((0, 1), (5, 8))):
        found = augmenter.sample(300, labels)[0].mean(axis=0)
        np.testing.assert_allclose(found, mean, atol=0.25)


# ---------------------------------------------------------------- which targets


def test_votes_are_balanced_by_their_mass():
    X, y = rated("distribution", n=400)
    augmenter = closed_form("distribution")
    _, y_new = augmenter.fit_resample(X, y)
    shares = y_new / y_new.sum(axis=1, keepdims=True)
    before, after = shares[: len(y)].sum(axis=0), shares.sum(axis=0)
    assert after.min() / after.max() > 2 * before.min() / before.max()
    lacking = (np.rint(before).max() - np.rint(before)).sum()
    assert sum(augmenter.sampling_strategy_.values()) == len(y_new) - len(y) == lacking
    # Votes of as many raters as the real rows have, and not those of one real row.
    assert (y_new.sum(axis=1) == 5).all()
    assert (np.count_nonzero(y_new[len(y) :], axis=1) > 1).any()


@pytest.mark.parametrize("kind", ["votes", "shares"])
def test_few_raters_agree_more_often_than_many(kind):
    X, y = rated("distribution", n=300)
    y = y if kind == "votes" else y / 5
    leading = []
    for n_raters in (2, 200):
        _, y_new = closed_form("distribution", n_raters=n_raters).fit_resample(X, y)
        new = y_new[len(y) :] / y_new[len(y) :].sum(axis=1, keepdims=True)
        leading.append(new.max(axis=1).mean())
    assert leading[0] > leading[1] + 0.05
    _, y_new = closed_form("distribution", n_raters=7).fit_resample(X, y)
    total = y_new[len(y) :].sum(axis=1)
    np.testing.assert_allclose(total, 7 if kind == "votes" else 1)


def test_rare_labels_grow_and_sets_stay_real():
    X, y = rated("multilabel", n=400)
    _, y_new = closed_form("multilabel").fit_resample(X, y)
    before, after = y.sum(axis=0), y_new.sum(axis=0)
    assert after.max() / after.min() < 0.5 * before.max() / before.min()
    real = {tuple(row) for row in y.tolist()}
    assert {tuple(row) for row in y_new.tolist()} <= real


@pytest.mark.parametrize("strategy", ["auto", "uniform", "inverse_density", "inverse_sqrt"])
def test_rare_values_of_an_attribute_grow(strategy):
    X, y = rated("continuous", n=400)
    y = y[:, 0]
    augmenter = closed_form("continuous", sampling_strategy=strategy)
    _, y_new = augmenter.fit_resample(X, y)
    high = y.min() + 0.6 * (y.max() - y.min())
    assert (y_new > high).mean() > 1.5 * (y > high).mean()
    assert (y_new.min(), y_new.max()) == (y.min(), y.max())
    assert list(augmenter.sampling_strategy_.values()) == [len(y_new) - len(y)]


def test_rare_combinations_of_attributes_grow():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(1500, 2)) @ np.array([[1, 0.9], [0, 0.4]])
    X = np.column_stack([y, y[:, 0] * y[:, 1], rng.normal(size=1500)])

    def unlike(y):
        return (y[:, 1] - 0.9 * y[:, 0]).std()

    def added(strategy):
        augmenter = closed_form("continuous", sampling_strategy=strategy)
        return unlike(augmenter.fit_resample(X, y)[1][len(y) :])

    for power in ("density", "sqrt"):
        joint = added(f"joint_inverse_{power}")
        assert joint > 1.03 * added(f"inverse_{power}")
        assert joint > 1.1 * unlike(y)
    assert added("joint_inverse_density") > added("joint_inverse_sqrt")
    augmenter = closed_form("continuous", sampling_strategy="joint_inverse_density")
    with pytest.raises(ValueError, match="joint densities are for up to 3 attributes"):
        augmenter.fit(np.hstack([X, X]), np.hstack([y, y]))


def test_uniform_fills_up_to_the_most_frequent_value():
    rng = np.random.default_rng(0)
    y = np.append(rng.triangular(0, 0, 10, 3000), [0, 10])
    X = np.column_stack([y, rng.normal(size=len(y))])
    _, y_new = closed_form("continuous").fit_resample(X, y)
    counts, _ = np.histogram(y_new, 5)
    assert counts.min() / counts.max() > 0.75
    # A triangle has half of the mass of the rectangle around it.
    assert 1.8 < len(y_new) / len(y) < 2.4
    twice = closed_form("continuous", expansion=2).fit_resample(X, y)[1]
    assert len(twice) == pytest.approx(2 * len(y_new), rel=0.01)


def test_a_callable_weighs_the_rows_of_an_attribute():
    X, y = rated("continuous")

    def high_end(y):
        return (y > 3).any(axis=1)

    augmenter = closed_form("continuous", sampling_strategy=high_end)
    _, y_new = augmenter.fit_resample(X, y)
    assert list(augmenter.sampling_strategy_) == ["high_end"]
    high = high_end(y_new[len(y) :])
    assert high.mean() > high_end(y).mean()
    assert high.mean() > 0.9


def test_one_outlier_does_not_ask_for_a_thousand_rows_each():
    X, y = rated("continuous")
    y = np.append(y[1:, 0], 1e6)
    _, y_new = closed_form("continuous").fit_resample(X, y)
    assert len(y_new) <= 10 * len(y)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_attributes_of_any_scale_are_alike(scale):
    X, y = rated("continuous")
    one, other = (closed_form("continuous").fit(X, y * unit) for unit in (1.0, scale))
    assert other.sampling_strategy_ == one.sampling_strategy_
    information = one.mutual_information_
    assert other.mutual_information_ == pytest.approx(information, abs=1e-6)
    (X_one, y_one), (X_other, y_other) = (found.sample(50) for found in (one, other))
    np.testing.assert_allclose(y_other / scale, y_one)
    np.testing.assert_allclose(X_other, X_one, atol=1e-4)


def test_a_few_values_of_large_numbers():
    X, _ = rated("continuous")
    y = 1e16 + 2.0 * (np.arange(len(X)) % 3 == 0) + 2.0 * (np.arange(len(X)) % 9 == 0)
    _, found = closed_form("continuous").fit_resample(X, y)
    assert set(found) <= set(1e16 + 2.0 * np.arange(3))


def test_even_values_of_an_attribute_lack_nothing():
    rng = np.random.default_rng(0)
    X, even = rng.normal(size=(200, 3)), np.arange(200) % 2
    skewed = rng.exponential(size=200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        X_new, _ = closed_form("continuous").fit_resample(X, even)
        both = np.column_stack([even, skewed])
        _, y_new = closed_form("continuous").fit_resample(X, both)
    assert len(X_new) < 205
    # The other attribute alone determines where rows are drawn.
    assert np.median(y_new[200:, 1]) > 2 * np.median(skewed)


@pytest.mark.parametrize("row", [7, 2999])
@pytest.mark.parametrize("target_type", ["distribution", "continuous"])
def test_what_one_of_thousands_of_rows_has_alone(target_type, row):
    """Some of the rows are enough for the information; they may lack it."""
    X = np.random.default_rng(0).normal(size=(3000, 3))
    one = np.arange(3000) == row
    votes = np.column_stack([5 - one, one]).astype(int)
    y = np.column_stack([X[:, 0], one]) if target_type == "continuous" else votes
    augmenter = closed_form(target_type).fit(X, y)
    assert np.isfinite(augmenter.mutual_information_)


def test_whole_numbers_stay_whole_and_match_their_samples():
    X, y = rated("continuous", n=300)
    X_new, y_new = closed_form("continuous").fit_resample(X, np.rint(y).astype(int))
    assert y_new.dtype == int
    assert len(X_new) == len(y_new) > 300


# ---------------------------------------------------------------- sample


def test_targets_are_asked_for_one_by_one_or_by_condition():
    X, y = rated("distribution")
    frame = pd.DataFrame(y, columns=NAMES)
    augmenter = closed_form("distribution").fit(X, frame)
    assert augmenter.classes_.tolist() == NAMES
    assert augmenter.sample(3, "fear")[1].tolist() == [[0, 0, 1]] * 3
    np.testing.assert_allclose(
        augmenter.sample(2, [0.2, 0.3, 0.5])[1], [[0.2, 0.3, 0.5]] * 2
    )
    one_by_one = augmenter.sample(2, [[1, 0, 0], [0, 4, 1]])[1]
    assert one_by_one.tolist() == [[1, 0, 0], [0, 4, 1]]
    drawn = augmenter.sample(20, {"fear": (0.4, 1)})[1]
    assert (drawn[:, 2] / drawn.sum(axis=1) >= 0.4).all()


def test_label_sets_are_asked_for_by_name_and_by_condition():
    X, y = rated("multilabel")
    augmenter = closed_form("multilabel").fit(X, pd.DataFrame(y, columns=NAMES))
    assert augmenter.sample(2, "fear")[1].tolist() == [[0, 0, 1]] * 2
    assert augmenter.sample(2, [0, 0, 0])[1].tolist() == [[0, 0, 0]] * 2
    drawn = augmenter.sample(20, {"fear": 1, "joy": 0})[1]
    assert (drawn[:, [0, 2]] == [0, 1]).all()


def test_attributes_are_asked_for_by_condition():
    X, y = rated("continuous", n=400)
    frame = pd.DataFrame(y, columns=["valence", "arousal"])
    augmenter = closed_form("continuous").fit(X, frame)
    drawn = augmenter.sample(200, {"arousal": (5, 6)})[1]
    assert (np.clip(drawn[:, 1], 5, 6) == drawn[:, 1]).all()
    assert len(np.unique(drawn[:, 1])) > 100
    assert drawn[:, 0].std() > 0.5
    exact = augmenter.sample(20, {"arousal": 5.5})[1]
    np.testing.assert_allclose(exact[:, 1], 5.5)


@pytest.mark.parametrize("target_type", TYPES)
def test_without_a_request_targets_are_those_of_the_rows(target_type):
    X, y = rated(target_type)
    augmenter = closed_form(target_type).fit(X, y)
    drawn = augmenter.sample(len(y))[1]
    np.testing.assert_array_equal(drawn, y)
    again = augmenter.sample(20)
    np.testing.assert_array_equal(again[0], augmenter.sample(20)[0])


@pytest.mark.parametrize("target_type", TYPES)
def test_samples_go_to_a_file_with_their_targets(target_type, tmp_path):
    X, y = rated(target_type)
    augmenter = closed_form(target_type).fit(X, y)
    X_file, y_file = augmenter.sample_to(tmp_path / "rows.npy", 30)
    X_new, y_new = augmenter.sample(30)
    np.testing.assert_array_equal(X_file, X_new)
    np.testing.assert_array_equal(y_file, y_new)


# ---------------------------------------------------------------- where users put them


@pytest.mark.parametrize("target_type", TYPES)
def test_pipelines_and_searches_take_matrices(target_type):
    X, y = rated(target_type)
    pipeline = Pipeline([("aug", closed_form(target_type)), ("model", Ridge())])
    scores = cross_validate(pipeline, X, y, cv=3)["test_score"]
    assert np.isfinite(scores).all()
    search = GridSearchCV(pipeline, {"aug__mi_weight": [0, 1]}, cv=2).fit(X, y)
    alone = clone(pipeline).set_params(**search.best_params_).fit(X, y)
    np.testing.assert_array_equal(search.predict(X), alone.predict(X))


@pytest.mark.parametrize("make", [closed_form, trained], ids=["prior", "networks"])
@pytest.mark.parametrize("target_type", TYPES)
def test_augmenters_are_kept(make, target_type, tmp_path):
    X, y = rated(target_type)
    frame = pd.DataFrame(y, columns=NAMES[: y.shape[1]])
    augmenter = make(target_type).fit(X, frame)
    save(augmenter, tmp_path / "augmenter.skmiaug")
    copies = pickle.loads(pickle.dumps(augmenter)), load(tmp_path / "augmenter.skmiaug")
    for copy in copies:
        for own, expected in zip(copy.sample(9), augmenter.sample(9), strict=True):
            np.testing.assert_array_equal(own, expected)
        ours = copy.sample(5, {"anger": (0, 1)})[1]
        np.testing.assert_array_equal(ours, augmenter.sample(5, {"anger": (0, 1)})[1])


@pytest.mark.parametrize("target_type", TYPES)
def test_groups_are_held_out_whole(target_type):
    X, y = rated(target_type)
    groups = np.arange(len(y)) % 15
    augmenter = trained(target_type, validation_fraction=0.3)
    augmenter.fit_resample(X, y, groups=groups)
    assert augmenter.best_validation_score_ is not None


def test_a_path_of_weights_takes_votes():
    X, y = rated("distribution")
    path = mi_path(X, y, mi_weights=[0, 1], augmenter=trained("distribution"))
    assert np.isfinite(path.mutual_information).all()


def test_modalities_are_filled_in_given_their_targets():
    X, y = rated("continuous", n=200)
    modalities = {"audio": slice(0, 3), "text": slice(3, 6)}
    holed = X.copy()
    holed[::10, 3:] = np.nan
    augmenter = closed_form("continuous", modalities=modalities).fit(holed, y)
    filled = augmenter.impute(holed, y, n_draws=20)
    np.testing.assert_array_equal(filled[1:10], X[1:10])
    assert np.abs(filled[::10, 3:] - X[::10, 3:]).mean() < X[:, 3:].std()
    with pytest.raises(ValueError, match=r"target_type='continuous'\. Pass y"):
        augmenter.impute(holed)


def test_another_fit_leaves_nothing_of_the_one_before(skewed):
    X, y = rated("continuous")
    augmenter = closed_form("continuous").fit(X, y)
    augmenter.set_params(target_type="multiclass").fit(*skewed)
    assert not hasattr(augmenter, "attribute_names_")
    assert augmenter.classes_.tolist() == [0, 1, 2]


@dataclass
class Line:
    """A generator of the least: a regression on the codes, and noise."""

    coefficients: np.ndarray

    def sample(self, T, *, rng):
        noise = rng.standard_normal((len(T), self.coefficients.shape[1]))
        return (T @ self.coefficients + noise).astype(np.float32)


class LineAugmenter(BaseAugmenter):
    def __init__(self, *, sampling_strategy="auto", target_type="multiclass", seed=0):
        super().__init__(sampling_strategy=sampling_strategy, random_state=seed)
        self.target_type = target_type
        self.seed = seed

    def _fit_generator(self, Z, T, *, rng, validation, groups):
        return Line(regress(Z, T))


@pytest.mark.parametrize("target_type", TYPES)
def test_an_own_augmenter_takes_them_too(target_type):
    X, y = rated(target_type)
    augmenter = LineAugmenter(target_type=target_type)
    X_new, y_new = augmenter.fit_resample(X, y)
    assert len(X_new) == len(y_new) > len(X)
    copy = pickle.loads(pickle.dumps(augmenter))
    np.testing.assert_array_equal(copy.sample(5)[0], augmenter.sample(5)[0])


# ---------------------------------------------------------------- bad input


def shares_with(row):
    X, y = rated("distribution")
    y = y / 5
    y[7] = row
    return X, y


BAD = {
    "sum": ("distribution", lambda: shares_with([0.5, 0.4, 0.6]), "sum to 1.*: 7"),
    "negative": ("distribution", lambda: shares_with([-0.5, 0.9, 0.6]), "negative.*: 7"),
    "votes": ("distribution", lambda: shares_with([0, 0, 0]), "no rater.*: 7"),
    "nan": ("distribution", lambda: shares_with([np.nan] * 3), "no rater.*: 7"),
    "infinite": ("distribution", lambda: shares_with([np.inf, 0, 0]), "infinity.*7"),
    "column": (
        "distribution",
        lambda: (rated("distribution")[0], np.ones((150, 1))),
        "two columns",
    ),
    "shape": (
        "distribution",
        lambda: (rated("distribution")[0], np.zeros(150)),
        "multiclass",
    ),
    "class": (
        "distribution",
        lambda: (rated("distribution")[0], np.tile([[2, 1, 0]], (150, 1))),
        "no row has a vote for: 2",
    ),
    "text": (
        "distribution",
        lambda: (rated("distribution")[0], np.full((150, 2), "joy")),
        "y must hold numbers",
    ),
    "none": ("distribution", lambda: (rated("distribution")[0], None), "None"),
    "label": (
        "multilabel",
        lambda: (rated("multilabel")[0], np.tile([[1, 0, 0], [0, 1, 0]], (75, 1))),
        "no row has the label: 2",
    ),
    "indicator": (
        "multilabel",
        lambda: (rated("multilabel")[0], 2 * rated("multilabel")[1]),
        "0 and 1 alone",
    ),
    "same": (
        "multilabel",
        lambda: (rated("multilabel")[0], np.ones((150, 2))),
        "different labels",
    ),
    "constant": (
        "continuous",
        lambda: (rated("continuous")[0], np.column_stack([np.arange(150), np.ones(150)])),
        "the same value in all rows: 1",
    ),
    "missing": (
        "continuous",
        lambda: (rated("continuous")[0], np.append(np.arange(149.0), np.nan)),
        "missing.*149",
    ),
    "names": ("continuous", lambda: (rated("continuous")[0], ["joy"] * 150), "numbers"),
}


@pytest.mark.parametrize("case", BAD)
def test_targets_of_another_type_are_refused_by_name(case):
    target_type, data, message = BAD[case]
    X, y = data()
    augmenter = closed_form(target_type)
    with pytest.raises(ValueError, match=f"(?s)target_type='{target_type}'.*{message}"):
        augmenter.fit_resample(X, y)
    assert not hasattr(augmenter, "n_features_in_")


@pytest.mark.parametrize("target_type", ["distribution", "continuous"])
def test_classes_that_are_none_name_the_other_types(target_type):
    X, y = rated(target_type)
    y = y if target_type == "distribution" else y[:, 0]
    with pytest.raises(ValueError, match=r"set target_type='distribution'"):
        GaussianAugmenter().fit(X, y)


def test_lengths_must_agree():
    X, y = rated("distribution")
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        closed_form("distribution").fit(X, y[:-1])


@pytest.mark.parametrize(
    ("target_type", "parameters", "message"),
    [
        ("continuous", {"sampling_strategy": "minority"}, "inverse_density"),
        ("continuous", {"sampling_strategy": {1: 5}}, "inverse_density"),
        ("continuous", {"sampling_strategy": lambda y: -y[:, 0]}, "not negative"),
        ("distribution", {"sampling_strategy": "uniform"}, "sampling_strategy|'uniform'"),
        ("distribution", {"sampling_strategy": {0: 999}, "expansion": 2}, "expansion"),
        ("distribution", {"target_type": "votes"}, "target_type"),
        (
            "multilabel",
            {"modalities": {"a": [0, 1], "b": [2, 3, 4, 5]}, "pairing": "all"},
            "pairing='all'.*target_type='multilabel'",
        ),
    ],
)
def test_parameters_that_do_not_fit_the_type_are_refused(target_type, parameters, message):
    X, y = rated(target_type)
    with pytest.raises(ValueError, match=message):
        closed_form(target_type).set_params(**parameters).fit(X, y)


@pytest.mark.parametrize(
    ("target_type", "request_", "message"),
    [
        ("distribution", [0.5, 0.5], "one target of 3 numbers"),
        ("distribution", "awe", "one target of 3 numbers"),
        ("distribution", [0.5, 0.1, 0.1], "sum to 1"),
        ("distribution", {7: 1}, "names 7; known are 0, 1, 2"),
        ("distribution", {0: "much"}, "number or"),
        ("distribution", {0: (2, 3)}, "no training row meets"),
        ("multilabel", [1, 2, 0], "0 and 1"),
        ("continuous", [1e9, 1.0], "training rows have 0 from"),
        ("continuous", {0: (1e8, 1e9)}, "no training row meets"),
        ("continuous", [[1.0, 1.0]] * 3, "one target of 2 numbers, or 2 of them"),
        ("continuous", [np.nan, 1.0], "one target of 2 numbers"),
    ],
)
def test_requests_that_do_not_fit_the_type_are_refused(target_type, request_, message):
    augmenter = closed_form(target_type).fit(*rated(target_type))
    with pytest.raises(ValueError, match=rf"target_type='{target_type}'.*{message}"):
        augmenter.sample(2, request_)


def test_more_labels_than_any_row_has_are_refused():
    rng = np.random.default_rng(0)
    y = np.eye(3, dtype=int)[rng.integers(3, size=90)]
    augmenter = closed_form("multilabel").fit(rng.normal(size=(90, 4)), y)
    with pytest.raises(ValueError, match="1 to 1 labels"):
        augmenter.sample(2, [1, 1, 0])


def test_the_search_for_classifiers_takes_classes_alone():
    search = MIGANAugmenterCV(augmenter=MIGANAugmenter(target_type="distribution"))
    with pytest.raises(ValueError, match="target_type='distribution'"):
        search.fit(*rated("distribution"))

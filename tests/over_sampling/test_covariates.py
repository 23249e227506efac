"""Covariates: effects of speakers, say, in addition to those of the target."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from imblearn.pipeline import Pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from skmiaug import GaussianAugmenter, MIGANAugmenterCV, load, mi_path, save
from skmiaug.over_sampling.columns._covariates import fill_up, fit_effects
from tests._helpers import small

SPEAKERS = np.array(["ann", "bob", "cem", "dee", "eve", "fay"])


def spoken(seed=0, d=8, scale=2.0, noise=0.5):
    """Rows of two classes by six speakers; only two of them spoke the rare class."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [240, 24])
    who = np.concatenate([np.arange(240) % 6, np.arange(24) % 2])
    voices = scale * rng.normal(size=(6, d))
    X = 3.0 * np.eye(2, d)[y] + voices[who] + noise * rng.normal(size=(264, d))
    return X, y, SPEAKERS[who], voices


@pytest.mark.parametrize("make", [GaussianAugmenter, small], ids=["prior", "networks"])
def test_a_rare_class_is_not_the_voice_of_its_speakers(make):
    X, y, who, voices = spoken()
    truth = np.eye(2, 8)[1] * 3 + voices.mean(axis=0)
    off = {}
    for covariates in (None, who):
        X_new, y_new = make(random_state=0).fit_resample(X, y, covariates=covariates)
        new = X_new[len(X) :][y_new[len(X) :] == 1]
        off[covariates is None] = np.linalg.norm(new.mean(axis=0) - truth)
    assert off[False] < 0.4 * off[True]


def test_effects_and_class_means_are_told_apart():
    X, y, who, voices = spoken(noise=0.1)
    effects = fit_effects(X, np.eye(2, dtype=np.float32)[y], who).effects
    apart = voices - voices.mean(axis=0)
    np.testing.assert_allclose(effects - effects.mean(axis=0), apart, atol=0.1)


def test_effects_of_nothing_are_shrunken_to_nothing():
    X, y, who, _ = spoken(scale=0.0)
    effects = fit_effects(X, np.eye(2, dtype=np.float32)[y], who).effects
    # The means of 44 rows of this noise would be 0.075 off.
    assert np.sqrt(np.square(effects).mean()) < 0.03


def test_each_class_gets_all_speakers_as_evenly_as_can_be():
    X, y, who, voices = spoken()
    augmenter = GaussianAugmenter(random_state=0)
    X_new, y_new = augmenter.fit_resample(X, y, covariates=who)
    given_back = augmenter.covariates_resampled_
    np.testing.assert_array_equal(given_back[: len(X)], who)
    counts = pd.crosstab(y_new, given_back)
    assert (counts.loc[1] == 40).all()
    np.testing.assert_array_equal(X_new[: len(X)], X)
    added, speakers = X_new[len(X) :], given_back[len(X) :]
    for k in (1, 4):  # one who spoke the rare class, and one who did not
        mean = added[speakers == SPEAKERS[k]].mean(axis=0)
        np.testing.assert_allclose(mean, 3 * np.eye(2, 8)[1] + voices[k], atol=0.6)


def test_rows_are_drawn_for_known_and_for_new_speakers():
    X, y, who, voices = spoken()
    augmenter = GaussianAugmenter(random_state=0).fit(X, y, covariates=who)
    for k in (1, 4):
        mean = augmenter.sample(300, 1, covariates=SPEAKERS[k])[0].mean(axis=0)
        np.testing.assert_allclose(mean, 3 * np.eye(2, 8)[1] + voices[k], atol=0.5)
    one_by_one = augmenter.sample(6, 0, covariates=SPEAKERS[[0, 0, 1, 1, 2, 2]])[0]
    assert np.linalg.norm(one_by_one[0] - one_by_one[1]) < np.linalg.norm(
        one_by_one[0] - one_by_one[2]
    )
    known = augmenter.sample(300, 0)[0]
    new = augmenter.sample(300, 0, covariates=[None] * 300)[0]
    assert 0.4 < new.var(axis=0).sum() / known.var(axis=0).sum() < 2.5


@pytest.mark.parametrize(
    "to", [pd.DataFrame, pl.DataFrame, lambda c: np.array([*c.values()]).T]
)
def test_several_covariates_add_up(to):
    X, y, who, _ = spoken()
    gender = np.where(np.isin(who, SPEAKERS[:3]), "f", "m")
    X = X + 5.0 * (gender == "m")[:, None]
    augmenter = GaussianAugmenter(random_state=0)
    _, y_new = augmenter.fit_resample(X, y, covariates=to({"who": who, "gender": gender}))
    found = augmenter.covariates_resampled_
    assert found.shape == (len(y_new), 2)
    assert set(map(tuple, found)) == set(zip(who, gender, strict=True))
    men, women = (
        augmenter.sample(100, 0, covariates=[None, g])[0].mean() for g in ("m", "f")
    )
    assert men - women > 2


def test_whole_numbers_stay_whole():
    X, y, who, _ = spoken()
    whole = np.rint(10 * X).astype(int)
    X_new, _ = GaussianAugmenter(random_state=0).fit_resample(whole, y, covariates=who)
    assert X_new.dtype == whole.dtype


def test_attributes_have_covariates_too():
    X, y, who, _ = spoken()
    rng = np.random.default_rng(0)
    y = y + rng.random(len(y))
    augmenter = GaussianAugmenter(target_type="continuous", random_state=0)
    _, y_new = augmenter.fit_resample(X, y, covariates=who)
    assert len(augmenter.covariates_resampled_) == len(y_new)


def test_they_are_kept_and_a_fit_without_them_forgets_them(tmp_path):
    X, y, who, _ = spoken()
    augmenter = GaussianAugmenter(random_state=0)
    augmenter.fit_resample(X, y, covariates=who)
    save(augmenter, tmp_path / "augmenter.skmiaug")
    expected = augmenter.sample(9, covariates="bob")[0]
    for copy in (
        pickle.loads(pickle.dumps(augmenter)),
        load(tmp_path / "augmenter.skmiaug"),
    ):
        np.testing.assert_array_equal(copy.sample(9, covariates="bob")[0], expected)
        np.testing.assert_array_equal(
            copy.covariates_resampled_, augmenter.covariates_resampled_
        )
    plain = GaussianAugmenter(random_state=0).fit_resample(X, y)[0]
    np.testing.assert_array_equal(augmenter.fit_resample(X, y)[0], plain)
    assert not hasattr(augmenter, "covariates_resampled_")


def test_a_pipeline_brings_them_by_metadata_routing():
    X, y, who, _ = spoken()
    by_hand = GaussianAugmenter(random_state=0).fit_resample(
        StandardScaler().fit_transform(X), y, covariates=who
    )
    with sklearn.config_context(enable_metadata_routing=True):
        augmenter = GaussianAugmenter(random_state=0)
        augmenter.set_fit_resample_request(covariates=True)
        pipeline = Pipeline(
            [("scale", StandardScaler()), ("aug", augmenter), ("clf", LogisticRegression())]
        )
        pipeline.fit(X, y, covariates=who)
        with pytest.raises(ValueError, match="covariates, and fit_resample got none"):
            pipeline.fit(X, y)
    expected = LogisticRegression().fit(*by_hand)
    np.testing.assert_allclose(pipeline["clf"].coef_, expected.coef_)


def parted(seed=0):
    """As ``spoken``; the second half of the columns follows the first."""
    X, y, who, voices = spoken(seed)
    residuals = X[:, 2:8] - voices[np.searchsorted(SPEAKERS, who), 2:8]
    X[:, 5:] += 2.0 * residuals[:, :3]
    return X, y, who, {"audio": range(5), "text": range(5, 8)}


def test_modalities_and_covariates_go_together():
    X, y, who, modalities = parted()
    augmenter = GaussianAugmenter(modalities=modalities, random_state=0)
    X_new, y_new = augmenter.fit_resample(X, y, covariates=who)
    made = augmenter.covariates_resampled_[len(X) :]
    assert (pd.crosstab(y_new, augmenter.covariates_resampled_).loc[1] == 40).all()
    new = pd.DataFrame(X_new[len(X) :]).groupby(made).transform(lambda v: v - v.mean())
    assert np.corrcoef(new[2], new[5])[0, 1] > 0.6
    missing = X.copy()
    missing[::7, 5:] = np.nan
    covariates = who[::7]
    filled = augmenter.impute(missing[::7], y[::7], covariates=covariates, n_draws=50)
    rest = np.sqrt(np.square(filled[:, 5:] - X[::7, 5:]).mean())
    assert rest < 0.5 * X[:, 5:].std()
    np.testing.assert_array_equal(filled[:, :5], X[::7, :5])
    with pytest.raises(ValueError, match="Pass those of the rows to impute"):
        augmenter.impute(missing[::7], y[::7])
    with pytest.raises(ValueError, match=r"rows 0, 7, 14.* lack one"):
        augmenter.fit(missing, y, covariates=who)
    with pytest.raises(ValueError, match="pairing='all'"):
        augmenter.set_params(pairing="all").fit(X, y, covariates=who)


@pytest.mark.parametrize("make", [GaussianAugmenter, small], ids=["prior", "networks"])
def test_a_condition_and_covariates_go_together(make):
    X, y, who, _ = parted()
    augmenter = make(random_state=0)
    _, y_new = augmenter.fit_resample(X[:, :5], y, condition=X[:, 5:], covariates=who)
    assert augmenter.condition_.shape == (len(y_new), 3)
    assert (pd.crosstab(y_new, augmenter.covariates_resampled_).loc[1] == 40).all()
    known = augmenter.sample(200, 0, condition=np.zeros((200, 3)), covariates="bob")[0]
    other = augmenter.sample(200, 0, condition=np.zeros((200, 3)), covariates="eve")[0]
    shift = X[who == "bob", :5].mean(axis=0) - X[who == "eve", :5].mean(axis=0)
    np.testing.assert_allclose((known - other).mean(axis=0), shift, atol=0.7)


def test_many_weights_take_covariates_as_one_does():
    X, y, who, _ = spoken()
    frame = pd.DataFrame({"speaker": who, "corpus": np.arange(len(y)) % 2})
    path = mi_path(X, y, mi_weights=[0, 1], augmenter=small(), covariates=frame)
    for weight, together in zip([0, 1], path.augmenters, strict=True):
        alone = small(mi_weight=weight).fit(X, y, covariates=frame)
        new = [a.sample(9, covariates=("ann", None))[0] for a in (together, alone)]
        np.testing.assert_allclose(*new, atol=5e-3)


def test_a_search_of_the_weight_takes_covariates():
    X, y, who, _ = spoken()
    search = MIGANAugmenterCV(mi_weights=[0, 1], augmenter=small(max_iter=0), cv=3)
    without = search.fit(X, y).cv_results_["mean_mutual_information"]
    y_new = search.fit_resample(X, y, covariates=who)[1]
    assert (search.cv_results_["mean_mutual_information"] > without).all()
    table = pd.crosstab(y_new, search.covariates_resampled_).to_numpy()
    assert (table == 40).all()
    assert len(search.sample(3, 1, covariates="bob")[0]) == 3
    with pytest.raises(ValueError, match="levels that no training row has: gus"):
        search.sample(3, 1, covariates="gus")
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        search.fit(X, y, covariates=who[:9])
    search.fit_resample(X, y)
    assert not hasattr(search, "covariates_resampled_")


@pytest.mark.parametrize(
    ("counts", "n", "sums"),
    [
        ([5, 5, 0], 4, [5, 5, 4]),
        ([5, 2, 0], 5, [5, 4, 3]),
        ([0, 0], 1, [1, 0]),
        ([9], 3, [12]),
        ([1, 7, 3], 0, [1, 7, 3]),
        ([1, 2, 3], 300, [102, 102, 102]),
    ],
)
def test_counts_are_filled_up_to_one_level(counts, n, sums):
    found = np.add(counts, fill_up(np.array(counts), n))
    assert sorted(found) == sorted(sums)
    assert found.sum() == sum(counts) + n


@pytest.mark.parametrize(
    ("covariates", "kwargs", "message"),
    [
        (lambda who: who[:-1], {}, "inconsistent numbers of samples"),
        (
            lambda who: np.where(who == "bob", None, who),
            {},
            "covariates contains NaN or None",
        ),
        (lambda who: who[:, None, None], {}, "a level for each row"),
        (lambda who: np.empty((len(who), 0)), {}, "a level for each row"),
    ],
)
def test_covariates_that_do_not_fit_are_refused(covariates, kwargs, message):
    X, y, who, _ = spoken()
    with pytest.raises(ValueError, match=message):
        GaussianAugmenter().fit(X, y, covariates=covariates(who), **kwargs)


def test_requests_that_do_not_fit_are_refused():
    X, y, who, _ = spoken()
    augmenter = GaussianAugmenter(random_state=0).fit(X, y, covariates=who)
    with pytest.raises(ValueError, match=r"no training row has: zoe\. Known are ann, bob"):
        augmenter.sample(2, covariates="zoe")
    with pytest.raises(ValueError, match="3 rows of them"):
        augmenter.sample(3, covariates=["ann", "bob"])
    with pytest.raises(ValueError, match="fitted without"):
        GaussianAugmenter().fit(X, y).sample(2, covariates="ann")

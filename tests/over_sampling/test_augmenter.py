"""What MIGANAugmenter returns: counts, classes, rows, attributes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests._helpers import NAMES, counts, label_of, small, trained
from tests._internals import EVAL_INTERVAL


def made_counts(augmenter, y_new):
    """Synthetic rows of each class, classes without any left out."""
    return counts(y_new[augmenter.synthetic_mask_])


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("auto", {1: 35, 2: 52}),
        ("not majority", {1: 35, 2: 52}),
        ("minority", {2: 52}),
        ("not minority", {1: 35}),
        ("all", {1: 35, 2: 52}),
        ({2: 11}, {2: 3}),
        ({0: 61, 1: 25, 2: 100}, {0: 1, 2: 92}),
        (lambda y: {1: int((y == 0).sum())}, {1: 35}),
    ],
    ids=label_of,
)
def test_every_strategy_makes_exact_counts(skewed, strategy, expected):
    X, y = skewed
    augmenter = small(sampling_strategy=strategy)
    X_new, y_new = augmenter.fit_resample(X, y)
    assert made_counts(augmenter, y_new) == expected
    assert {c: n for c, n in augmenter.sampling_strategy_.items() if n} == expected
    assert len(X_new) == len(y_new) == len(X) + sum(expected.values())


@pytest.mark.parametrize(("ratio", "rare"), [(0.5, 30), (1.0, 60), (0.33, 19)])
def test_a_float_is_the_ratio_of_two_classes(skewed, ratio, rare):
    X, y = skewed
    two = y != 1
    _, y_new = small(sampling_strategy=ratio).fit_resample(X[two], y[two])
    assert counts(y_new) == {0: 60, 2: rare}


@pytest.mark.parametrize("expansion", [1.5, 2])
def test_expansion_grows_every_class_to_a_multiple_of_the_largest(skewed, expansion):
    X, y = skewed
    augmenter = small(expansion=expansion)
    _, y_new = augmenter.fit_resample(X, y)
    assert counts(y_new) == dict.fromkeys(range(3), int(60 * expansion))
    made = made_counts(augmenter, y_new)
    assert augmenter.fit(X, y).sampling_strategy_ == made


def test_given_rows_come_first_and_unchanged(skewed):
    X, y = skewed
    order = np.random.default_rng(1).permutation(len(y))
    X, y = X[order], y[order]
    before = X.copy()
    augmenter = small()
    X_new, y_new = augmenter.fit_resample(X, y)
    np.testing.assert_array_equal(X_new[: len(X)], before)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(y_new[: len(y)], y)
    mask = augmenter.synthetic_mask_
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, np.arange(len(y_new)) >= len(y))


def test_balanced_data_come_back_as_they_are(skewed):
    X, y = skewed
    X, y = X[y < 2][:50], np.arange(50) % 2
    augmenter = small()
    X_new, y_new = augmenter.fit_resample(X, y)
    np.testing.assert_array_equal(X_new, X)
    np.testing.assert_array_equal(y_new, y)
    assert not augmenter.synthetic_mask_.any()


def test_fit_sets_what_the_docstring_lists(skewed):
    X, y = skewed
    max_iter = 2 * EVAL_INTERVAL + 1
    augmenter = small(max_iter=max_iter, n_iter_no_change=9)
    assert augmenter.fit(X, y) is augmenter
    assert augmenter.classes_.tolist() == [0, 1, 2]
    assert augmenter.n_features_in_ == 12
    assert augmenter.n_iter_ == max_iter
    assert augmenter.best_iter_ in (0, EVAL_INTERVAL, 2 * EVAL_INTERVAL, max_iter)
    for curve in (
        "loss_curve_",
        "critic_loss_curve_",
        "train_mi_curve_",
        "validation_scores_",
    ):
        assert len(getattr(augmenter, curve)) == 3
        assert np.isfinite(getattr(augmenter, curve)).all()
    assert augmenter.mutual_information_max_ == pytest.approx(np.log(3))
    assert augmenter.mutual_information_ <= augmenter.mutual_information_max_
    assert max(augmenter.train_mi_curve_) <= np.log(3)
    assert 0 < augmenter.bandwidth_ <= 1
    assert 0 <= augmenter.residual_scale_ <= 1
    assert augmenter.device_ == "cpu"


def test_classes_that_lie_apart_carry_more_information_than_noise(skewed):
    X, y = skewed
    noise = np.random.default_rng(0).normal(size=(93, 12))
    apart, none = (small().fit(rows, y).mutual_information_ for rows in (X, noise))
    assert apart > none + 0.2


def test_no_steps_keep_the_gaussian(skewed):
    augmenter = trained(max_iter=0).fit(*skewed)
    assert (augmenter.n_iter_, augmenter.best_iter_) == (0, 0)
    assert augmenter.loss_curve_ == []
    more = trained(max_iter=EVAL_INTERVAL).fit(*skewed)
    assert not np.array_equal(augmenter.sample(9, 0)[0], more.sample(9, 0)[0])


def test_training_stops_early_when_the_held_out_measure_does_not_rise(skewed):
    stopped = small(max_iter=10 * EVAL_INTERVAL, n_iter_no_change=2, tol=1e9).fit(*skewed)
    assert stopped.n_iter_ == 2 * EVAL_INTERVAL
    assert stopped.best_iter_ == 0


def test_without_held_out_rows_training_runs_to_the_end(skewed):
    augmenter = trained(max_iter=2 * EVAL_INTERVAL, n_iter_no_change=1, tol=1e9).fit(
        *skewed
    )
    assert augmenter.n_iter_ == augmenter.best_iter_ == 2 * EVAL_INTERVAL
    assert augmenter.validation_scores_ == [None, None]
    assert augmenter.residual_scale_ == 1


def test_the_weight_of_information_matters(skewed):
    without, with_it = (
        trained(mi_weight=w, max_iter=EVAL_INTERVAL).fit(*skewed) for w in (0.0, 5.0)
    )
    assert without.loss_curve_ != with_it.loss_curve_
    assert not np.array_equal(without.sample(9, 0)[0], with_it.sample(9, 0)[0])


def test_noise_and_codes_can_be_left_out(skewed):
    X_new, _ = small(latent_dim=0, n_continuous_codes=0).fit_resample(*skewed)
    assert np.isfinite(X_new).all()


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
def test_every_precision_makes_finite_rows(skewed, precision):
    X_new, _ = trained(precision=precision).fit_resample(*skewed)
    assert np.isfinite(X_new).all()


def test_rejection_keeps_counts_and_the_draws_typical_of_their_class(skewed):
    X, y = skewed
    learning = {
        "max_iter": 2 * EVAL_INTERVAL,
        "mi_weight": 5.0,
        "critic_learning_rate": 0.02,
    }
    augmenter = trained(rejection_rate=0.9, **learning)
    _, y_new = augmenter.fit_resample(X, y)
    assert counts(y_new) == dict.fromkeys(range(3), 60)
    means = np.stack([X[y == c].mean(axis=0) for c in range(3)])

    def margin(rows):
        """How much nearer rows of class 1 are to their own mean than to the next one."""
        distance = np.linalg.norm(rows[:, None] - means, axis=2)
        return (distance[:, [0, 2]].min(axis=1) - distance[:, 1]).mean()

    kept = margin(augmenter.sample(300, 1)[0])
    everything = trained(**learning).fit(X, y)
    assert kept > margin(everything.sample(300, 1)[0])


def test_rows_of_the_start_are_rejected_by_a_head_that_has_learned(skewed):
    learning = {
        "max_iter": 2 * EVAL_INTERVAL,
        "mi_weight": 5.0,
        "critic_learning_rate": 0.02,
    }
    # No validation check is better than the prior by 1e9 nats.
    augmenter = small(tol=1e9, **learning).fit(*skewed)
    assert augmenter.best_iter_ == 0
    # The head that ranks is the one that has learned, not the untrained one of step 0.
    ranked, rng = augmenter._generator, np.random.default_rng(1)
    T = np.eye(3, dtype=np.float32).repeat(200, axis=0)
    log_q = ranked._log_posterior(ranked.sample(T, rng=rng), T)
    assert log_q.reshape(3, 200).mean(axis=1).min() > np.log(1 / 3) + 0.3


@pytest.mark.parametrize(
    "dtype",
    ["Int64", "Int8", "boolean", "Float32", "int64[pyarrow]", "bool[pyarrow]", "int16"],
)
def test_a_frame_of_one_type_that_may_hold_gaps_comes_back_as_one(skewed, dtype):
    X, y = skewed
    frame = pd.DataFrame(X > 0 if "bool" in dtype else X.round()).astype(dtype)
    augmenter = small()
    X_new, _ = augmenter.fit_resample(frame, y)
    assert (X_new.dtypes == frame.dtypes).all()
    pd.testing.assert_frame_equal(X_new.iloc[: len(X)], frame)
    assert not X_new.isna().any(axis=None)
    if dtype != "Float32":
        drawn, _ = augmenter.sample(20)
        np.testing.assert_array_equal(drawn, np.rint(drawn))


def test_the_mask_of_an_older_call_is_not_kept(skewed):
    augmenter = small()
    augmenter.fit_resample(*skewed)
    assert not hasattr(augmenter.fit(*skewed), "synthetic_mask_")


# ---------------------------------------------------------------- sample


def test_sample_makes_rows_of_one_class(skewed):
    X, y = small().fit(*skewed).sample(11, 2)
    assert X.shape == (11, 12)
    assert y.tolist() == [2] * 11


@pytest.mark.parametrize("n", [1, 10, 93, 94])
def test_sample_follows_the_training_shares_by_largest_remainders(skewed, n):
    exact = n * np.array([60, 25, 8]) / 93
    _, y = small().fit(*skewed).sample(n)
    made = np.bincount(y, minlength=3)
    assert made.sum() == n
    assert (np.abs(made - exact) < 1).all()
    if n == 10:  # 6.45, 2.69, 0.86: the two last have the largest remainders
        assert made.tolist() == [6, 3, 1]


def test_sample_takes_an_array_of_classes_in_any_order(skewed):
    augmenter = small().fit(*skewed)
    wanted = [2, 0, 2, 1, 0, 2]
    X, y = augmenter.sample(6, wanted)
    assert y.tolist() == wanted
    # Rows of a class are centred together, wherever they stand.
    means = X[np.array(wanted) == 2].mean(axis=0), augmenter.sample(50, 2)[0].mean(axis=0)
    np.testing.assert_allclose(*means, rtol=1e-4, atol=1e-4)


def test_sample_takes_a_series_and_a_numpy_whole_number(skewed):
    _, y = small().fit(*skewed).sample(np.int64(2), pd.Series([1, 0]))
    assert y.tolist() == [1, 0]


def test_sample_is_the_same_at_every_call(skewed):
    augmenter = small().fit(*skewed)
    np.testing.assert_array_equal(augmenter.sample(20)[0], augmenter.sample(20)[0])


def test_sample_without_a_seed_draws_anew(skewed):
    for random_state in (None, np.random.RandomState(0)):
        augmenter = small(random_state=random_state).fit(*skewed)
        assert not np.array_equal(augmenter.sample(20)[0], augmenter.sample(20)[0])


def test_rows_of_a_class_lie_around_its_mean(skewed, seed):
    X, y = skewed
    augmenter = small(random_state=seed).fit(X, y)
    means = np.stack([X[y == c].mean(axis=0) for c in range(3)])
    for c in range(3):
        rows, _ = augmenter.sample(400, c)
        distance = np.linalg.norm(rows.mean(axis=0) - means, axis=1)
        assert distance.argmin() == c
        nearest = np.linalg.norm(rows[:, None] - means, axis=2).argmin(axis=1)
        assert (nearest == c).mean() > 0.7


@pytest.mark.parametrize("bandwidth", [0.3, 1.0, "auto"])
def test_rows_of_a_class_scatter_as_the_real_ones_do(skewed, bandwidth, seed):
    X, y = skewed
    augmenter = small(bandwidth=bandwidth, max_iter=0, random_state=seed).fit(X, y)
    rows, _ = augmenter.sample(2000, 0)
    ratio = rows.std(axis=0) / X[y == 0].std(axis=0)
    assert ((ratio > 0.6) & (ratio < 1.6)).all()
    if bandwidth == "auto":
        assert 0 < augmenter.bandwidth_ <= 1
    else:
        assert augmenter.bandwidth_ == bandwidth


def test_small_spread_stays_near_real_rows_and_large_does_not(skewed):
    X, y = skewed
    X = X * 5 + 100

    def distance_to_nearest_real_row(bandwidth):
        rows, _ = small(bandwidth=bandwidth, max_iter=0).fit(X, y).sample(100, 0)
        return np.linalg.norm(rows[:, None] - X[y == 0], axis=2).min(axis=1).mean()

    assert distance_to_nearest_real_row(0.05) < 0.5 * distance_to_nearest_real_row(1.0)


# ---------------------------------------------------------------- labels


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["anger", "joy", "sadness"]),
        np.array(["anger", "joy", "sadness"], dtype=object),
        np.array([-7, 3, 1000], dtype=np.int16),
        np.array([0.0, 1.0, 2.0]),
    ],
    ids=["str", "object", "int16", "float"],
)
def test_labels_of_any_type_come_back_as_such(skewed, labels):
    X, y = skewed
    augmenter = small()
    _, y_new = augmenter.fit_resample(X, labels[y])
    assert y_new.dtype == labels.dtype
    assert counts(y_new) == dict.fromkeys(labels.tolist(), 60)
    assert augmenter.sample(2, labels[1])[1].tolist() == [labels[1]] * 2
    assert augmenter.classes_.dtype == labels.dtype


def test_labels_may_be_booleans(skewed):
    X, y = skewed
    augmenter = small()
    _, y_new = augmenter.fit_resample(X, y == 2)
    assert y_new.dtype == bool
    assert counts(y_new) == {False: 85, True: 85}
    assert augmenter.sample(1, True)[1].tolist() == [True]


def test_a_dict_with_text_labels_names_the_counts(skewed):
    X, y = skewed
    _, y_new = small(sampling_strategy={"joy": 20}).fit_resample(X, NAMES[y])
    assert counts(y_new) == {"anger": 60, "fear": 25, "joy": 20}


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_one_column_for_each_class_comes_back_so(skewed, container):
    X, y = skewed
    augmenter = small()
    X_new, y_new = augmenter.fit_resample(X, container(np.eye(3, dtype=int)[y]))
    assert isinstance(y_new, type(container(np.eye(3))))
    assert np.asarray(y_new).sum(axis=0).tolist() == [60, 60, 60]
    assert (np.asarray(y_new).sum(axis=1) == 1).all()
    plain, _ = small().fit_resample(X, y)
    np.testing.assert_array_equal(X_new, plain)
    assert augmenter.fit(X, container(np.eye(3, dtype=int)[y])).n_iter_ == 5


# ---------------------------------------------------------------- any data


@pytest.mark.filterwarnings("ignore::skmiaug.exceptions.TinyClassWarning")
@pytest.mark.filterwarnings("ignore:The number of unique classes:UserWarning")
@settings(max_examples=25, derandomize=True)
@given(
    class_counts=st.lists(st.integers(1, 12), min_size=2, max_size=4),
    n_features=st.integers(1, 6),
    dtype=st.sampled_from(["f2", "f4", "f8", "i1", "i4", "u1", "u8", "?", ">f8"]),
    order=st.sampled_from("CF"),
    scale=st.sampled_from([1e-4, 1.0, 50.0]),
    repeated=st.booleans(),
    data_seed=st.integers(0, 2**20),
)
def test_any_small_data_are_balanced(
    class_counts, n_features, dtype, order, scale, repeated, data_seed
):
    rng = np.random.default_rng(data_seed)
    y = rng.permutation(np.repeat(np.arange(len(class_counts)), class_counts))
    X = rng.normal(size=(len(y), n_features)) * scale + y[:, None] * scale
    if repeated:
        X = X[np.unique(y, return_index=True)[1][y]]
    with np.errstate(invalid="ignore"):  # negative values become unsigned
        X = np.abs(X).astype(dtype, order=order)
    augmenter = small(max_iter=2)
    X_new, y_new = augmenter.fit_resample(X, y)
    assert X_new.shape == (max(class_counts) * len(class_counts), n_features)
    assert X_new.dtype == X.dtype
    assert np.isfinite(X_new).all()
    np.testing.assert_array_equal(X_new[: len(X)], X)
    assert set(counts(y_new).values()) == {max(class_counts)}
    constant = (X[0] == X).all(axis=0)
    assert (X_new[:, constant] == X[0, constant]).all()


@pytest.mark.parametrize("n_components", [12, 6])
def test_information_is_measured_beside_rows_with_their_class_means(skewed, n_components):
    # Where the networks see every column, rows and deviations must not share memory.
    X, y = skewed
    near, gaussian = (
        trained(max_iter=0, n_components=n_components, bandwidth=bandwidth).fit(X, y)
        for bandwidth in (0.9, 1.0)
    )
    assert near.mutual_information_ == pytest.approx(gaussian.mutual_information_, abs=0.2)
    assert near.mutual_information_ > 0.1

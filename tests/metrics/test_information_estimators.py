"""Estimators of mutual information against closed forms, and their common interface."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.linear_model import LogisticRegression

from skmiaug.metrics import (
    classifier_bound,
    gaussian_information,
    infonce_information,
    ksg_information,
    mixed_information,
)
from tests._torch_states import TORCH_STATES
from tests.metrics._known import (
    class_mixture,
    gaussian_pair,
    gaussian_truth,
    mixture_truth,
    student_pair,
    student_truth,
    uniform_noise,
    uniform_truth,
)

LN2 = math.log(2)


def infonce_gaussian(x, y, **options):
    return infonce_information(x, y, critic="gaussian", **options)


OF_PAIRS = [gaussian_information, ksg_information, infonce_gaussian]
OF_CLASSES = [mixed_information, classifier_bound]


def close(found, truth):
    return abs(found - truth) <= max(0.05, 0.05 * truth)


# ---- closed forms over the dimensions


@pytest.mark.parametrize("d", [1, 2, 5, 10, 25, 50])
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
def test_gaussian_closed_form(d, rho):
    found = [
        gaussian_information(
            *gaussian_pair(2000, d, rho, np.random.default_rng(seed)), n_permutations=0
        )
        for seed in range(5)
    ]
    truth = gaussian_truth(d, rho)
    # The rows alone vary by 4 % in 25 dimensions: the mean of five sets.
    assert close(np.mean([one.estimate for one in found]), truth)
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in found) >= 3
    assert found[0].maximum == math.inf


@pytest.mark.parametrize(("n", "d"), [(30, 2), (60, 10), (200, 50)])
def test_gaussian_estimate_has_no_bias_on_few_rows(n, d):
    rng = np.random.default_rng(0)
    found = [
        gaussian_information(*gaussian_pair(n, d, 0.5, rng), n_permutations=0).estimate
        for _ in range(60)
    ]
    error = np.std(found) / math.sqrt(len(found))
    assert abs(np.mean(found) - gaussian_truth(d, 0.5)) < 4 * error


@pytest.mark.parametrize(
    ("d", "rho"), [(1, 0.0), (1, 0.3), (1, 0.9), (2, 0.6), (3, 0.6), (5, 0.6)]
)
def test_ksg_on_gaussian_rows(d, rho):
    pair = gaussian_pair(2000, d, rho, np.random.default_rng(3))
    found = ksg_information(*pair, n_permutations=0)
    assert close(found.estimate, gaussian_truth(d, rho))


@pytest.mark.parametrize("d", [10, 50])
def test_ksg_finds_nothing_in_many_independent_columns(d):
    pair = gaussian_pair(500, d, 0.0, np.random.default_rng(0))
    found = ksg_information(*pair, n_permutations=0, bias_correction=False)
    assert abs(found.estimate) < 0.05


@pytest.mark.parametrize(("n", "d"), [(200, 10), (100, 20)])
@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_ksg_subtracts_chance_agreement_of_many_columns_and_few_rows(n, d, rho):
    found = [
        ksg_information(
            *gaussian_pair(n, d, rho, np.random.default_rng(seed)), n_permutations=0
        )
        for seed in range(6)
    ]
    truth = gaussian_truth(d, rho)
    assert np.mean([one.estimate for one in found]) == pytest.approx(truth, abs=0.3)
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in found) >= 5


@pytest.mark.parametrize(
    ("pair", "truth"),
    [
        (uniform_noise(2000, 0.75, np.random.default_rng(0)), uniform_truth(0.75)),
        (uniform_noise(2000, 0.2, np.random.default_rng(0)), uniform_truth(0.2)),
        (student_pair(2000, 1, 0.6, 3, np.random.default_rng(0)), student_truth(1, 0.6, 3)),
        (student_pair(2000, 1, 0.0, 5, np.random.default_rng(0)), student_truth(1, 0.0, 5)),
    ],
    ids=["uniform 0.75", "uniform 0.2", "student 3", "student 5, uncorrelated"],
)
def test_ksg_needs_no_gaussian(pair, truth):
    assert close(ksg_information(*pair, n_permutations=0).estimate, truth)


@pytest.mark.parametrize("d", [1, 5, 50])
@pytest.mark.parametrize(("apart", "n_classes"), [(0.0, 2), (1.0, 2), (4.0, 2), (2.0, 5)])
def test_classifier_bound_on_class_mixtures(d, apart, n_classes):
    rows = class_mixture(2000, d, apart, n_classes, np.random.default_rng(d))
    found = classifier_bound(*rows, n_permutations=0).estimate
    truth = mixture_truth(apart, n_classes)
    if d <= 5:
        assert close(found, truth)
    else:
        # Estimating 50 coefficients lowers the bound.
        assert 0.9 * truth - 0.02 < found < truth + 0.02


@pytest.mark.parametrize(
    ("d", "apart", "n_classes"),
    [(d, apart, 2) for d in (1, 5) for apart in (0.0, 1.0, 4.0)]
    + [(1, 2.0, 5), (3, 2.0, 5)],
)
def test_mixed_on_class_mixtures(d, apart, n_classes):
    rows = class_mixture(2000, d, apart, n_classes, np.random.default_rng(d))
    found = mixed_information(*rows, n_permutations=0)
    assert close(found.estimate, mixture_truth(apart, n_classes))


@pytest.mark.parametrize(("d", "n_classes"), [(5, 5), (50, 2)])
def test_mixed_is_too_low_in_many_dimensions_and_never_too_high(d, n_classes):
    rows = class_mixture(2000, d, 2.0, n_classes, np.random.default_rng(0))
    found = mixed_information(*rows, n_permutations=0).estimate
    truth = mixture_truth(2.0, n_classes)
    assert 0.4 * truth < found < truth + 0.02


@pytest.mark.parametrize(("d", "rho"), [(1, 0.0), (1, 0.6), (5, 0.0), (5, 0.6), (50, 0.0)])
def test_infonce_on_gaussian_rows(d, rho):
    pair = gaussian_pair(4000, d, rho, np.random.default_rng(1))
    found = infonce_gaussian(*pair, n_permutations=0)
    assert close(found.estimate, gaussian_truth(d, rho))
    assert found.maximum == pytest.approx(math.log(1000))


def test_infonce_stays_below_its_maximum():
    pair = gaussian_pair(400, 1, 0.9999, np.random.default_rng(0))
    found = infonce_gaussian(*pair, n_permutations=0, batch_size=20)
    assert found.maximum == pytest.approx(math.log(20))
    assert 2.0 < found.estimate <= found.maximum < gaussian_truth(1, 0.9999)


@pytest.mark.parametrize(("n", "n_x", "n_y"), [(100, 40, 60), (200, 30, 30), (400, 64, 64)])
def test_infonce_of_many_columns_of_few_rows(n, n_x, n_y):
    """Columns of five hidden factors: nearly all pairs can be identified."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(n, 5))
    x, y = (
        hidden @ rng.normal(size=(5, d)) + 0.5 * rng.normal(size=(n, d)) for d in (n_x, n_y)
    )
    found = infonce_gaussian(x, y, n_permutations=19)
    assert found.estimate > 0.9 * found.maximum
    assert found.p_value == pytest.approx(1 / 20)
    nothing = infonce_gaussian(rng.normal(size=(n, n_x)), y, n_permutations=19)
    assert nothing.estimate <= 0.1
    assert nothing.p_value > 0.05


def test_networks_find_nonlinear_dependence():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1000, 1))
    y = x**2 + 0.5 * rng.normal(size=(1000, 1))
    linear = infonce_information(x, y, critic="gaussian", n_permutations=50)
    learned = infonce_information(x, y, n_permutations=50)
    assert linear.estimate < 0.05
    assert learned.estimate > 0.3
    assert learned.p_value < 0.05
    assert infonce_information(x, y, n_permutations=50).estimate == learned.estimate


# ---- scikit-learn's own estimators


@pytest.mark.parametrize("rho", [0.3, 0.9])
def test_ksg_is_that_of_scikit_learn_in_one_dimension(rho):
    x, y = gaussian_pair(500, 1, rho, np.random.default_rng(0))
    scores = [stats.norm.ppf((stats.rankdata(z) - 0.5) / 500) for z in (x, y)]
    theirs = mutual_info_regression(scores[0][:, None], scores[1], n_neighbors=3)[0]
    ours = ksg_information(x, y, n_permutations=0).estimate
    assert ours == pytest.approx(theirs, abs=0.01)


@pytest.mark.parametrize("apart", [0.0, 1.0, 3.0])
def test_mixed_is_that_of_scikit_learn_in_one_dimension(apart):
    X, y = class_mixture(500, 1, apart, 3, np.random.default_rng(0))
    theirs = mutual_info_classif(X, y, discrete_features=False, n_neighbors=3)[0]
    ours = mixed_information(X, y, n_permutations=0).estimate
    assert max(ours, 0) == pytest.approx(theirs, abs=1e-6)


def test_any_classifier_can_give_the_bound():
    rows = class_mixture(600, 3, 2.0, 2, np.random.default_rng(0))
    found = classifier_bound(*rows, classifier=LogisticRegression(), n_permutations=9)
    assert found.estimate == pytest.approx(mixture_truth(2.0, 2), abs=0.08)
    assert found.p_value == pytest.approx(0.1)


# ---- the interface


def pair_or_classes(estimator, seed=0, n=300):
    rng = np.random.default_rng(seed)
    if estimator in OF_CLASSES:
        return class_mixture(n, 2, 2.0, 3, rng)
    return gaussian_pair(n, 2, 0.6, rng)


@pytest.mark.parametrize("estimator", OF_PAIRS + OF_CLASSES)
def test_one_interface(estimator):
    x, y = pair_or_classes(estimator)
    found = estimator(x, y, n_permutations=39)
    assert found.p_value == pytest.approx(1 / 40)
    assert len(found.null_distribution) == 39
    assert found.null_distribution.mean() < found.null_quantile() < found.estimate
    assert found.interval[0] < found.estimate < found.interval[1]
    assert found.estimate < found.maximum
    assert 0 < found.n_samples <= 300
    assert f"{found.estimate:.3f} nats" in str(found)
    wider = estimator(x, y, n_permutations=0, confidence_level=0.99)
    assert wider.interval[0] < found.interval[0] < found.interval[1] < wider.interval[1]
    assert math.isnan(wider.p_value)
    assert wider.estimate == found.estimate


@pytest.mark.parametrize("estimator", OF_PAIRS + OF_CLASSES)
def test_same_seed_same_figures_and_the_global_state_is_left_alone(estimator):
    x, y = pair_or_classes(estimator)
    np.random.seed(5)
    state = np.random.get_state()[1].copy()
    one, two = (estimator(x, y, n_permutations=5, random_state=3) for _ in range(2))
    assert one.estimate == two.estimate
    assert one.interval == two.interval
    np.testing.assert_array_equal(one.null_distribution, two.null_distribution)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize("estimator", OF_PAIRS + OF_CLASSES)
def test_units_and_shifts_of_columns_do_not_matter(estimator):
    x, y = pair_or_classes(estimator)
    one = estimator(x, y, n_permutations=0)
    two = estimator(x * [1000.0, 0.01] + 7, y, n_permutations=0)
    assert two.estimate == pytest.approx(one.estimate, abs=0.02)


@pytest.mark.parametrize("estimator", [ksg_information, infonce_gaussian])
def test_monotone_transforms_do_not_matter(estimator):
    x, y = pair_or_classes(estimator)
    one = estimator(x, y, n_permutations=0)
    two = estimator(np.exp(x), y**3, n_permutations=0)
    assert two.estimate == pytest.approx(one.estimate, abs=1e-9)


@pytest.mark.parametrize("estimator", OF_PAIRS)
def test_one_dimensional_input_is_a_column(estimator):
    x, y = gaussian_pair(200, 1, 0.7, np.random.default_rng(0))
    assert (
        estimator(x[:, 0], y[:, 0], n_permutations=0).estimate
        == estimator(x, y, n_permutations=0).estimate
    )


@pytest.mark.parametrize("estimator", OF_PAIRS + OF_CLASSES)
def test_p_values_are_even_under_independence(estimator):
    rng = np.random.default_rng(0)
    p_values = []
    for _ in range(30):
        x, y = pair_or_classes(estimator, n=80)
        x = rng.permutation(rng.normal(size=x.shape))
        p_values.append(estimator(x, y, n_permutations=9).p_value)
    # P(p <= 0.2) is 0.2: 13 or more of 30 have a chance of 0.3 %.
    assert np.sum(np.array(p_values) <= 0.2) < 13


def test_groups_are_kept_whole():
    """Each speaker has one class: no information on unseen speakers."""
    rng = np.random.default_rng(0)
    speaker = np.repeat(np.arange(12), 25)
    y = np.repeat([0, 1] * 6, 25)
    X = 5 * rng.normal(size=(12, 30))[speaker] + rng.normal(size=(300, 30))
    assert classifier_bound(X, y, n_permutations=0).estimate > 0.5
    found = classifier_bound(X, y, groups=speaker, n_permutations=20)
    assert found.estimate < 0.2
    # Permutations within a speaker of one class change nothing.
    assert found.p_value == 1


# ---- odd rows


def test_columns_that_repeat_or_stay_constant_add_nothing():
    x, y = gaussian_pair(500, 2, 0.6, np.random.default_rng(0))
    more = np.column_stack([x, x[:, 0] + x[:, 1], np.full(500, 3.0)])
    one = gaussian_information(x, y, n_permutations=0)
    two = gaussian_information(more, y, n_permutations=0)
    assert two.estimate == pytest.approx(one.estimate, abs=1e-8)


@pytest.mark.parametrize("estimator", [*OF_PAIRS, infonce_information])
def test_a_constant_side_has_no_information(estimator):
    y = np.random.default_rng(0).normal(size=(200, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in (np.ones((200, 1)), np.full((200, 3), -0.1)):
            for pair in ((x, y), (y, x), (x, x)):
                found = estimator(*pair, n_permutations=9)
                assert found.estimate == pytest.approx(0, abs=1e-9)
                assert found.p_value == 1


@pytest.mark.parametrize("n", [30, 100, 150])
def test_constant_rows_have_no_information(n):
    classes = np.arange(n) % 3
    for X in (np.ones((n, 2)), np.full((n, 5), 0.3)):
        found = classifier_bound(X, classes, n_permutations=9)
        # The class shares of a fold differ a little from those of all rows.
        assert found.estimate == pytest.approx(0, abs=0.005)
        assert found.p_value > 0.1


@pytest.mark.parametrize("estimator", OF_PAIRS)
@pytest.mark.parametrize("unit", [2.0**600, 2.0**-600, 1e300])
def test_units_may_be_huge_or_tiny(estimator, unit):
    x, y = gaussian_pair(200, 2, 0.6, np.random.default_rng(0))
    one = estimator(x, y, n_permutations=9)
    two = estimator(unit * x, y / unit, n_permutations=9)
    assert two.estimate == pytest.approx(one.estimate, abs=1e-9)
    assert two.p_value == one.p_value


def test_columns_that_determine_each_other_give_a_finite_estimate():
    x = np.random.default_rng(0).normal(size=300)
    found = gaussian_information(x, 2 * x + 1, n_permutations=2)
    assert 10 < found.estimate < math.inf


def test_repeated_rows_have_no_information():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 100)
    assert mixed_information(np.ones((300, 4)), y, n_permutations=0).estimate < 0.1
    rows = rng.normal(size=(10, 2))[rng.integers(10, size=300)]
    found = ksg_information(rows, rng.permutation(rows), n_permutations=0)
    assert math.isfinite(found.estimate)


def test_classes_of_one_row_are_left_out_of_mixed():
    X, y = class_mixture(200, 2, 2.0, 2, np.random.default_rng(0))
    lone = np.append(y, 7)
    found = mixed_information(np.vstack([X, [[0.0, 0.0]]]), lone, n_permutations=0)
    assert found.n_samples == 200


@settings(max_examples=25)
@given(st.integers(2, 5), st.integers(2, 8), st.integers(1, 4), st.integers(0, 1000))
def test_small_sets_give_finite_estimates(n_classes, per_class, d, seed):
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(n_classes), per_class)
    X = np.round(rng.normal(size=(len(y), d)), 1)
    for estimator in OF_CLASSES:
        found = estimator(X, y, n_permutations=3)
        assert math.isfinite(found.estimate)
        assert found.estimate <= found.maximum + 1e-9
        assert found.maximum == pytest.approx(math.log(n_classes))


@pytest.mark.parametrize(("n", "n_rare"), [(100, 2), (200, 3), (200, 4), (400, 12)])
def test_intervals_of_mixed_cover_the_truth_where_a_class_is_rare(n, n_rare):
    def terms(x, y):
        shares = np.array([n - n_rare, n_rare]) / n
        joint = shares * stats.norm.pdf(x[:, None], [0.0, 3.0])
        own = joint[np.arange(len(y)), y] / joint.sum(axis=1)
        return np.log(own / shares[y])

    def draw(rng, times):
        y = np.repeat([0, 1], [times * (n - n_rare), times * n_rare])
        return rng.normal(size=len(y)) + 3.0 * y, y

    truth = terms(*draw(np.random.default_rng(0), 2000)).mean()
    held = 0
    for seed in range(60):
        x, y = draw(np.random.default_rng(seed), 1)
        found = mixed_information(x[:, None], y, n_permutations=0, random_state=seed)
        held += found.interval[0] <= truth <= found.interval[1]
    # Of a nominal 95 %, 51 or fewer of 60 have a chance of 0.6 %.
    assert held >= 52


@pytest.mark.parametrize(
    ("estimator", "draw"),
    [
        (ksg_information, lambda rng: gaussian_pair(300, 1, 0.6, rng)),
        (mixed_information, lambda rng: class_mixture(150, 2, 2.0, 2, rng)),
    ],
)
def test_intervals_of_neighbours_are_as_wide_as_estimates_vary(estimator, draw):
    found = [
        estimator(*draw(np.random.default_rng(seed)), n_permutations=0, random_state=seed)
        for seed in range(60)
    ]
    half_width = np.mean([np.ptp(one.interval) / 2 for one in found])
    # Student's t of eight degrees of freedom is 2.3; the drift is added.
    assert 1.8 < half_width / np.std([one.estimate for one in found], ddof=1) < 4


def test_mixed_of_classes_far_apart_is_their_entropy():
    X, y = class_mixture(200, 2, 100.0, 3, np.random.default_rng(0))
    found = mixed_information(X, y, n_permutations=19)
    assert found.estimate == found.maximum
    assert found.p_value == pytest.approx(1 / 20)


def test_mixed_of_classes_that_cannot_be_split():
    """Classes of two rows: the interval spans 0 to H(c)."""
    X, y = np.random.default_rng(0).normal(size=(8, 2)), np.repeat([0, 1, 2, 3], 2)
    found = mixed_information(X, y, n_permutations=0)
    assert found.interval[1] - found.interval[0] == pytest.approx(2 * found.maximum)


def test_rows_are_subsampled_to_max_samples():
    x, y = gaussian_pair(500, 1, 0.6, np.random.default_rng(0))
    assert ksg_information(x, y, max_samples=200, n_permutations=0).n_samples == 200
    X, c = class_mixture(500, 1, 2.0, 2, np.random.default_rng(0))
    assert mixed_information(X, c, max_samples=200, n_permutations=0).n_samples == 200


def test_error_messages():
    rng = np.random.default_rng(0)
    X, y = class_mixture(60, 2, 1.0, 2, rng)
    with pytest.raises(ValueError, match=r"expected more than .* rows .*PCA"):
        gaussian_information(rng.normal(size=(20, 15)), rng.normal(size=(20, 5)))
    with pytest.raises(ValueError, match=r"more than 82 rows for 40 \+ 40 .* got 60; red"):
        ksg_information(rng.normal(size=(60, 40)), rng.normal(size=(60, 40)))
    with pytest.raises(ValueError, match=r"at most 100 columns .* got 120; reduce"):
        ksg_information(rng.normal(size=(200, 60)), rng.normal(size=(200, 60)))
    with pytest.raises(ValueError, match="critic must be"):
        infonce_information(X, X, critic="forest")
    with pytest.raises(ValueError, match="at least 2 classes with 2 rows each"):
        classifier_bound(X, np.arange(60))
    with pytest.raises(ValueError, match="2 groups each"):
        classifier_bound(X, y, groups=y)
    with pytest.raises(ValueError, match="at least 2 classes of at least 2 rows"):
        mixed_information(X, np.zeros(60))
    with pytest.raises(ValueError, match="Input labels contains NaN or None; rows"):
        mixed_information(X, np.where(np.arange(60) == 7, np.nan, y))
    with pytest.raises(ValueError, match="confidence_level must be between"):
        mixed_information(X, y, confidence_level=95)
    with pytest.raises(ValueError, match="n_permutations must be an integer >= 0"):
        classifier_bound(X, y, n_permutations=-1)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        gaussian_information(X, X[:50])
    with pytest.raises(ValueError, match="NaN"):
        classifier_bound(np.full((60, 2), np.nan), y)


@pytest.mark.parametrize("state", TORCH_STATES)
def test_the_global_state_of_torch_changes_no_critic(state):
    x = np.random.default_rng(0).normal(size=(80, 2))
    expected = infonce_information(x, x**2, n_permutations=5, n_bootstrap=5)
    with TORCH_STATES[state]():
        found = infonce_information(x, x**2, n_permutations=5, n_bootstrap=5)
    assert found.estimate == expected.estimate

"""Made-up pairs: their information is what their docstrings say."""

import numpy as np
import pytest
from scipy import integrate, special

from skmiaug.datasets import make_circle_pairs, make_gaussian_pairs, make_joint_class_pairs
from skmiaug.metrics import classifier_bound, gaussian_information, ksg_information

MAKERS = [make_gaussian_pairs, make_joint_class_pairs, make_circle_pairs]


def gaussian_by_class(pairs) -> float:
    return float(
        np.mean(
            [
                gaussian_information(
                    pairs.audio[pairs.y == c], pairs.text[pairs.y == c], n_permutations=0
                ).estimate
                for c in np.unique(pairs.y)
            ]
        )
    )


@pytest.mark.parametrize("correlations", [(0.9, 0.8), (-0.7,), ()])
def test_gaussian_pairs_have_the_information_of_their_correlations(correlations, seed):
    pairs = make_gaussian_pairs(6000, correlations=correlations, random_state=seed)
    expected = -0.5 * np.log(1 - np.square(correlations)).sum()
    assert pairs.information == pytest.approx(expected)
    assert gaussian_by_class(pairs) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("n_planes", [1, 3])
def test_joint_class_pairs_have_the_information_of_their_planes(n_planes, seed):
    pairs = make_joint_class_pairs(6000, n_planes=n_planes, random_state=seed)
    assert pairs.information == pytest.approx(-n_planes * np.log(1 - 0.81))
    assert gaussian_by_class(pairs) == pytest.approx(pairs.information, rel=0.05)


def test_the_class_of_joint_class_pairs_shows_in_both_together_alone(seed):
    pairs = make_joint_class_pairs(3000, correlation=0.95, random_state=seed)
    for part in (pairs.audio, pairs.text):
        assert classifier_bound(part, pairs.y, n_permutations=0).estimate < 0.05
    # Products of columns say by which angle the text is turned.
    products = (pairs.audio[:, :2, None] * pairs.text[:, None, :2]).reshape(-1, 4)
    found = classifier_bound(products, pairs.y, n_permutations=0).estimate
    assert found > 0.3
    pooled = gaussian_information(pairs.audio, pairs.text, n_permutations=0).estimate
    assert pooled < 0.02


def test_circle_pairs_depend_on_each_other_without_correlation(seed):
    pairs = make_circle_pairs(4000, n_classes=1, random_state=seed)
    audio, text = pairs.audio[:, :2], pairs.text[:, :2]
    assert np.abs(np.corrcoef(pairs.audio.T, pairs.text.T)[:8, 8:]).max() < 0.06
    found = ksg_information(audio, text, max_samples=None, n_permutations=0).estimate
    assert found == pytest.approx(pairs.information, rel=0.06)


@pytest.mark.parametrize("kappa", [0.0, 0.5, 8.0, 500.0])
def test_the_information_of_circle_pairs_is_the_integral(kappa):
    def integrand(e):
        log_density = kappa * np.cos(e) - np.log(2 * np.pi * special.i0e(kappa)) - kappa
        return np.exp(log_density) * (log_density + np.log(2 * np.pi))

    expected, _ = integrate.quad(integrand, -np.pi, np.pi, points=[0.0], limit=200)
    made = make_circle_pairs(6, concentration=kappa, random_state=0)
    assert made.information == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("make", MAKERS)
def test_shapes_types_and_seeds(make):
    pairs = make([5, 3, 2], n_audio=6, n_text=4, random_state=1)
    assert (pairs.audio.shape, pairs.text.shape) == ((10, 6), (10, 4))
    assert pairs.audio.dtype == pairs.text.dtype == np.float32
    assert pairs.y.tolist() == [0] * 5 + [1] * 3 + [2] * 2
    again = make([5, 3, 2], n_audio=6, n_text=4, random_state=1)
    np.testing.assert_array_equal(pairs.audio, again.audio)
    np.testing.assert_array_equal(pairs.text, again.text)
    other = make([5, 3, 2], n_audio=6, n_text=4, random_state=2)
    assert not np.array_equal(pairs.audio, other.audio)
    assert np.bincount(make(11, n_classes=4).y).tolist() == [3, 3, 3, 2]


@pytest.mark.parametrize("make", MAKERS)
def test_columns_have_variance_one_within_a_class(make):
    kwargs = {"class_separation": 0.0} if make is make_gaussian_pairs else {}
    pairs = make(9000, random_state=0, **kwargs)
    for part in (pairs.audio, pairs.text):
        np.testing.assert_allclose(part.std(axis=0), 1.0, atol=0.05)


@pytest.mark.parametrize(
    ("make", "kwargs", "message"),
    [
        (make_gaussian_pairs, {"correlations": [1.0]}, "between -1 and 1"),
        (make_gaussian_pairs, {"correlations": [0.5] * 9}, "at most 8 numbers"),
        (make_gaussian_pairs, {"correlations": 0.5}, "at most 8 numbers"),
        (make_joint_class_pairs, {"correlation": -1.0}, "between -1 and 1"),
        (make_joint_class_pairs, {"n_planes": 5}, "n_planes must be 1 to 4"),
        (make_joint_class_pairs, {"n_planes": 0}, "n_planes must be 1 to 4"),
        (make_circle_pairs, {"concentration": -1}, "at least 0"),
        (make_circle_pairs, {"n_text": 1}, "two columns"),
    ],
)
def test_impossible_pairs_are_refused(make, kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(20, **kwargs)

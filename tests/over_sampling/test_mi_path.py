"""Many λ at once are as many fits."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skmiaug import MIGANAugmenter, mi_path
from skmiaug.exceptions import TrainingDivergedError
from skmiaug.over_sampling.search._mi_path import fit_augmenters
from tests._internals import EVAL_INTERVAL

WEIGHTS = [0.0, 1.0, 8.0]


def small(**parameters) -> MIGANAugmenter:
    settings = {
        "generator_hidden_layer_sizes": (16,),
        "critic_hidden_layer_sizes": (16, 8),
        "max_iter": 2 * EVAL_INTERVAL,
        "noise": "gaussian",
        "n_iter_no_change": 99,
        "generator_learning_rate": 2e-3,
        "critic_learning_rate": 2e-3,
        "random_state": 0,
        "device": "cpu",
    }
    return MIGANAugmenter(**(settings | parameters))


def three_classes() -> tuple[np.ndarray, np.ndarray]:
    """Rows of three classes that overlap: 60, 30 and 12."""
    rng = np.random.default_rng(3)
    y = np.repeat([0, 1, 2], [60, 30, 12])
    return (rng.normal(size=(102, 10)) + 1.5 * np.eye(3, 10)[y]).astype(np.float32), y


@pytest.fixture
def skewed() -> tuple[np.ndarray, np.ndarray]:
    return three_classes()


def assert_like(one: MIGANAugmenter, other: MIGANAugmenter) -> None:
    assert one.n_iter_ == other.n_iter_
    assert one.best_iter_ == other.best_iter_
    assert one.bandwidth_ == other.bandwidth_
    for name in (
        "loss_curve_",
        "critic_loss_curve_",
        "train_mi_curve_",
        "validation_scores_",
    ):
        # None, where nothing was held out, becomes NaN.
        curves = [np.array(getattr(fit, name), dtype=float) for fit in (one, other)]
        np.testing.assert_allclose(*curves, atol=2e-3)
    assert one.mutual_information_ == pytest.approx(other.mutual_information_, abs=2e-3)
    np.testing.assert_allclose(one.sample(40)[0], other.sample(40)[0], atol=5e-3)


def few_rows_of_many_features() -> tuple[np.ndarray, np.ndarray]:
    """Class means so uncertain, and directions so unlike, that λ turns means a long way."""
    rng = np.random.default_rng(5)
    y = np.repeat([0, 1, 2], [30, 12, 8])
    mixing = rng.normal(size=(40, 40)) * np.logspace(0, -1.5, 40)[:, None]
    return ((rng.normal(size=(50, 40)) + np.eye(3, 40)[y]) @ mixing).astype(np.float32), y


def test_each_starts_at_means_of_its_own():
    X, y = few_rows_of_many_features()
    path = mi_path(X, y, mi_weights=[0.0, 20.0], augmenter=small())
    for weight, together in zip([0.0, 20.0], path.augmenters, strict=True):
        assert_like(together, small(mi_weight=weight).fit(X, y))


@pytest.mark.parametrize(
    "parameters",
    [
        {"noise": "auto"},
        {"residual_penalty": 0.3},
        {"n_iter_no_change": 1, "tol": 0.01, "max_iter": 4 * EVAL_INTERVAL},
        {"validation_fraction": 0.0},
        {"rejection_rate": 0.2, "n_continuous_codes": 0},
        {"rejection_rate": 0.5, "tol": 1e9},  # the prior is kept
        {"n_components": 4, "batch_size": 32, "latent_dim": 0},
    ],
    ids=str,
)
def test_each_is_its_own_fit(skewed, parameters):
    X, y = skewed
    weights = WEIGHTS[1:] if "rejection_rate" in parameters else WEIGHTS
    path = mi_path(X, y, mi_weights=weights, augmenter=small(**parameters))
    for weight, together in zip(weights, path.augmenters, strict=True):
        assert together.mi_weight == weight
        assert_like(together, small(mi_weight=weight, **parameters).fit(X, y))


def test_the_trained_networks_differ_by_weight(skewed):
    # Else the comparison with single fits would hold for a λ that is not used.
    path = mi_path(*skewed, mi_weights=[0.0, 8.0], augmenter=small(residual_penalty=0.0))
    first, last = (augmenter.loss_curve_[-1] for augmenter in path.augmenters)
    assert last < first - 1


def test_folds_and_seeds_train_side_by_side(skewed):
    X, y = skewed
    rng = np.random.default_rng(0)
    halves = [rng.permutation(102)[:80] for _ in range(2)]
    data = [{"X": X[rows], "y": y[rows]} for rows in halves]
    augmenters = [
        small(mi_weight=weight, random_state=seed)
        for _ in data
        for seed in (0, 1)
        for weight in (0.0, 2.0)
    ]
    rows = [data[k // 4] for k in range(8)]
    fit_augmenters(augmenters, rows)
    for augmenter, own in zip(augmenters, rows, strict=True):
        alone = small(mi_weight=augmenter.mi_weight, random_state=augmenter.random_state)
        assert_like(augmenter, alone.fit(**own))


def test_other_shapes_are_other_stacks(skewed):
    X, y = skewed
    fits = [small(), small(generator_hidden_layer_sizes=(4, 4)), small(n_components=3)]
    fit_augmenters(fits, [{"X": rows, "y": y} for rows in (X, X[:, :7], X)])
    assert_like(fits[0], small().fit(X, y))
    wide = small(generator_hidden_layer_sizes=(4, 4))
    assert_like(fits[1], wide.fit(X[:, :7], y))
    assert_like(fits[2], small(n_components=3).fit(X, y))


def test_a_model_that_diverges_is_trained_alone(skewed, monkeypatch):
    X, y = skewed
    long = small(max_iter=3 * EVAL_INTERVAL)
    with pytest.raises(TrainingDivergedError, match="lower mi_weight"):
        mi_path(X, y, mi_weights=[1.0, 1e30], augmenter=long)
    alone, fit = [], MIGANAugmenter.fit

    def fit_at_a_lower_weight(self, *args, **given):
        alone.append(self.mi_weight)
        return fit(self.set_params(mi_weight=2.0), *args, **given)

    with monkeypatch.context() as patch:
        patch.setattr(MIGANAugmenter, "fit", fit_at_a_lower_weight)
        path = mi_path(X, y, mi_weights=[1.0, 1e30, 4.0], augmenter=long)
    assert alone == [1e30]
    for augmenter, weight in zip(path.augmenters, (1.0, 2.0, 4.0), strict=True):
        assert_like(augmenter, clone(long).set_params(mi_weight=weight).fit(X, y))


def test_no_step_at_all(skewed):
    path = mi_path(*skewed, mi_weights=[0, 1], augmenter=small(max_iter=0))
    first, second = path.augmenters
    np.testing.assert_array_equal(first.sample(9)[0], second.sample(9)[0])
    assert np.isfinite(path.best_validation_score).all()


@pytest.mark.parametrize(
    "parameters",
    [{"residual_penalty": 0.1, "tol": 0.0}, {"tol": 0.0}, {"tol": 1e9}],
    ids=str,
)
def test_the_score_is_that_of_the_weights_and_strength_in_use(skewed, parameters):
    path = mi_path(*skewed, mi_weights=[0, 1], augmenter=small(**parameters))
    start = mi_path(*skewed, mi_weights=[0, 1], augmenter=small(max_iter=0))
    for k, augmenter in enumerate(path.augmenters):
        score = path.best_validation_score[k]
        if augmenter.residual_scale_ == 0 or augmenter.best_iter_ == 0:
            assert score == pytest.approx(start.best_validation_score[k], abs=1e-6)
        else:
            best = augmenter.validation_scores_[augmenter.best_iter_ // EVAL_INTERVAL - 1]
            assert score >= start.best_validation_score[k]
            assert score == best if augmenter.residual_scale_ == 1 else score >= best
    if parameters["tol"] == 1e9:
        assert {augmenter.best_iter_ for augmenter in path.augmenters} == {0}
        assert (
            path.best_validation_score
            != [max(a.validation_scores_) for a in path.augmenters]
        ).all()


def test_without_held_out_rows_there_is_no_score(skewed):
    path = mi_path(*skewed, mi_weights=[1], augmenter=small(validation_fraction=0.0))
    assert np.isnan(path.best_validation_score).all()


def test_figures_are_those_of_the_augmenters(skewed):
    path = mi_path(*skewed, mi_weights=(3, 0), augmenter=small())
    assert path.mi_weights.tolist() == [3, 0]
    information = [augmenter.mutual_information_ for augmenter in path.augmenters]
    assert path.mutual_information.tolist() == information
    kept = [augmenter.best_validation_score_ for augmenter in path.augmenters]
    assert path.best_validation_score.tolist() == kept


def test_frames_and_pickles(skewed):
    X, y = skewed
    frame = pd.DataFrame(X, columns=[f"f{k}" for k in range(10)])
    path = mi_path(frame, y, mi_weights=[0, 1], augmenter=small())
    assert path.augmenters[1].feature_names_in_[0] == "f0"
    again = pickle.loads(pickle.dumps(path))
    np.testing.assert_array_equal(
        again.augmenters[1].sample(5)[0], path.augmenters[1].sample(5)[0]
    )


def test_the_template_and_the_rows_are_left_alone(skewed):
    X, y = skewed
    before, template = X.copy(), small(mi_weight=4.0, random_state=None)
    path = mi_path(X, y, mi_weights=[0, 1], augmenter=template)
    np.testing.assert_array_equal(X, before)
    assert template.mi_weight == 4.0
    assert template.random_state is None
    assert not hasattr(template, "classes_")
    # Without a seed they still share one.
    assert len({augmenter.random_state for augmenter in path.augmenters}) == 1


@pytest.mark.parametrize(
    ("weights", "template", "message"),
    [
        ([], small(), "at least one"),
        ([-1.0], small(), "none below 0.*; got"),
        (1, small(), "such as .*; got 1"),
        (["much"], small(), "such as .*; got"),
        ([1.0], small(require_condition=True), "require_condition"),
        ([1.0], small(checkpoint="run.safetensors"), "checkpoint=None"),
    ],
)
def test_what_cannot_be_is_refused(skewed, weights, template, message):
    with pytest.raises(ValueError, match=message):
        mi_path(*skewed, mi_weights=weights, augmenter=template)

"""SequenceEmotionRegressor: intensities of several emotions, compared with their median."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.representation._sequences import (
    assert_same_curves,
    padded,
    small_encoder,
    small_regressor,
    toy,
    waves,
)


@pytest.fixture(scope="module")
def intensities():
    return toy(40, target="intensity", n_emotions=6)


def test_it_learns_intensities_that_the_median_does_not_know():
    y = np.random.default_rng(0).uniform(0, 3, size=160)
    X = waves(160, sizes=y)
    regressor = small_regressor(
        hidden_size=16, max_iter=100, learning_rate=1e-2, batch_size=32, dropout=0.0
    ).fit(X[:120], y[:120])
    error = np.abs(regressor.predict(X[120:]) - y[120:]).mean()
    of_median = np.abs(np.median(y[:120]) - y[120:]).mean()
    assert error < 0.5 * of_median  # over seeds 0.09 ± 0.02
    assert regressor.score(X[120:], y[120:]) > 0.7


@pytest.mark.parametrize(("loss", "middle"), [("l1", np.median), ("l2", np.mean)])
def test_before_training_it_says_the_middle(intensities, loss, middle):
    X, y = intensities
    regressor = small_regressor(max_iter=0, loss=loss, head_penalty=None)
    np.testing.assert_allclose(
        regressor.fit(X, y).predict(X), np.tile(middle(y, axis=0), (40, 1)), atol=1e-6
    )


def test_a_solved_head_is_ridge_regression_on_embeddings(intensities):
    X, y = intensities
    encoder = small_encoder().fit(X)
    regressor = small_regressor(
        pretrained=encoder, loss="l2", head_penalty=4.0, freeze_encoder=True
    ).set_params(output_range=None)
    line = make_pipeline(StandardScaler(), Ridge(alpha=2.0)).fit(encoder.transform(X), y)
    predicted = regressor.fit(X, y).predict(X)
    np.testing.assert_allclose(predicted, line.predict(encoder.transform(X)), atol=0.02)
    assert regressor.n_iter_ == 0
    # Absolute errors are smaller where they are what is minimised.
    absolute = regressor.set_params(loss="l1", head_penalty=1e-3).fit(X, y).predict(X)
    squared = regressor.set_params(loss="l2").fit(X, y).predict(X)
    assert np.abs(absolute - y).mean() < np.abs(squared - y).mean()


def test_predictions_have_the_shape_of_the_labels_and_stay_in_range(intensities):
    X, y = intensities
    regressor = small_regressor(max_iter=60, learning_rate=0.1).fit(X, y)
    predicted = regressor.predict(X)
    assert predicted.shape == (40, 6)
    assert predicted.min() >= 0
    assert predicted.max() <= 3
    assert regressor.n_outputs_ == 6
    flat = small_regressor().fit(X, y[:, 0])
    assert flat.predict(X).shape == (40,)
    column = small_regressor().fit(X, y[:, :1])
    np.testing.assert_array_equal(column.predict(X)[:, 0], flat.predict(X))


def test_labels_of_any_size_are_learned_alike(intensities):
    X, y = intensities
    parameters = {"output_range": None, "max_iter": 30, "learning_rate": 1e-2}
    plain = small_regressor(**parameters).fit(X, y).predict(X)
    large = small_regressor(**parameters).fit(X, 1e6 * y - 5e6).predict(X)
    np.testing.assert_allclose((large + 5e6) / 1e6, plain, atol=1e-3)


def test_constant_labels_are_learned(intensities):
    X, _ = intensities
    predicted = small_regressor().fit(X, np.full((40, 2), 1.5)).predict(X)
    np.testing.assert_allclose(predicted, 1.5, atol=0.1)


def test_pretrained_and_frozen(intensities):
    X, y = intensities
    encoder = small_encoder().fit(X)
    regressor = small_regressor(pretrained=encoder, freeze_encoder=True).fit(X, y)
    assert clone(regressor).pretrained._space is encoder._space
    copy = pickle.loads(pickle.dumps(regressor))
    np.testing.assert_array_equal(copy.predict(X), regressor.predict(X))


def test_lists_and_padded_arrays_give_the_same_bits(intensities):
    X, y = intensities
    array, lengths = padded(X, filling=9.0)
    by_list = small_regressor(validation_fraction=0.2).fit(X, y)
    by_array = small_regressor(validation_fraction=0.2).fit(array, y, lengths=lengths)
    assert_same_curves(by_list, by_array)
    np.testing.assert_array_equal(
        by_list.predict(X), by_array.predict(array, lengths=lengths)
    )
    assert by_array.score(array, y, lengths=lengths) == by_list.score(X, y)


def test_its_score_is_r_squared(intensities):
    X, y = intensities
    regressor = small_regressor().fit(X, y)
    assert regressor.score(X, y) == pytest.approx(r2_score(y, regressor.predict(X)))


def test_a_grid_over_the_loss(intensities):
    X, y = intensities
    grid = GridSearchCV(
        small_regressor(),
        {"loss": ["l1", "l2"]},
        cv=KFold(2),
        scoring="neg_mean_absolute_error",
        error_score="raise",
    ).fit(X, y)
    assert np.isfinite(grid.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.full((40, 6), 3.5), r"within output_range=\(0.0, 3.0\), got 3.5 to 3.5"),
        (np.full((40, 6), -0.1), "within output_range"),
        (np.full((40, 6), np.nan), "y contains NaN"),
        (np.zeros((39, 6)), "inconsistent numbers of samples"),
        (np.zeros((40, 6, 2)), "shape|dim"),
        (np.full((40, 6), "a"), "could not convert|dtype"),
    ],
)
def test_labels_that_do_not_fit_are_refused(intensities, y, message):
    with pytest.raises(ValueError, match=message):
        small_regressor().fit(intensities[0], y)


@pytest.mark.parametrize("limits", [(3.0, 0.0), (1.0,), [0.0, 1.0, 2.0]])
def test_ranges_that_are_none_are_refused(intensities, limits):
    with pytest.raises(ValueError, match=r"output_range must be \(lowest, highest\)"):
        small_regressor(output_range=limits).fit(*intensities)


def test_a_solved_head_of_absolute_errors_is_as_good_as_any_nearby(intensities):
    X, y = intensities
    encoder = small_encoder().fit(X)
    regressor = small_regressor(
        pretrained=encoder, head_penalty=2.0, freeze_encoder=True, output_range=None
    ).fit(X, y)
    columns = StandardScaler().fit_transform(encoder.transform(X))
    columns = np.column_stack([columns, np.ones(len(y))])
    line = np.linalg.lstsq(columns, regressor.predict(X), rcond=None)[0]
    unit = y.std(axis=0).mean()

    def objective(line):
        off = np.abs(columns @ line - y).sum() / unit
        return off + np.square(line[:-1] / unit).sum()

    rng = np.random.default_rng(0)
    moved = [line + 0.1 * unit * rng.normal(size=line.shape) for _ in range(50)]
    assert objective(line) < min(map(objective, moved))

"""skmiaug.save and load of the sequence estimators."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import skmiaug
from tests.representation._sequences import (
    assert_same_curves,
    small_classifier,
    small_encoder,
    small_regressor,
    toy,
)

X, Y = toy(missing=0.05)
NAMES = np.array(["anger", "fear", "joy"])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skmiaug"


@pytest.fixture(scope="module")
def encoder():
    return small_encoder().fit(X)


def back(estimator, path):
    skmiaug.save(estimator, path)
    return skmiaug.load(path)


@pytest.mark.parametrize("backbone", ["transformer", "gru"])
def test_an_encoder_comes_back(path, backbone):
    encoder = small_encoder(backbone=backbone, pooling="max").fit(X)
    copy = back(encoder, path)
    assert copy.get_params() == encoder.get_params()
    assert_same_curves(copy, encoder)
    masks = [np.arange(len(x)) % 2 == 0 for x in X]
    np.testing.assert_array_equal(copy.transform(X), encoder.transform(X))
    assert copy.score(X) == encoder.score(X)
    for one, other in zip(copy.restore(X, masks), encoder.restore(X, masks), strict=True):
        np.testing.assert_array_equal(one, other)
    assert_same_curves(copy.fit(X), encoder)


@pytest.mark.parametrize("labels", [NAMES, NAMES.astype(object), np.array([5, 7, 9])])
def test_a_classifier_comes_back(path, labels):
    classifier = small_classifier().fit(X, labels[Y])
    copy = back(classifier, path)
    assert_same_curves(copy, classifier)
    np.testing.assert_array_equal(copy.predict(X), classifier.predict(X))
    np.testing.assert_array_equal(copy.predict_proba(X), classifier.predict_proba(X))
    assert copy.classes_.dtype == classifier.classes_.dtype


@pytest.mark.parametrize("columns", [1, 6])
def test_a_regressor_comes_back(path, columns):
    _, y = toy(target="intensity", n_emotions=6)
    y = y[:, 0] if columns == 1 else y
    regressor = small_regressor(backbone="gru").fit(X, y)
    copy = back(regressor, path)
    assert copy.output_range == (0.0, 3.0)
    np.testing.assert_array_equal(copy.predict(X), regressor.predict(X))


def test_the_pretrained_encoder_comes_back_with_the_classifier(path, encoder):
    classifier = small_classifier(pretrained=encoder).fit(X, Y)
    copy = back(classifier, path)
    np.testing.assert_array_equal(copy.predict_proba(X), classifier.predict_proba(X))
    np.testing.assert_array_equal(copy.pretrained.transform(X), encoder.transform(X))
    assert_same_curves(copy.fit(X, Y), classifier)
    np.testing.assert_array_equal(copy.predict_proba(X), classifier.predict_proba(X))


def test_a_frozen_encoder_comes_back_frozen(path, encoder):
    frozen = pytest.importorskip("sklearn.frozen").FrozenEstimator(encoder)
    classifier = small_classifier(
        pretrained=frozen, hidden_size=None, n_layers=None, n_heads=None
    ).fit(X, Y)
    copy = back(classifier, path)
    assert type(copy.pretrained) is type(frozen)
    np.testing.assert_array_equal(copy.predict_proba(X), classifier.predict_proba(X))
    assert_same_curves(copy.fit(X, Y), classifier)


def test_parameters_set_after_the_fit_change_no_restoration(path, encoder):
    fitted = small_encoder(replacement="zero").fit(X)
    masks = [np.arange(len(x)) % 2 == 0 for x in X]
    expected = fitted.restore(X, masks)
    fitted.set_params(replacement="learned", hidden_size=32, n_layers=2, backbone="gru")
    for estimator in (fitted, back(fitted, path)):
        for one, other in zip(estimator.restore(X, masks), expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("make", [small_encoder, small_classifier, small_regressor])
def test_what_is_not_fitted_is_refused(path, make):
    with pytest.raises(NotFittedError):
        skmiaug.save(make(), path)
    assert not path.exists()

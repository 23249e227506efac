"""What the caller has set in torch changes neither a fit nor what comes of it."""

import pickle

import numpy as np
import pytest

import skmiaug
from tests._torch_states import TORCH_STATES
from tests.representation._pairs import pairs
from tests.representation._pairs import small as small_aligner
from tests.representation._sequences import (
    small_classifier,
    small_encoder,
    small_regressor,
    toy,
)

X, Y = toy(missing=0.05)
MASKS = [np.arange(len(x)) < 2 for x in X]


def alignment(path):
    aligner = small_aligner().fit(*pairs())
    return aligner, lambda a: [a.transform(pairs(20)[0]), a.score_retrieval(pairs(20)[0])]


def pretraining(path):
    encoder = small_encoder(validation_fraction=0.2, dropout=0.1).fit(X)
    return encoder, lambda e: [e.transform(X), *e.restore(X, MASKS), e.score(X)]


def fine_tuning(path):
    encoder = small_encoder().fit(X)
    classifier = small_classifier(pretrained=encoder, validation_fraction=0.2).fit(X, Y)
    return classifier, lambda c: [c.predict_proba(X), c.predict(X)]


def regression(path):
    regressor = small_regressor(backbone="gru").fit(X, Y)
    return regressor, lambda r: [r.predict(X)]


@pytest.mark.parametrize("context", TORCH_STATES)
@pytest.mark.parametrize("fit", [alignment, pretraining, fine_tuning, regression])
def test_the_global_state_of_torch_changes_nothing(fit, context, tmp_path):
    estimator, used = fit(tmp_path)
    expected = [estimator.loss_curve_, estimator.validation_scores_, *used(estimator)]
    skmiaug.save(estimator, tmp_path / "model")
    with TORCH_STATES[context]():
        again, _ = fit(tmp_path)
        inside = [again.loss_curve_, again.validation_scores_, *used(again)]
        loaded = [skmiaug.load(tmp_path / "model"), pickle.loads(pickle.dumps(again))]
        results = [*map(used, loaded), used(estimator)]
    # What was fitted or loaded inside works outside, and learns further.
    results += [used(again), *map(used, loaded)]
    np.testing.assert_equal(inside, expected)
    for result in results:
        np.testing.assert_equal(result, expected[2:])
    if fit is pretraining:
        small_classifier(pretrained=loaded[0]).fit(X, Y)

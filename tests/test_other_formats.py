"""Fitted estimators in the files of other libraries: joblib, cloudpickle, skops."""

import io
import pickle

import joblib
import numpy as np
import pytest
from imblearn.pipeline import Pipeline
from sklearn.linear_model import LogisticRegression

import skmiaug

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(30, 4))
CLASSES = np.repeat(["a", "b"], [20, 10])
SEQUENCES = [ROWS[:n].astype(np.float32) for n in (5, 8, 6, 9, 7, 10)]
SHORT = {"max_iter": 2, "validation_fraction": 0.0, "random_state": 0}
SHAPE = {"hidden_size": 8, "n_layers": 1, "n_heads": 2, **SHORT}
PARTS = {"a": [0, 1], "b": [2, 3]}


def drawn(augmenter):
    return augmenter.sample(5)[0]


CASES = {
    "GaussianAugmenter": (
        lambda: skmiaug.GaussianAugmenter(random_state=0).fit(ROWS, CLASSES),
        drawn,
    ),
    "MIGANAugmenter": (
        lambda: skmiaug.MIGANAugmenter(**SHORT).fit(ROWS, CLASSES),
        drawn,
    ),
    "MIGANAugmenter of modalities": (
        lambda: skmiaug.MIGANAugmenter(modalities=PARTS, **SHORT).fit(ROWS, CLASSES),
        drawn,
    ),
    "MIGANAugmenterCV": (
        lambda: skmiaug.MIGANAugmenterCV(
            mi_weights=[0.0], augmenter=skmiaug.MIGANAugmenter(**SHORT), cv=2
        ).fit(ROWS, CLASSES),
        drawn,
    ),
    "ContrastiveAligner": (
        lambda: skmiaug.ContrastiveAligner(modalities=PARTS, **SHORT).fit(ROWS, CLASSES),
        lambda aligner: aligner.transform(ROWS),
    ),
    "MaskedTimestepEncoder": (
        lambda: skmiaug.MaskedTimestepEncoder(**SHAPE).fit(SEQUENCES),
        lambda encoder: encoder.transform(SEQUENCES),
    ),
    "SequenceEmotionClassifier": (
        lambda: skmiaug.SequenceEmotionClassifier(**SHAPE).fit(SEQUENCES, list("aabbab")),
        lambda classifier: classifier.predict_proba(SEQUENCES),
    ),
    "SequenceEmotionRegressor": (
        lambda: skmiaug.SequenceEmotionRegressor(**SHAPE).fit(SEQUENCES, np.arange(6) / 6),
        lambda regressor: regressor.predict(SEQUENCES),
    ),
    "a pipeline": (
        lambda: Pipeline(
            [
                ("augment", skmiaug.GaussianAugmenter(random_state=0)),
                ("classify", LogisticRegression()),
            ]
        ).fit(ROWS, CLASSES),
        lambda pipeline: pipeline.predict_proba(ROWS),
    ),
}


def by_pickle(estimator):
    return pickle.loads(pickle.dumps(estimator))


def by_joblib(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def by_cloudpickle(estimator):
    cloudpickle = pytest.importorskip("cloudpickle")
    return pickle.loads(cloudpickle.dumps(estimator))


def by_skops(estimator):
    skops = pytest.importorskip("skops.io")
    data = skops.dumps(estimator)
    types = skops.get_untrusted_types(data=data)
    known = ("skmiaug.", "imblearn.", "numpy.dtype")
    assert all(name.startswith(known) for name in types)
    return skops.loads(data, trusted=types)


@pytest.mark.parametrize("way", [by_pickle, by_joblib, by_cloudpickle, by_skops])
@pytest.mark.parametrize("case", CASES)
def test_what_is_read_back_gives_the_same_numbers(case, way):
    fitted, use = CASES[case]
    estimator = fitted()
    np.testing.assert_array_equal(use(way(estimator)), use(estimator))

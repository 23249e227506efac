"""save, load, pickle and joblib: the same estimator back."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from skmiaug import load, save
from tests.representation._pairs import AUDIO, TEXT, pairs
from tests.representation._pairs import small as small_aligner
from tests.representation._sequences import (
    small_classifier,
    small_encoder,
    small_regressor,
    toy,
)

X, Y = toy(missing=0.05)
MASKS = [np.arange(len(x)) % 2 == 0 for x in X]
NAMES = np.array(["anger", "fear", "joy"])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skmiaug"


def used(estimator):
    """Everything that comes of a fitted estimator."""
    if hasattr(estimator, "score_retrieval"):
        rows = pairs(30, seed=5)[0]
        names = estimator.get_feature_names_out()
        return [estimator.transform(rows), estimator.transform_modalities(rows), names]
    if hasattr(estimator, "restore"):
        restored = estimator.restore(X, MASKS)
        return [estimator.transform(X), *restored, estimator.score(X)]
    proba = [estimator.predict_proba(X)] if hasattr(estimator, "predict_proba") else []
    return [estimator.predict(X), *proba]


def assert_same(back, estimator):
    assert type(back) is type(estimator)
    assert vars(back).keys() == vars(estimator).keys()
    for name, value in vars(estimator).items():
        if name.endswith("_"):
            np.testing.assert_equal(getattr(back, name), value)
            assert isinstance(getattr(back, name), type(value))
    np.testing.assert_equal(used(back), used(estimator))


ALIGNERS = [
    {},
    {"hidden_layer_sizes": (6, 5)},
    {"modalities": {"audio": list(range(12)), "text": [-8, -7, -6, -5, -4, -3, -2, -1]}},
    {"modalities": {"a": slice(0, 20, 2), "b": slice(1, None, 2)}},
    {"modalities": {"a": range(12), "b": range(12, 20)}},
    {"modalities": None, "output": "shared"},
    {"validation_fraction": 0.0, "random_state": None},
    {"output": "text", "max_iter": 0},
]


@pytest.mark.parametrize("changes", ALIGNERS, ids=str)
def test_aligners_come_back(path, changes):
    aligner = small_aligner(**changes).fit(*pairs())
    save(aligner, path)
    assert load(path).get_params() == aligner.get_params()
    assert_same(load(path), aligner)


def test_masks_and_names_of_columns_come_back(path):
    rows, y = pairs()
    frame = pd.DataFrame(rows).add_prefix("f")
    modalities = {"audio": np.arange(20) < 12, "text": frame.columns[12:]}
    aligner = small_aligner(modalities=modalities).fit(frame, y)
    save(aligner, path)
    back = load(path)
    np.testing.assert_array_equal(back.modalities["audio"], modalities["audio"])
    assert back.modalities["text"] == list(frame.columns[12:])
    np.testing.assert_array_equal(back.transform(frame), aligner.transform(frame))
    assert back.fit(frame, y).loss_curve_ == aligner.loss_curve_


def fine_tuned(labels, **changes):
    return small_classifier(**changes).fit(X, labels[Y])


MAKERS = [
    lambda: small_aligner(modalities={"audio": AUDIO, "text": TEXT}).fit(*pairs()),
    lambda: small_encoder(pooling="max").fit(X),
    lambda: small_encoder(backbone="gru", random_state=np.int64(3)).fit(X),
    lambda: fine_tuned(NAMES),
    lambda: fine_tuned(NAMES.astype(object), class_weight={"joy": 2.0}),
    lambda: fine_tuned(np.array([5, 7, 9])),
    lambda: fine_tuned(np.array(["2020-01-01", "2021-01-01", "2022-01-01"], "M8[D]")),
    lambda: fine_tuned(NAMES, pretrained=small_encoder().fit(X)),
    lambda: small_regressor(backbone="gru").fit(X, Y),
    lambda: small_regressor(output_range=(0, np.inf)).fit(X, np.stack([Y, Y + 1], axis=1)),
]


@pytest.mark.parametrize("make", MAKERS)
def test_every_way_out_of_the_process_gives_the_same_back(make, path, tmp_path):
    estimator = make()
    save(estimator, path)
    joblib.dump(estimator, tmp_path / "joblib")
    copies = [
        load(path),
        pickle.loads(pickle.dumps(estimator)),
        joblib.load(tmp_path / "joblib"),
        joblib.load(tmp_path / "joblib", mmap_mode="r"),
        copy.deepcopy(estimator),
        pickle.loads(pickle.dumps(load(path))),
    ]
    for other in copies:
        assert_same(other, estimator)
    data = pairs() if hasattr(estimator, "score_retrieval") else (X, NAMES[Y])
    if not hasattr(estimator, "_center"):
        again = copies[0].fit(*data)
        save(again, path)
        assert_same(load(path), again)


def test_a_frozen_encoder_comes_back_frozen(path):
    frozen = FrozenEstimator(small_encoder().fit(X))
    shape = {"hidden_size": None, "n_layers": None, "n_heads": None}
    classifier = small_classifier(pretrained=frozen, **shape).fit(X, Y)
    save(classifier, path)
    back = load(path)
    assert type(back.pretrained) is FrozenEstimator
    assert_same(back, classifier)
    assert_same(back.fit(X, Y), classifier)


def test_parameters_set_after_the_fit_do_not_matter(path):
    aligner = small_aligner(hidden_layer_sizes=(6, 5)).fit(*pairs())
    encoder = small_encoder(replacement="zero").fit(X)
    expected = used(aligner), used(encoder)
    aligner.set_params(hidden_layer_sizes=(7,), n_components=3, temperature=1.0)
    encoder.set_params(replacement="learned", hidden_size=32, n_layers=2, backbone="gru")
    for estimator, outputs in zip((aligner, encoder), expected, strict=True):
        save(estimator, path)
        for one in (estimator, load(path)):
            np.testing.assert_equal(used(one), outputs)
        assert load(path).get_params() == estimator.get_params()


@pytest.mark.parametrize(
    "make", [small_aligner, small_encoder, small_classifier, small_regressor]
)
def test_what_is_not_fitted_is_refused(path, make):
    with pytest.raises(NotFittedError):
        save(make(), path)
    assert not path.exists()

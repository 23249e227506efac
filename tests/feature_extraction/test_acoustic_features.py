"""Functionals of openSMILE: same inputs, cache and errors as TransformerFeatures."""

import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.base import clone

from skmiaug.exceptions import MissingExtraError
from skmiaug.feature_extraction import (
    AcousticFeatures,
    AudioDecodeError,
    DamagedCacheWarning,
    FailedInputWarning,
)

from ._helpers import RATE, SHARED, voice, write

opensmile = pytest.importorskip("opensmile", reason="needs the extra opensmile")


@pytest.fixture
def X(tmp_path):
    """The same clip as a file and an array, and another at another rate."""
    clip = voice(0.6)
    path = write(tmp_path / "a.wav", clip, subtype="FLOAT")
    return [path, (clip, RATE), (voice(0.5, 1, 22_050), 22_050)]


def test_equals_opensmile(X):
    got = AcousticFeatures().fit(X).transform(X)
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02)
    expected = smile.process_signal(X[1][0], RATE).to_numpy()[0]
    assert got.dtype == np.float32
    np.testing.assert_allclose(got[:2], [expected, expected], rtol=1e-5)
    own_rate = AcousticFeatures(target_rate=None).transform(X)
    np.testing.assert_array_equal(own_rate[:2], got[:2])
    expected = smile.process_signal(*X[2]).to_numpy()[0]
    np.testing.assert_allclose(own_rate[2], expected, rtol=1e-5)


def test_gives_the_shared_vectors():
    folder = SHARED / "data" / "emodb_flac"
    clips = sorted(folder.glob("*.flac"))[::60]
    if not clips:
        pytest.skip(f"needs the EmoDB clips in {folder}")
    with np.load(SHARED / "data" / "emodb_features.npz") as data:
        rows = [int(np.flatnonzero(data["id"] == clip.stem)[0]) for clip in clips]
        expected, scale = data["X_egemaps"][rows], data["X_egemaps"].std(axis=0)
    got = AcousticFeatures().transform(clips)
    assert np.abs((got - expected) / scale).max() < 1e-3


@pytest.mark.parametrize(("name", "size"), [("eGeMAPSv02", 88), ("ComParE_2016", 6373)])
def test_names_and_numbers_of_features(X, name, size):
    features = AcousticFeatures(name).fit()
    names = features.get_feature_names_out()
    assert features.n_features_out_ == len(set(names)) == size
    assert features.modality_ == "audio"
    assert features.transform(X[:1]).shape == (1, size)
    assert any("loudness" in column or "F0" in column for column in names)
    frame = features.set_output(transform="pandas").transform(pd.Series(X, index=[5, 3, 9]))
    assert frame.index.tolist() == [5, 3, 9]
    assert frame.columns.tolist() == names.tolist()


@pytest.mark.parametrize("on_error", ["raise", "nan"])
def test_inputs_that_cannot_be_used(X, tmp_path, on_error):
    (tmp_path / "bad.wav").write_text("no audio")
    bad = {
        "bad.wav": str(tmp_path / "bad.wav"),
        "missing value": None,
        "at least 60 ms, .* got 30 ms": (voice(0.03), RATE),
        "NaN or inf": (np.full(8000, np.nan), RATE),
        "max_duration=2 s": (voice(3.0), RATE),
    }
    features = AcousticFeatures(on_error=on_error, max_duration=2.0)
    for message, item in bad.items():
        if on_error == "raise":
            with pytest.raises(AudioDecodeError, match=rf"X\[1\].*{message}"):
                features.transform([X[0], item])
        else:
            with pytest.warns(FailedInputWarning, match=rf"1 of 2 .*X\[1\].*{message}"):
                got = features.transform([X[0], item])
            assert np.isnan(got).all(axis=1).tolist() == [False, True]
    for method in (features.fit, features.transform):
        with pytest.raises(TypeError, match=r"X\[0\]: expected paths .*got text"):
            method(["it was nice"])


def test_the_cache_keeps_sets_and_rates_apart(X, tmp_path, monkeypatch):
    def count():
        return len(list(tmp_path.rglob("*.feat")))

    features = AcousticFeatures(cache_dir=tmp_path)
    first = features.transform(X)
    assert count() == 3
    with monkeypatch.context() as patch:
        patch.setattr(opensmile.Smile, "process_signal", None)
        np.testing.assert_array_equal(features.transform(X), first)
    AcousticFeatures(cache_dir=tmp_path, target_rate=8000).transform(X)
    assert count() == 6
    AcousticFeatures("ComParE_2016", cache_dir=tmp_path).transform(X[:1])
    assert count() == 7
    for path in tmp_path.rglob("*.feat"):
        path.write_bytes(b"damaged")
    with pytest.warns(DamagedCacheWarning, match="3 of 3"):
        np.testing.assert_array_equal(features.transform(X), first)


def test_jobs_clones_and_pickles(X):
    features = AcousticFeatures()
    expected = features.transform(X * 3)
    for other in (pickle.loads(pickle.dumps(features)), AcousticFeatures(trusted=True)):
        np.testing.assert_array_equal(other.transform(X * 3), expected)
    with parallel_config(backend="threading"):
        other = clone(features).set_params(n_jobs=2)
        np.testing.assert_array_equal(other.transform(X * 3), expected)


def test_without_opensmile_the_remedy_is_named(X, monkeypatch):
    monkeypatch.setitem(sys.modules, "opensmile", None)
    features = AcousticFeatures()
    for call in (
        features.fit,
        features.get_feature_names_out,
        lambda: features.transform(X),
    ):
        with pytest.raises(MissingExtraError, match=r"opensmile.*skmiaug\[opensmile\]"):
            call()

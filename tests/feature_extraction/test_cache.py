"""The feature cache: its keys, damaged entries, interrupted runs and full disks."""

import errno
import multiprocessing
import os
import pickle
import time
import warnings
from importlib import metadata

import numpy as np
import pytest
from safetensors.numpy import load

from skmiaug import TransformerFeatures
from skmiaug.feature_extraction import (
    AudioDecodeError,
    DamagedCacheWarning,
    FailedInputWarning,
    clear_model_cache,
)
from skmiaug.feature_extraction.encoders import TransformerExtractor

from ._helpers import RATE, save_tiny, voice, write


def total(encoded):
    return sum(len(batch) for batch in encoded)


def features(model, folder, **kwargs):
    kwargs = {"sampling_rate": RATE} | kwargs
    return TransformerFeatures(model=model, cache_dir=folder, **kwargs)


def entries(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_each_content_is_encoded_once(tiny, clips, tmp_path, encoded):
    estimator = features(tiny("wav2vec2-group"), tmp_path / "made" / "on the way")
    first = estimator.transform(clips[:4])
    assert total(encoded) == 4
    np.testing.assert_array_equal(estimator.transform(clips[3::-1])[::-1], first)
    assert total(encoded) == 4
    estimator.transform(clips)
    assert total(encoded) == 7


def test_no_model_is_loaded_if_all_inputs_are_cached(tiny, clips, tmp_path, reads):
    estimator = features(tiny("whisper"), tmp_path)
    expected = estimator.transform(clips)
    clear_model_cache()
    reads.clear()
    np.testing.assert_array_equal(estimator.transform(clips), expected)
    assert not reads


def test_files_are_cached_by_their_bytes(tiny, tmp_path, encoded):
    estimator = features(tiny("wav2vec2-group"), tmp_path / "cache")
    a, b = write(tmp_path / "a.wav", voice(0.5)), tmp_path / "b.wav"
    b.write_bytes((tmp_path / "a.wav").read_bytes())
    estimator.transform([a])
    estimator.transform([str(b)])
    assert total(encoded) == 1
    old = estimator.transform([a])
    write(tmp_path / "a.wav", voice(0.5, 1))  # other bytes under the same name
    assert np.abs(estimator.transform([a]) - old).max() > 1e-3
    assert total(encoded) == 2


def test_arrays_are_cached_by_samples_dtype_and_rate(tiny, tmp_path, encoded):
    estimator = features(tiny("wav2vec2-group"), tmp_path)
    clip = (voice(0.5) * 1000).astype(np.int16)
    for X in (
        [(clip, RATE)],
        [(clip, RATE)],
        [(clip, 8000)],
        [(clip.astype(np.int32), RATE)],
    ):
        estimator.transform(X)
    assert total(encoded) == 3


OTHERS = [
    {"layer": 2},
    {"layer": [2, 3]},
    {"layer": "all"},
    {"pooling": "max"},
    {"dtype": "bfloat16"},
    {"chunk_length": 0.3, "chunk_overlap": 0.1},
    {"window": "full"},
]


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_parameters_that_affect_the_result_have_their_own_entries(
    tiny, tmp_path, encoded, other
):
    clip = [voice(0.5)]
    features(tiny("whisper"), tmp_path).transform(clip)
    before = len(encoded)
    alone = features(tiny("whisper"), None, **other).transform(clip)
    calls = len(encoded)
    assert np.array_equal(
        features(tiny("whisper"), tmp_path, **other).transform(clip), alone
    )
    assert len(encoded) - calls == calls - before > 0


def test_numpy_scalars_as_parameters_share_entries(tiny, tmp_path, encoded):
    path = write(tmp_path / "a.wav", voice(0.5))
    plain = {"chunk_length": 2, "chunk_overlap": 1, "max_duration": 9, "truncation": False}
    other = {
        "chunk_length": np.float32(2),
        "chunk_overlap": np.int64(1),
        "max_duration": np.float32(9),
        "decode_timeout": np.float32(20),
        "truncation": np.bool_(False),
        "batch_size": np.int32(4),
        "layer": np.int64(1),
    }
    for params in (plain, other):
        features(tiny("whisper"), tmp_path / "cache", **params).transform([path])
    assert total(encoded) == 1


@pytest.mark.parametrize(
    "same",
    [{"batch_size": 1}, {"max_duration": 5.0}, {"on_error": "nan"}, {"trusted": True}],
    ids=str,
)
def test_other_parameters_share_entries(tiny, tmp_path, encoded, same):
    features(tiny("whisper"), tmp_path).transform([voice(0.5)])
    features(tiny("whisper"), tmp_path, **same).transform([voice(0.5)])
    assert total(encoded) == 1


def test_new_weights_under_the_same_path_have_their_own_entries(tmp_path):
    model = save_tiny("wav2vec2-group", tmp_path / "model", seed=0)
    clip = [voice(0.5)]
    old = features(model, tmp_path / "cache").transform(clip)
    time.sleep(0.01)
    save_tiny("wav2vec2-group", tmp_path / "model", seed=1)
    new = features(model, tmp_path / "cache").transform(clip)
    assert np.abs(new - old).max() > 1e-3
    np.testing.assert_allclose(new, features(model, None).transform(clip), atol=1e-5)


def test_the_same_weights_elsewhere_share_entries(tmp_path, encoded):
    for name in ("here", "there"):
        model = save_tiny("wav2vec2-group", tmp_path / name)
        features(model, tmp_path / "cache").transform([voice(0.5)])
    assert total(encoded) == 1


def test_versions_of_the_package_do_not_share_entries(tiny, tmp_path, encoded, monkeypatch):
    features(tiny("whisper"), tmp_path).transform([voice(0.5)])
    monkeypatch.setattr(metadata, "version", lambda name: "0.0.0")
    features(tiny("whisper"), tmp_path).transform([voice(0.5)])
    assert total(encoded) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:],
        lambda data: pickle.dumps([1.0]),
        lambda data: data + b"x",
    ],
)
def test_damaged_entries_are_computed_again_with_one_warning(
    tiny, clips, tmp_path, damage, encoded
):
    estimator = features(tiny("wav2vec2-group"), tmp_path)
    expected = estimator.transform(clips)
    for path in entries(tmp_path)[:2]:
        path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(DamagedCacheWarning, match="2 of 7 cache entries") as caught:
        got = estimator.transform(clips)
    assert len(caught) == 1
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert total(encoded) == 9
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator.transform(clips)
    assert total(encoded) == 9


def test_cached_audio_can_be_too_long(tiny, tmp_path):
    path, folder = write(tmp_path / "a.wav", voice(1.0, 0, 8000), 8000), tmp_path / "cache"
    X = [path, voice(0.5), voice(1.0)]
    features(tiny("wav2vec2-group"), folder).transform(X)
    short = features(tiny("wav2vec2-group"), folder, max_duration=0.75)
    with pytest.raises(AudioDecodeError, match=r"X\[0\].*max_duration=0.75 s, got 1.0 s"):
        short.transform(X)
    with pytest.warns(FailedInputWarning, match="2 of 3"):
        got = short.set_params(on_error="nan").transform(X)
    assert np.isnan(got).any(axis=1).tolist() == [True, False, True]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        short.set_params(max_duration=1.0).transform(X)


def test_features_that_are_not_finite_are_failures_and_not_cached(
    tiny, tmp_path, monkeypatch
):
    merge = TransformerExtractor.merge

    def overflowing(self, parts):
        vector = merge(self, parts)
        return vector if sum(length for _, length in parts) > 80 else vector * np.nan

    monkeypatch.setattr(TransformerExtractor, "merge", overflowing)
    X = [voice(0.5), voice(0.2)]
    estimator = features(tiny("wav2vec2-group"), tmp_path)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"X\[1\]: expected finite features.*24 of 24"):
            estimator.transform(X)
    assert len(entries(tmp_path)) == 1
    estimator.set_params(on_error="nan")
    for _ in range(2):
        with pytest.warns(FailedInputWarning, match="1 of 2"):
            got = estimator.transform(X)
    assert np.isnan(got).any(axis=1).tolist() == [False, True]


def test_failures_are_not_cached(tiny, tmp_path):
    estimator = features(tiny("wav2vec2-group"), tmp_path / "cache", on_error="nan")
    path = tmp_path / "late.wav"
    with pytest.warns(UserWarning, match="1 of 1"):
        assert np.isnan(estimator.transform([str(path)])).all()
    write(path, voice(0.5))
    assert np.isfinite(estimator.transform([str(path)])).all()


def test_the_folder_holds_complete_entries_without_pickle(tiny, clips, tmp_path):
    features(tiny("wav2vec2-group"), tmp_path).transform(clips)
    paths = entries(tmp_path)
    assert len(paths) == 7
    for path in paths:
        assert path.suffix == ".feat"
        assert load(path.read_bytes())["vector"].shape == (24,)


def _extracted(estimator, X):
    with warnings.catch_warnings():
        warnings.simplefilter("error", DamagedCacheWarning)
        return [estimator.transform(X[k:] + X[:k])[-k] for k in range(1, 10)]


def test_many_processes_may_share_a_folder(tiny, tmp_path):
    estimator = features(tiny("bert"), tmp_path)
    X = [" ".join(["words"] * n) for n in range(1, 11)]
    expected = features(tiny("bert"), None).transform(X)
    with multiprocessing.get_context("fork").Pool(3) as pool:
        results = pool.starmap(_extracted, [(estimator, X)] * 3)
    for rows in results:
        np.testing.assert_allclose(rows, expected[[0] * 9], atol=1e-5)
    assert len(entries(tmp_path)) == 10


def _slowly(estimator, X):
    encode = TransformerExtractor.encode

    def slow(self, units):
        time.sleep(0.1)
        return encode(self, units)

    TransformerExtractor.encode = slow
    estimator.transform(X)


def test_a_killed_run_resumes(tiny, tmp_path, encoded):
    X = [voice(0.3, n) for n in range(30)]
    estimator = features(tiny("wav2vec2-group"), tmp_path, batch_size=1)
    run = multiprocessing.get_context("fork").Process(target=_slowly, args=(estimator, X))
    run.start()
    for _ in range(600):
        if len(list(tmp_path.rglob("*.feat"))) >= 5:
            break
        time.sleep(0.02)
    run.kill()
    run.join()
    done = len(list(tmp_path.rglob("*.feat")))
    assert 5 <= done < 30
    got = estimator.transform(X)
    assert total(encoded) == 30 - done
    expected = features(tiny("wav2vec2-group"), None).transform(X)
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_cache_dir_is_a_file(tiny, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    estimator = features(tiny("wav2vec2-group"), tmp_path / "file")
    for call in (estimator.fit, estimator.transform):
        with pytest.raises(NotADirectoryError, match=r"cache_dir.*file.*name another"):
            call([voice(0.5)])


def test_a_full_disk_is_named_and_the_run_can_resume(tiny, tmp_path, monkeypatch):
    X = [voice(0.3, n) for n in range(6)]
    estimator = features(tiny("wav2vec2-group"), tmp_path, batch_size=1)
    replace = os.replace

    def full(source, target):
        if len(list(tmp_path.rglob("*.feat"))) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(
        OSError, match=r"cache_dir .*written.*No space left.*make room"
    ) as e:
        estimator.transform(X)
    assert (e.value.errno, e.value.filename) == (errno.ENOSPC, str(tmp_path))
    monkeypatch.undo()
    estimator.transform(X)
    assert len(entries(tmp_path)) == 6


def test_cache_dir_below_a_file(tiny, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    estimator = features(tiny("wav2vec2-group"), tmp_path / "file" / "cache")
    with pytest.raises(NotADirectoryError, match=r"cache_dir .*name another.*file/cache"):
        estimator.transform([voice(0.5)])

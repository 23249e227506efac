"""Audio in every supported form and format."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
import soxr
import torch

from skmiaug import TransformerFeatures
from skmiaug.feature_extraction import AudioDecodeError
from skmiaug.utils.audio import mono_float32

from ._helpers import RATE, voice, write


def features(tiny, **kwargs):
    return TransformerFeatures(model=tiny("wav2vec2-group"), **kwargs)


@pytest.fixture
def clip():
    return voice(0.6)


@pytest.fixture
def plain(tiny, clip):
    """Features of ``clip``."""
    return features(tiny).transform([(clip, RATE)])[0]


def close(actual, expected, atol=1e-5):
    np.testing.assert_allclose(
        actual, expected, rtol=0, atol=atol * max(1, abs(expected).max())
    )


def test_every_form_of_the_same_clip(tiny, tmp_path, clip, plain):
    path = write(tmp_path / "a.wav", clip, subtype="FLOAT")
    forms = [
        path,
        Path(path),
        np.str_(path),
        (clip, RATE),
        (clip.tolist(), float(RATE)),
        [clip, RATE],
        clip,
    ]
    forms += [{"array": clip, "sampling_rate": RATE, "path": None}, clip.astype(np.float64)]
    for row in features(tiny, sampling_rate=RATE).transform(forms):
        close(row, plain)


def test_every_container(tiny, tmp_path, clip, plain):
    path = write(tmp_path / "a.wav", clip, subtype="FLOAT")
    containers = [
        [path, path],
        (path, path),
        np.array([path, path]),
        np.array([[path], [path]], dtype=object),
        pd.Series([path, path]),
        pd.DataFrame({"path": [path, path]}),
        pl.Series([path, path]),
        pl.DataFrame({"path": [path, path]}),
        np.stack([clip, clip]),
        pd.Series([(clip, RATE), path]),
    ]
    for container in containers:
        got = features(tiny, sampling_rate=RATE).transform(container)
        assert got.shape == (2, 24)
        close(got[0], plain)
        close(got[1], plain)
    assert features(tiny).transform([]).shape == (0, 24)


@pytest.mark.parametrize(
    ("suffix", "subtype", "step"),
    [
        ("wav", "PCM_U8", 2**-7),
        ("wav", "PCM_16", 2**-15),
        ("wav", "PCM_24", 2**-23),
        ("wav", "FLOAT", 2**-24),
        ("wav", "DOUBLE", 2**-24),
        ("flac", "PCM_16", 2**-15),
        ("aiff", "PCM_24", 2**-23),
    ],
)
def test_bit_depths(tiny, tmp_path, clip, suffix, subtype, step):
    # Rounded to the format's own steps, the clip comes back exactly.
    clip = np.clip(np.round(clip / step) * step, -1, 1 - step).astype(np.float32)
    path = write(tmp_path / f"a.{suffix}", clip, subtype=subtype)
    close(features(tiny).transform([path])[0], features(tiny).transform([(clip, RATE)])[0])


def test_lossy_formats(tiny, tmp_path, clip, plain):
    for suffix, kind in (("ogg", "VORBIS"), ("mp3", "MPEG_LAYER_III")):
        path = write(tmp_path / f"a.{suffix}", clip, subtype=kind)
        got = features(tiny).transform([path])[0]
        assert np.linalg.norm(got - plain) < 0.5 * np.linalg.norm(plain)


def test_pcm_arrays(tiny, clip):
    eight = np.round(clip * 128).clip(-128, 127)
    expected = features(tiny).transform([((eight / 128).astype(np.float32), RATE)])[0]
    for array in (
        eight.astype(np.int8),
        (eight * 2**8).astype(np.int16),
        (eight * 2**24).astype(np.int32),
        (eight + 128).astype(np.uint8),
        (eight * 2**8).astype(">i2"),
    ):
        close(features(tiny).transform([(array, RATE)])[0], expected)


def test_one_channel_is_one_whatever_its_axis(tiny, clip, plain):
    for array in (clip[None], clip[:, None], torch.tensor(clip)[None]):
        close(features(tiny).transform([(array, RATE)])[0], plain)


def test_tensors_of_every_kind(tiny, tmp_path, clip, plain):
    learned = torch.tensor(clip, requires_grad=True)
    half = torch.tensor(clip).bfloat16()
    rounded = features(tiny).transform([(half.float().numpy(), RATE)])[0]
    for estimator in (features(tiny), features(tiny, cache_dir=tmp_path)):
        close(estimator.transform([(learned, RATE)])[0], plain)
        close(estimator.transform([{"array": half, "sampling_rate": RATE}])[0], rounded)


class Decoder:
    """As torchcodec's, which is what ``datasets`` gives."""

    def __init__(self, clip):
        self.clip = clip

    def get_all_samples(self):
        if self.clip is None:
            raise RuntimeError("no stream")
        return SimpleNamespace(data=torch.tensor(self.clip), sample_rate=RATE)


def test_decoders_of_torchcodec(tiny, clip, plain):
    noise = 0.1 * np.random.RandomState(1).standard_normal(clip.size).astype(np.float32)
    stereo = Decoder(np.stack([clip + noise, clip - noise]))
    for row in features(tiny).transform([Decoder(clip[None]), stereo]):
        close(row, plain)
    with pytest.raises(AudioDecodeError, match=r"X\[0\]: .*torchcodec.*no stream"):
        features(tiny).transform([Decoder(None)])


def test_stereo_is_averaged(tiny, tmp_path, clip, plain):
    noise = 0.1 * np.random.RandomState(1).standard_normal(clip.size).astype(np.float32)
    path = write(
        tmp_path / "a.wav", np.stack([clip + noise, clip - noise], 1), subtype="FLOAT"
    )
    close(features(tiny).transform([path])[0], plain)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_any_rate_is_resampled(tiny, tmp_path, rate):
    clip = voice(0.6, rate=rate)
    path = write(tmp_path / "a.wav", clip, rate, subtype="FLOAT")
    expected = features(tiny).transform([(soxr.resample(clip, rate, RATE), RATE)])[0]
    for row in features(tiny).transform([path, (clip, rate)]):
        close(row, expected)


def test_the_input_is_not_changed(tiny):
    clip = voice(0.5, rate=22_050)
    clip.flags.writeable = False
    row = {"array": clip, "sampling_rate": 22_050}
    X = [row, (clip, 22_050)]
    before = clip.copy()
    features(tiny).fit_transform(X)
    np.testing.assert_array_equal(clip, before)
    assert X[0] is row
    assert set(row) == {"array", "sampling_rate"}


@pytest.fixture
def two_folders(tmp_path):
    """Folders in which ``a.wav`` are different clips, and those clips."""
    clips = [voice(0.5, seed) for seed in (1, 2)]
    for name, clip in zip(("one", "two"), clips, strict=True):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "a.wav", clip, subtype="FLOAT")
    return [tmp_path / "one", tmp_path / "two"], clips


@pytest.mark.parametrize("trusted", [False, True])
def test_relative_paths_follow_the_working_directory(
    tiny, tmp_path, two_folders, monkeypatch, trusted
):
    estimator = features(tiny, trusted=trusted, cache_dir=tmp_path / "cache")
    for folder, clip in zip(*two_folders, strict=True):
        monkeypatch.chdir(folder)
        close(
            estimator.transform(["a.wav"])[0], features(tiny).transform([(clip, RATE)])[0]
        )
    with pytest.raises(AudioDecodeError, match=r"X\[0\] \(b\.wav\): "):
        estimator.transform(["b.wav"])


def test_the_home_directory_is_expanded(tiny, two_folders, monkeypatch):
    (folder, _), (clip, _) = two_folders
    monkeypatch.setenv("HOME", str(folder))
    close(
        features(tiny).transform(["~/a.wav"])[0],
        features(tiny).transform([(clip, RATE)])[0],
    )


@pytest.mark.parametrize(
    ("dtype", "silence", "lowest"),
    [("u1", 128, 0), ("i1", 0, -128), ("i2", 0, -(2**15)), ("i4", 0, -(2**31))],
)
def test_full_scale_of_pcm(dtype, silence, lowest):
    samples, _ = mono_float32(np.array([silence, lowest], dtype), RATE, max_seconds=1.0)
    assert samples.tolist() == [0.0, -1.0]

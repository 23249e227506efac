"""Audio that cannot be used: the error, and no effect on other inputs."""

import os
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import soundfile

from skmiaug import TransformerFeatures
from skmiaug.feature_extraction import AudioDecodeError, FailedInputWarning
from skmiaug.utils.audio import decode

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


def pcm(n=8000):
    return b"".join(struct.pack("<h", int(3000 * np.sin(k / 9))) for k in range(n))


def wav_bytes(data, claimed=None, rate=RATE, channels=1):
    size = len(data) if claimed is None else claimed
    fmt = struct.pack("<HHIIHH", 1, channels, rate, 2 * rate * channels, 2 * channels, 16)
    body = (
        b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", size)
    )
    return b"RIFF" + struct.pack("<I", min(len(body) + size, 2**32 - 1)) + body + data


def truncated_flac(path):
    write(path, voice(3.0))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def corrupt_flac(path):
    write(path, voice(3.0))
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 4000] = os.urandom(4000)
    path.write_bytes(data)


def lying_flac(path):
    # The 36-bit number of samples sits in the last bits before the MD5 of STREAMINFO.
    write(path, voice(0.5))
    data = bytearray(path.read_bytes())
    data[22:26] = struct.pack(">I", 800_000)
    path.write_bytes(data)


BAD_FILES = {
    "missing": (lambda p: None, "expected an audio file, got none"),
    "empty": (lambda p: p.write_bytes(b""), r"empty one \(0 bytes\)"),
    "folder": (lambda p: p.mkdir(), "expected a regular file"),
    "pipe": (lambda p: os.mkfifo(p), "expected a regular file"),
    "no audio": (lambda p: p.write_text("Not audio. " * 50), "that libsndfile can read"),
    "header only": (lambda p: p.write_bytes(wav_bytes(b"")), "no samples"),
    "half a header": (
        lambda p: p.write_bytes(wav_bytes(pcm())[:30]),
        "libsndfile can read",
    ),
    "truncated wav": (
        lambda p: p.write_bytes(wav_bytes(pcm())[:8044]),
        r"0.50 s that the header promises \(16000 bytes\), got 0.25 s \(8000\)",
    ),
    "truncated flac": (truncated_flac, "that the header promises|libsndfile can read"),
    "corrupt flac": (corrupt_flac, "that the header promises|libsndfile can read"),
    "lying flac": (
        lying_flac,
        r"50.00 s that the header promises \(800000 frames\), got 0.50 s \(8000\)|"
        "libsndfile can read",
    ),
    "lying wav": (
        lambda p: p.write_bytes(wav_bytes(pcm(), claimed=2**30)),
        r"that the header promises .*, got 0.50 s",
    ),
    "hours": (
        lambda p: p.write_bytes(wav_bytes(pcm() * 10, rate=1000)),
        "max_duration=60 s",
    ),
    "mad rate": (
        lambda p: p.write_bytes(wav_bytes(pcm(), rate=10)),
        "sampling rate of 1000",
    ),
    "mad channels": (
        lambda p: p.write_bytes(wav_bytes(pcm(), channels=500)),
        "at most 64 channels|libsndfile can read",
    ),
    "nan": (
        lambda p: write(p, np.full(8000, np.nan, np.float32), subtype="FLOAT"),
        "NaN or inf",
    ),
    "16 bits as floats": (
        lambda p: write(p, 32768 * voice(0.5), subtype="FLOAT"),
        "full scale at ±1, got values up to",
    ),
    "short": (
        lambda p: write(p, voice(0.5)[:40]),
        r"at least 60 samples at 16000 Hz \(3.75 ms, .*receptive field\), got 40",
    ),
}


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_files_are_named_or_become_nan(tiny, tmp_path, clip, plain, kind, trusted):
    make, message = BAD_FILES[kind]
    suffix = ".flac" if "flac" in kind else ".wav"
    bad = tmp_path / f"bad{suffix}"
    make(bad)
    X = [(clip, RATE), str(bad), (clip, RATE)]
    strict = features(tiny, trusted=trusted, max_duration=60.0)
    with pytest.raises(AudioDecodeError, match=rf"X\[1\] \(.*bad{suffix}\).*({message})"):
        strict.transform(X)
    with pytest.warns(
        FailedInputWarning, match="1 of 3 inputs could not be used"
    ) as caught:
        got = strict.set_params(on_error="nan").transform(X)
    assert len(caught) == 1
    assert np.isnan(got[1]).all()
    close(got[0], plain)
    close(got[2], plain)


BAD_ARRAYS = {
    "empty": ((np.empty(0), RATE), AudioDecodeError, "no samples"),
    "nan": ((np.array([0.1, np.nan] * 500), RATE), AudioDecodeError, "NaN or inf"),
    "stereo": ((np.zeros((2, 800)), RATE), AudioDecodeError, r"shape \(2, 800\); average"),
    "complex": ((np.zeros(800, complex), RATE), AudioDecodeError, "real numbers"),
    "words": ((["a", "b"], RATE), AudioDecodeError, "real numbers"),
    "ragged": (([[1.0], [1.0, 2.0]], RATE), AudioDecodeError, "parts of unequal length"),
    "int64": (([1000, -1000] * 400, RATE), AudioDecodeError, "got int64.*dtype=np.int16"),
    "uint16": ((np.ones(800, np.uint16), RATE), AudioDecodeError, "got uint16"),
    "huge": ((np.full(800, 1e60), RATE), AudioDecodeError, "NaN or inf"),
    "16 bits": (
        (np.full(800, 3000.0), RATE),
        AudioDecodeError,
        r"full scale at ±1, got values up to 3000: .*32768 for 16 bits",
    ),
    "no rate": ((np.zeros(800), 0), AudioDecodeError, "rate of 1000 to 768000 Hz, got 0"),
    "nan rate": ((np.zeros(800), np.nan), AudioDecodeError, "sampling rate"),
    "word rate": ((np.zeros(800), "fast"), AudioDecodeError, "sampling rate"),
    "long": (
        (np.zeros(RATE * 61), RATE),
        AudioDecodeError,
        "max_duration=60 s, got 61.0 s",
    ),
    "missing": (None, AudioDecodeError, "missing value"),
    "NA": (pd.NA, AudioDecodeError, "missing value"),
    "NaN": (float("nan"), AudioDecodeError, "missing value"),
    "no path": ("", AudioDecodeError, "empty string"),
}


@pytest.mark.parametrize("kind", BAD_ARRAYS)
def test_bad_arrays_are_named_or_become_nan(tiny, clip, kind):
    bad, error, message = BAD_ARRAYS[kind]
    strict = features(tiny, max_duration=60.0)
    with pytest.raises(error, match=rf"X\[1\].*{message}"):
        strict.transform([(clip, RATE), bad])
    with pytest.warns(FailedInputWarning, match=rf"1 of 2 inputs.*X\[1\].*{message}"):
        got = strict.set_params(on_error="nan").transform([(clip, RATE), bad])
    assert np.isnan(got).any(axis=1).tolist() == [False, True]


def test_the_warning_counts_all_failures_and_shows_some(tiny, clip):
    with pytest.warns(FailedInputWarning, match=r"5 of 6 inputs.*and 2 more") as caught:
        features(tiny, on_error="nan").transform([(clip, RATE)] + [None] * 5)
    assert len(caught) == 1
    # The warning points to the line that called transform.
    assert caught[0].filename == __file__


@pytest.mark.parametrize("on_error", ["raise", "nan"])
@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (
            [np.zeros(800)],
            ValueError,
            r"X\[0\]: expected a sampling rate.*set sampling_rate",
        ),
        ("a.wav", TypeError, r"single str.*transform\(\[x\]\)"),
        ({"a.wav", "b.wav"}, TypeError, "a set, which has no order"),
        (
            (np.zeros(800), RATE),
            TypeError,
            r"single \(array, rate\) pair; put it in a list",
        ),
        ({"array": np.zeros(9), "sampling_rate": 9}, TypeError, "single dict"),
        (np.zeros(800), ValueError, r"one 1-D array of shape \(800,\)"),
        (np.zeros((2, 3, 4)), ValueError, r"shape \(2, 3, 4\)"),
        (np.array("a.wav"), ValueError, r"shape \(\)"),
        (5, TypeError, "got int"),
        ([5], TypeError, r"X\[0\]: expected a path, an array"),
        ([(RATE, np.zeros(800))], TypeError, r"X\[0\].*got the rate first.*swap"),
        ([[RATE, np.zeros(800)]], TypeError, r"X\[0\].*got the rate first.*swap"),
        ([[[1.0], [1.0, 2.0]]], ValueError, r"X\[0\]: expected a sampling rate"),
        (
            [{"path": "a.wav"}],
            TypeError,
            r"X\[0\].*'array' and 'sampling_rate'.*\['path'\]",
        ),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), ValueError, r"got 2: \['a', 'b'\]"),
        (pl.DataFrame({"a": ["x"], "b": ["y"]}), ValueError, r"got 2: \['a', 'b'\]"),
    ],
)
def test_errors_of_the_program_are_always_raised(tiny, X, error, message, on_error):
    with pytest.raises(error, match=message):
        features(tiny, on_error=on_error).transform(X)


def test_wrong_modality(tiny, clip):
    text = TransformerFeatures(model=tiny("bert"), on_error="nan")
    for bad in (
        (clip, RATE),
        clip,
        {"array": clip, "sampling_rate": RATE},
        Path("a.wav"),
        b"a",
    ):
        with pytest.raises(
            TypeError, match=r"X\[1\]: expected text.*choose a speech model"
        ):
            text.transform(["words", bad])


def test_inputs_of_the_other_modality_are_refused(tiny, tmp_path):
    speech = features(tiny, on_error="nan")
    text = TransformerFeatures(model=tiny("bert"), on_error="nan")
    path = write(tmp_path / "03a01Fa.wav", voice(0.5))
    (tmp_path / "notes.txt").write_text("words")
    (tmp_path / "sad").write_text("words")
    for method in (text.fit, text.transform):
        files = [str(tmp_path / "notes.txt"), str(tmp_path / "sad")]
        for bad in (path, "nowhere/sad.FLAC", "'sad.wav' ", *files):
            with pytest.raises(TypeError, match=r"X\[1\]: expected text, .*path of a file"):
                method(["words", bad])
        with pytest.raises(TypeError, match=r"X\[0\]: expected text, .*path of a file"):
            method(["my corpus/sad 1.wav", "my corpus/sad 2.wav", "words"])
    for method in (speech.fit, speech.transform):
        with pytest.raises(TypeError, match=r"X\[1\]: expected paths .*got text \('it was"):
            method([None, "it was nice"])
    # Missing files among paths are not texts, and a text may mention a file.
    with pytest.warns(FailedInputWarning, match="2 of 3 inputs"):
        speech.transform([path, "nowhere", "nowhere/a file"])
    assert np.isfinite(text.transform(["play song.mp3", "3.5", "and/or", "e.g."])).all()


def riff(size, length, data, form=b"RIFF"):
    order = ">" if form == b"RIFX" else "<"
    fmt = struct.pack(f"{order}HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    head = struct.pack(f"{order}I", size) + b"WAVEfmt " + struct.pack(f"{order}I", 16) + fmt
    return form + head + b"data" + struct.pack(f"{order}I", length) + data


@pytest.mark.parametrize(
    "length", [0, 0x7FFF0000, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 2**32 - 37, 2**32 - 1]
)
@pytest.mark.parametrize("size", [0, 36, 0x7FFFF024, 2**32 - 1])
def test_a_wav_written_to_a_pipe_has_no_length_in_its_header(tmp_path, length, size):
    path = tmp_path / "a.wav"
    path.write_bytes(riff(size, length, pcm()))
    samples, rate = decode(path, max_seconds=60)
    assert rate == RATE
    np.testing.assert_array_equal(samples * 2**15, np.frombuffer(pcm(), np.int16))
    with pytest.raises(AudioDecodeError, match=r"max_duration=0\.25 s, got 0\.5 s"):
        decode(path, max_seconds=0.25)


def test_a_wav_without_sound_is_empty_whatever_follows(tmp_path):
    tags = b"LIST" + struct.pack("<I", 4) + b"INFO"
    path = tmp_path / "a.wav"
    path.write_bytes(riff(36 + len(tags), 0, tags))
    with pytest.raises(AudioDecodeError, match="no samples"):
        decode(path, max_seconds=60)


def test_raw_files_are_refused_with_a_remedy(tiny, tmp_path):
    for name in ("a.raw", "a.RAW"):
        (tmp_path / name).write_bytes(pcm())
        for trusted in (False, True):
            with pytest.raises(AudioDecodeError, match=r"a \.raw file.*numpy\.fromfile"):
                features(tiny, trusted=trusted).transform([tmp_path / name])


@pytest.mark.parametrize(
    ("form", "subtype"),
    [
        ("WAV", "PCM_24"),
        ("WAVEX", "FLOAT"),
        ("RF64", "PCM_16"),
        ("AIFF", "PCM_16"),
        ("AU", "PCM_16"),
        ("NIST", "PCM_16"),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
    ],
)
def test_files_that_are_cut_short(tmp_path, form, subtype):
    path = tmp_path / "sound"
    write(path, voice(9.0), format=form, subtype=subtype)
    whole, rate = decode(path, max_seconds=60)
    assert len(whole) / rate == pytest.approx(9.0, abs=0.01)
    data = path.read_bytes()
    for part in (0.5, 0.9, 0.999):
        path.write_bytes(data[: int(part * len(data))])
        with pytest.raises(AudioDecodeError, match=r"promises.*got \d.*copy it again"):
            decode(path, max_seconds=60)
    # Trailing bytes, as of a tagger or a copy in blocks, are harmless.
    path.write_bytes(data + bytes(1000))
    assert len(decode(path, max_seconds=60)[0]) >= len(whole)


@pytest.mark.parametrize(
    "head",
    [
        b"OggS",
        b"OggS" + bytes(23),
        b".snd",
        b"RF64",
        b"FORM\0\0\0\0AIFF",
        b"RIFX",
        b"NIST_1A",
    ]
    + [b"NIST_1A\n   1024\nsample_count -i " + b"9" * 500]
    + [b"RF64\xff\xff\xff\xffWAVEds64" + bytes(6), b"OggS" + b"\xff" * 23],
)
def test_truncated_and_wrong_headers(tmp_path, head):
    path = tmp_path / "sound"
    path.write_bytes(head)
    with pytest.raises(AudioDecodeError):
        decode(path, max_seconds=60)


@pytest.mark.parametrize("length", [0, 0x7FFFFFFF, 0x80000000, 2**32 - 2, 2**32 - 1])
def test_a_streamed_au_has_no_length_in_its_header(tmp_path, length):
    path = write(tmp_path / "a.au", voice(0.5), format="AU", endian="BIG")
    data = bytearray(Path(path).read_bytes())
    data[8:12] = struct.pack(">I", length)
    Path(path).write_bytes(data)
    assert len(decode(path, max_seconds=60)[0]) == 8000


def test_a_large_file_is_refused_unread(tiny, tmp_path):
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        file.truncate(2**31 + 1)  # sparse
    with pytest.raises(AudioDecodeError, match=r"at most 2 GiB, got a file of 2\.0 GiB"):
        features(tiny).transform([path])


def test_at_most_max_duration_is_decoded(tmp_path, monkeypatch):
    # A small file of minutes of silence, whose header does not state its length.
    path = write(tmp_path / "a.flac", np.zeros(RATE * 600, np.float32))
    data = bytearray(Path(path).read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    Path(path).write_bytes(data)
    read = []
    original = soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile,
        "read",
        lambda self, n, **kw: read.append(n) or original(self, n, **kw),
    )
    with pytest.raises(AudioDecodeError, match="max_duration=20 s"):
        decode(path, max_seconds=20)
    assert sum(read) < 40 * RATE

"""Damaged audio files give samples or the documented error: no crash, no hang."""

import contextlib
import io
import struct

import numpy as np
import psutil
import pytest
import soundfile

from skmiaug.utils.audio import AudioDecodeError, DecoderProcess

RATE = 8000
FORMS = {
    "wav": ("WAV", "PCM_16"),
    "wav-float": ("WAVEX", "FLOAT"),
    "rf64": ("RF64", "PCM_16"),
    "wav-adpcm": ("WAV", "IMA_ADPCM"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "nist": ("NIST", "PCM_16"),
}
PER_FORM = 600
TIMEOUT = 3.0  # seconds, for malformed files on which libsndfile hangs
SLOWEST = 10.0  # seconds of CPU time
MEMORY = 1 << 30
# Sizes and counts that overflow, wrap around, or mean an open length.
ODD = [0, 1, 2, 7, 36, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF0000, 0x7FFFF000, 0x7FFFFFFF]
ODD += [0x80000000, 0xFFFFFFF0, 0xFFFFFFFF - 36, 0xFFFFFFFE, 0xFFFFFFFF]


def whole(form, subtype):
    rng = np.random.RandomState(0)
    clip = 0.1 * rng.standard_normal((2000, 2 if form == "AIFF" else 1))
    file = io.BytesIO()
    rate = 48_000 if subtype == "OPUS" else RATE
    soundfile.write(file, clip, rate, format=form, subtype=subtype)
    return file.getvalue()


def damaged(data, rng):
    """A copy with one to four faults, most of them in the header."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        end = len(data) if rng.random() < 0.2 else min(len(data), 120)
        if end < 8:
            break
        at = int(rng.integers(0, end - 4))
        fault = rng.integers(0, 8)
        if fault == 0:
            data[at] ^= 1 << rng.integers(0, 8)
        elif fault == 1:
            data[at : at + 4] = struct.pack(rng.choice(["<I", ">I"]), rng.choice(ODD))
        elif fault == 2:
            data[at : at + 2] = struct.pack("<H", rng.choice(ODD) & 0xFFFF)
        elif fault == 3:
            data[at : at + rng.integers(1, 16)] = rng.bytes(rng.integers(0, 16))
        elif fault == 4:
            del data[int(rng.integers(0, len(data))) :]
        elif fault == 5:
            data[at:at] = data[: rng.integers(1, 64)]
        elif fault == 6:
            name = rng.choice(
                [b"LIST", b"data", b"fmt ", b"SSND", b"COMM", b"OggS", b"ds64"]
            )
            data[at & ~1 : (at & ~1) + 8] = name + struct.pack("<I", rng.choice(ODD))
        else:
            other = FORMS[rng.choice(list(FORMS))]
            data[:at] = whole(*other)[:at]
    return bytes(data)


def cpu_seconds(decoder):
    """CPU time of the child; 0 where there is none."""
    return 0.0 if decoder.pid is None else sum(psutil.Process(decoder.pid).cpu_times()[:2])


@pytest.fixture(scope="module")
def decoder():
    decoder = DecoderProcess()
    yield decoder
    decoder.close()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", FORMS)
def test_damaged_headers(decoder, tmp_path, kind):
    rng = np.random.default_rng(list(FORMS).index(kind))
    data = whole(*FORMS[kind])
    path = tmp_path / f"sound.{kind}"
    n_read, peak, longest = 0, 0, 0.0
    for _ in range(PER_FORM):
        path.write_bytes(damaged(data, rng))
        before = cpu_seconds(decoder)
        with contextlib.suppress(AudioDecodeError):
            samples, rate = decoder.decode(path, max_seconds=60.0, timeout=TIMEOUT)
            n_read += 1
            assert 0 < len(samples) <= 60 * rate
            assert samples.dtype == np.float32
            assert np.isfinite(samples).all()
        # A child that is new has begun to count anew.
        longest = max(longest, cpu_seconds(decoder) - before)
        if decoder.pid is not None:
            peak = max(peak, psutil.Process(decoder.pid).memory_info().rss)
    print(f"{kind}: longest {longest:.2f} s of CPU time, {peak / 2**20:.0f} MiB")
    assert longest < SLOWEST
    assert peak < MEMORY
    # Some faults are harmless, and some are errors.
    assert 0 < n_read < PER_FORM

"""Time of a fit to audio and text together, against one to the audio alone.

Both in one run, in time of the CPU; run alone on a quiet machine::

    pytest tests/benchmarks/test_paired_speed.py -m benchmark -s
"""

import time

import numpy as np
import pytest

from skmiaug import MIGANAugmenter

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

N_AUDIO, N_TEXT = 768, 384
COUNTS = (630, 473, 315, 158)
MODALITIES = {"audio": slice(0, N_AUDIO), "text": slice(N_AUDIO, N_AUDIO + N_TEXT)}
MOST = 1.6


def corpus() -> tuple[np.ndarray, np.ndarray]:
    """Pairs whose text depends on the audio; float32."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(len(COUNTS)), COUNTS)
    audio = rng.normal(size=(len(y), N_AUDIO)) + 0.2 * rng.normal(size=(4, N_AUDIO))[y]
    text = 0.5 * audio[:, :N_TEXT] + rng.normal(size=(len(y), N_TEXT))
    return np.hstack([audio, text]).astype(np.float32), y


def cpu_of_fit(X, y, **parameters) -> float:
    parameters = {"max_iter": 500} | parameters
    augmenter = MIGANAugmenter(random_state=0, device="cpu", **parameters)
    start = time.process_time()
    augmenter.fit(X, y)
    return time.process_time() - start


@pytest.mark.parametrize("max_iter", [250, 500])
def test_a_paired_fit_takes_at_most_1_6_times_as_long(max_iter):
    X, y = corpus()
    steps = {"max_iter": max_iter, "n_iter_no_change": max_iter}
    # In turns, so that other work on the machine slows both.
    alone, together = np.transpose(
        [
            (
                cpu_of_fit(X[:, MODALITIES["audio"]], y, **steps),
                cpu_of_fit(X, y, modalities=MODALITIES, **steps),
            )
            for _ in range(3)
        ]
    )
    ratio = together.min() / alone.min()
    print(
        f"\n{max_iter} steps: audio {alone.min():.1f} s, audio and text "
        f"{together.min():.1f} s of CPU, ratio {ratio:.2f}",
        end="",
    )
    assert ratio <= MOST

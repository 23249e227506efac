"""Time of ContrastiveAligner at the size of a corpus: 5,531 rows of 768 + 384 features.

Run alone on a quiet machine of two cores::

    pytest tests/benchmarks/test_aligner_speed.py -m benchmark -s
"""

import os
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from skmiaug import ContrastiveAligner

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

N_AUDIO, N_TEXT = 768, 384
COUNTS = (1708, 1636, 1103, 1084)  # the skew of IEMOCAP with four classes
THREADS = 2
MODALITIES = {"audio": slice(0, N_AUDIO), "text": slice(N_AUDIO, N_AUDIO + N_TEXT)}


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


def corpus(n_times: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that share 40 directions, with classes that overlap; float32."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(len(COUNTS)), np.multiply(COUNTS, n_times))
    said = rng.normal(size=(len(y), 40)) + 0.7 * rng.normal(size=(len(COUNTS), 40))[y]
    X = said @ rng.normal(size=(40, N_AUDIO + N_TEXT))
    X += 8.0 * rng.normal(size=X.shape)
    return X.astype(np.float32), y


def timed_fit(X, y, **parameters) -> tuple[ContrastiveAligner, float]:
    aligner = ContrastiveAligner(
        modalities=MODALITIES, random_state=0, device="cpu", **parameters
    )
    start, cpu_start = time.perf_counter(), time.process_time()
    aligner.fit(X, y)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    load = os.getloadavg()[0]
    print(
        f"\nfit {len(X)} x ({N_AUDIO} + {N_TEXT}): {seconds:.1f} s, {cpu:.1f} s of CPU, "
        f"{aligner.n_iter_} steps (load {load:.1f} on {os.cpu_count()} cores)",
        end="",
    )
    return aligner, seconds


@pytest.mark.parametrize("missing", [0, 1000], ids=["whole", "text missing"])
def test_a_fit_takes_less_than_a_minute(missing):
    X, y = corpus()
    X[:missing, N_AUDIO:] = np.nan
    _, seconds = timed_fit(X, y)
    assert seconds < 60


@pytest.mark.parametrize("same_class", ["negative", "masked", "positive"])
def test_so_does_one_that_never_stops_early(same_class):
    aligner, seconds = timed_fit(*corpus(), n_iter_no_change=10**6, same_class=same_class)
    assert aligner.n_iter_ == aligner.max_iter
    assert seconds < 60


def test_rows_are_projected_faster_than_they_are_learned():
    X, y = corpus()
    aligner, seconds = timed_fit(X, y)
    start = time.perf_counter()
    aligner.transform(X)
    projecting = time.perf_counter() - start
    print(f"; transform {projecting:.2f} s", end="")
    assert projecting < 0.5 * seconds


def test_a_hundred_thousand_rows_cost_steps_and_not_passes():
    """Batches are drawn: eighteen times the rows cost the passes of scaling alone."""
    _, few = timed_fit(*corpus(), n_iter_no_change=10**6)
    aligner, many = timed_fit(*corpus(18), n_iter_no_change=10**6)
    assert len(aligner.classes_) == 4
    assert many < 4 * few

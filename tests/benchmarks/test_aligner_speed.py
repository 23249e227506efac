"""Time of ContrastiveAligner at the size of a corpus: 5,531 rows of 768 + 384 features.

Run alone on a quiet machine of two cores::

    pytest tests/benchmarks/test_aligner_speed.py -m benchmark -s
"""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from skmiaug import ContrastiveAligner
from tests.benchmarks.suite._corpora import IEMOCAP
from tests.benchmarks.suite._measure import show, torch_threads

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

N_AUDIO, N_TEXT = 768, 384
THREADS = 2
MODALITIES = {"audio": slice(0, N_AUDIO), "text": slice(N_AUDIO, N_AUDIO + N_TEXT)}


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    with torch_threads(THREADS):
        yield


def corpus(n_times: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that share 40 directions, with classes that overlap; float32."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(len(IEMOCAP)), np.multiply(IEMOCAP, n_times))
    shared = rng.normal(size=(len(y), 40)) + 0.7 * rng.normal(size=(len(IEMOCAP), 40))[y]
    X = shared @ rng.normal(size=(40, N_AUDIO + N_TEXT))
    X += 8.0 * rng.normal(size=X.shape)
    return X.astype(np.float32), y


def timed_fit(X, y, **parameters) -> tuple[ContrastiveAligner, float]:
    aligner = ContrastiveAligner(
        modalities=MODALITIES, random_state=0, device="cpu", **parameters
    )
    start, cpu_start = time.perf_counter(), time.process_time()
    aligner.fit(X, y)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    show(
        f"fit, {len(X)} x ({N_AUDIO} + {N_TEXT})",
        f"{seconds:6.2f} s ({aligner.n_iter_} steps, {cpu:.1f} s of CPU)",
    )
    return aligner, seconds


@pytest.mark.parametrize("missing", [0, 1000], ids=["whole", "text missing"])
def test_a_fit_takes_less_than_a_minute(missing):
    X, y = corpus()
    X[:missing, N_AUDIO:] = np.nan
    _, seconds = timed_fit(X, y)
    assert seconds < 60


@pytest.mark.parametrize("same_class", ["negative", "masked", "positive"])
def test_a_fit_that_never_stops_early_takes_less_than_a_minute(same_class):
    aligner, seconds = timed_fit(*corpus(), n_iter_no_change=10**6, same_class=same_class)
    assert aligner.n_iter_ == aligner.max_iter
    assert seconds < 60


def test_transform_takes_less_than_half_of_a_fit():
    X, y = corpus()
    aligner, seconds = timed_fit(X, y)
    start = time.perf_counter()
    aligner.transform(X)
    projecting = time.perf_counter() - start
    print(f"; transform {projecting:.2f} s", end="")
    assert projecting < 0.5 * seconds


def test_eighteen_times_the_rows_take_less_than_four_times_as_long():
    """Steps draw batches, so that only the scaling passes over all rows."""
    _, few = timed_fit(*corpus(), n_iter_no_change=10**6)
    aligner, many = timed_fit(*corpus(18), n_iter_no_change=10**6)
    assert len(aligner.classes_) == 4
    assert many < 4 * few

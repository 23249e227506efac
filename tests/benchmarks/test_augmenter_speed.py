"""Time and memory of MIGANAugmenter at the size of a corpus: 5,531 rows of 768 features.

Run alone on a quiet machine of two cores::

    pytest tests/benchmarks/test_augmenter_speed.py -m benchmark -s
"""

import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from skmiaug import MIGANAugmenter
from tests._internals import cpu_threads_for
from tests.benchmarks.suite._corpora import IEMOCAP, corpus
from tests.benchmarks.suite._measure import interleaved_medians, show, torch_threads
from tests.benchmarks.suite._step import (
    CPU,
    build_products,
    build_step,
    default_parameters,
)

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

N_ROWS, N_FEATURES, N_CLASSES = 5531, 768, 4
THREADS = 2


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    with torch_threads(THREADS):
        yield


@pytest.fixture(scope="module")
def fitted() -> tuple[MIGANAugmenter, str, float]:
    """A fitted augmenter, a description of the fit, and its seconds."""
    return timed_fit()


def timed_fit(**parameters) -> tuple[MIGANAugmenter, str, float]:
    X, y = corpus(IEMOCAP, N_FEATURES)
    with torch_threads(THREADS):
        start, cpu_start = time.perf_counter(), time.process_time()
        parameters = {"max_iter": 500, "device": "cpu"} | parameters
        augmenter = MIGANAugmenter(random_state=0, **parameters).fit(X, y)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    return augmenter, f"{augmenter.n_iter_} steps, {cpu:.1f} s of CPU", seconds


def test_a_fit_takes_less_than_half_a_minute(fitted):
    _, detail, seconds = fitted
    show(f"fit, {N_ROWS} x {N_FEATURES}", f"{seconds:6.2f} s ({detail})")
    assert seconds < 30


def test_a_fit_that_never_stops_early_takes_less_than_half_a_minute():
    augmenter, detail, seconds = timed_fit(n_iter_no_change=10**6)
    assert augmenter.n_iter_ == augmenter.max_iter
    show(f"fit, {N_ROWS} x {N_FEATURES}, all steps", f"{seconds:6.2f} s ({detail})")
    assert seconds < 30


def test_a_hundred_thousand_rows_are_drawn_within_three_seconds(fitted):
    augmenter, _, _ = fitted
    augmenter.sample(1000)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        augmenter.sample(100_000)
        seconds.append(time.perf_counter() - start)
    figure = f"{np.median(seconds):6.2f} s, best {min(seconds):.2f} s"
    detail = f"residual {augmenter.residual_scale_:g}, bandwidth {augmenter.bandwidth_:g}"
    show(f"sample(100_000) x {N_FEATURES}", f"{figure} ({detail})")
    assert np.median(seconds) < 3


@pytest.mark.parametrize(
    ("n_features", "n_components", "most"),
    [(N_FEATURES, N_FEATURES, 2), (N_FEATURES, "auto", 2), (47, "auto", 4)],
)
def test_a_step_takes_few_times_its_matrix_products(n_features, n_components, most):
    parameters = default_parameters(N_ROWS, n_features, N_CLASSES, n_components)
    # Both on as many threads as a fit would use.
    with cpu_threads_for(parameters.largest_product(), CPU):
        n_threads = torch.get_num_threads()
        step, products = interleaved_medians(
            build_step(parameters, IEMOCAP), build_products(parameters, N_CLASSES)
        )
    figure = f"{1e3 * step:6.2f} ms / {1e3 * products:.2f} ms = {step / products:.2f}"
    label = f"step / its products, {parameters.sizes[0]} components"
    show(label, f"{figure} ({n_threads} threads)")
    assert step <= most * products


MEMORY_SCRIPT = """
import resource, sys
import numpy as np, torch
from tests.benchmarks.suite._corpora import IEMOCAP, corpus
from tests.benchmarks.test_augmenter_speed import N_FEATURES
from skmiaug import MIGANAugmenter

torch.set_num_threads(2)
# Imports and caches of the libraries are not part of the peak.
rng = np.random.default_rng(0)
MIGANAugmenter(max_iter=3, device="cpu").fit(rng.normal(size=(60, 5)), np.arange(60) % 2)
n_times = int(sys.argv[1])
X, y = corpus(IEMOCAP, N_FEATURES)
X, y = np.tile(X, (n_times, 1)), np.tile(y, n_times)
X += 0.01 * rng.standard_normal(X.shape, dtype=np.float32)
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak starts anew

def status(key):
    line = next(l for l in open("/proc/self/status") if l.startswith(key))
    return int(line.split()[1]) * 1024

before = status("VmRSS:")
MIGANAugmenter(random_state=0, device="cpu", max_iter=50).fit(X, y)
print(X.nbytes, status("VmHWM:") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("n_times", [1, 12])
def test_a_fit_takes_less_than_four_times_the_data_and_half_a_gigabyte(n_times):
    run = subprocess.run(
        [sys.executable, "-c", MEMORY_SCRIPT, str(n_times)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    size, increase = map(int, run.stdout.split())
    show(
        f"peak memory of a fit, {n_times * N_ROWS} x {N_FEATURES}",
        f"{increase / 1e6:6.0f} MB, X has {size / 1e6:.0f} MB",
    )
    assert increase < 4 * size + 500e6

"""Time and memory of all metrics at the size of a corpus: 5,531 rows of 768 features.

Run alone on a quiet machine of two cores::

    OMP_NUM_THREADS=2 pytest tests/benchmarks/test_metrics_speed.py -m benchmark -s

Where other programs want the same cores, take one thread: two that wait for each other are
several times slower.
"""

import os
import resource
import subprocess
import sys
import time

import numpy as np
import pytest

from skmiaug import metrics
from tests.benchmarks.suite._corpora import IEMOCAP

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

N_FEATURES = 768
BUDGET_SECONDS = 60
BUDGET_GB = 8
MANY = 100_000


def corpus(seed, n_times=1):
    """Correlated float32 rows of classes that overlap."""
    shared, rng = np.random.default_rng(0), np.random.default_rng(seed)
    y = np.repeat(np.arange(len(IEMOCAP)), np.multiply(IEMOCAP, n_times))
    mixing = shared.normal(size=(N_FEATURES, N_FEATURES)) / np.sqrt(N_FEATURES)
    mixing = (mixing * np.linspace(2, 0.2, N_FEATURES)).astype(np.float32)
    X = rng.standard_normal((len(y), N_FEATURES), dtype=np.float32) @ mixing
    X += 0.3 * shared.normal(size=(len(IEMOCAP), N_FEATURES)).astype(np.float32)[y]
    return X, y


def everything(real, synthetic, fresh):
    """Each metric as it is called by default, permutation nulls included."""
    X, y = synthetic
    return {
        "classifier_bound": lambda: metrics.classifier_bound(X, y),
        "mixed_information": lambda: metrics.mixed_information(X, y),
        "infonce_information": lambda: metrics.infonce_information(X, real[0][: len(X)]),
        # These two are for few columns.
        "ksg_information": lambda: metrics.ksg_information(X[:, :5], X[:, 5:10]),
        "gaussian_information": lambda: metrics.gaussian_information(
            X[:, :50], X[:, 50:100]
        ),
        "mutual_information_score": lambda: metrics.mutual_information_score(X, y, *real),
        "frechet_distance": lambda: metrics.frechet_distance(real[0], X),
        "precision_recall_density_coverage": lambda: (
            metrics.precision_recall_density_coverage(real[0], X)
        ),
        "classifier_two_sample_test": lambda: metrics.classifier_two_sample_test(
            real[0], X
        ),
        "feature_drift": lambda: metrics.feature_drift(real[0], X),
        "covariance_drift": lambda: metrics.covariance_drift(real[0], X),
        "variance_ratio": lambda: metrics.variance_ratio(*real, X, y),
        "nearest_row_leakage": lambda: metrics.nearest_row_leakage(X, real[0], fresh[0]),
        "train_on_synthetic_test_on_real": lambda: metrics.train_on_synthetic_test_on_real(
            X, y, *fresh
        ),
        "utility_gain": lambda: metrics.utility_gain(*real, X, y, *fresh),
    }


def test_all_metrics_of_a_corpus_take_less_than_a_minute():
    calls = everything(corpus(1), corpus(2), corpus(3))
    total = total_cpu = 0.0
    print()
    for name, call in calls.items():
        start, cpu = time.perf_counter(), time.process_time()
        call()
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        print(f"{name:36s} {seconds:6.2f} s, {cpu:6.2f} s of CPU", flush=True)
        total, total_cpu = total + seconds, total_cpu + cpu
    load = os.getloadavg()[0]
    print(f"{'together':36s} {total:6.2f} s, {total_cpu:6.2f} s of CPU (load {load:.1f})")
    assert total < BUDGET_SECONDS


# Those of all rows; the first of them, of all pairs, takes a quarter of an hour.
OF_ALL_ROWS = (
    "precision_recall_density_coverage",
    "nearest_row_leakage",
    "frechet_distance",
    "feature_drift",
    "covariance_drift",
    "variance_ratio",
    "mutual_information_score",
    "mixed_information",
    "classifier_bound",
    "classifier_two_sample_test",
)


@pytest.mark.parametrize("name", OF_ALL_ROWS)
def test_memory_at_100_000_rows(name):
    """Real, synthetic and fresh rows are 0.9 GB of it."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, name], capture_output=True, text=True, check=True
    )
    print(f"\n{done.stdout.strip()}", end="")
    assert float(done.stdout.split(" GB")[0].split()[-1]) < BUDGET_GB


def measure_memory(name):
    """What a process of its own needs for one metric; prints it."""
    times = MANY // sum(IEMOCAP) + 1
    sets = [corpus(seed, times) for seed in (1, 2, 3)]
    sets = [(X[:MANY], y[:MANY]) for X, y in sets]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    everything(*sets)[name]()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{name:36s} {peak / 2**20:5.2f} GB ({before / 2**20:.2f} before), {seconds:.0f} s"
    )


if __name__ == "__main__":
    measure_memory(sys.argv[1])

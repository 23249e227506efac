"""Time and memory of MIGANAugmenter at the size of a corpus: 5,531 rows of 768 features.

Run alone on a quiet machine of two cores::

    pytest tests/benchmarks/test_augmenter_speed.py -m benchmark -s
"""

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from skmiaug import MIGANAugmenter
from skmiaug.over_sampling._settings import FitSettings, equal_class_entropy
from skmiaug.training import GanBatches, GanWeights, build_players, gan_step
from skmiaug.utils._threads import cpu_threads_for

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

N_ROWS, N_FEATURES, N_CLASSES = 5531, 768, 4
COUNTS = (1708, 1636, 1103, 1084)  # the skew of IEMOCAP with four classes
THREADS = 2
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


def corpus() -> tuple[np.ndarray, np.ndarray]:
    """Correlated float32 rows whose classes overlap."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(N_CLASSES), COUNTS)
    mixing = rng.normal(size=(N_FEATURES, N_FEATURES)) / np.sqrt(N_FEATURES)
    X = rng.normal(size=(N_ROWS, N_FEATURES)) @ mixing * np.linspace(2, 0.2, N_FEATURES)
    X += 0.3 * rng.normal(size=(N_CLASSES, N_FEATURES))[y]
    return X.astype(np.float32), y


@pytest.fixture(scope="module")
def fitted() -> tuple[MIGANAugmenter, str, float]:
    """A fitted augmenter, how it went, and the seconds it took."""
    return timed_fit()


def timed_fit(**parameters) -> tuple[MIGANAugmenter, str, float]:
    X, y = corpus()
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        start, cpu_start = time.perf_counter(), time.process_time()
        augmenter = MIGANAugmenter(random_state=0, device="cpu", **parameters).fit(X, y)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    finally:
        torch.set_num_threads(before)
    return augmenter, f"{augmenter.n_iter_} steps, {cpu:.1f} s of CPU", seconds


def show(label: str, figure: str) -> None:
    load = os.getloadavg()[0]
    print(f"\n{label:48s} {figure}   (load {load:.1f} on {os.cpu_count()} cores)", end="")


def test_a_fit_takes_less_than_half_a_minute(fitted):
    _, detail, seconds = fitted
    show(f"fit, {N_ROWS} x {N_FEATURES}", f"{seconds:6.2f} s ({detail})")
    assert seconds < 30


def test_so_does_one_that_never_stops_early():
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
    detail = f"residual {augmenter.residual_strength_:g}, spread {augmenter.spread_:g}"
    show(f"sample(100_000) x {N_FEATURES}", f"{figure} ({detail})")
    assert np.median(seconds) < 3


def settings_with(n_components: int | str) -> FitSettings:
    """The augmenter's defaults, as a fit to the corpus resolves them."""
    augmenter = MIGANAugmenter(n_components=n_components)
    augmenter.classes_ = np.arange(N_CLASSES)
    return augmenter._settings(np.empty((N_ROWS, N_FEATURES)), CPU)


def build_step(settings: FitSettings) -> Callable[[], object]:
    """One training step, batch included."""
    rng = torch.Generator().manual_seed(0)
    m, counts = settings.n_components, torch.tensor(COUNTS)
    players = build_players(
        n_features=m,
        n_classes=N_CLASSES,
        latent_dim=settings.latent_dim,
        n_codes=settings.n_continuous_codes,
        generator_sizes=settings.generator_hidden_layer_sizes,
        critic_sizes=settings.critic_hidden_layer_sizes,
        generator_lr=settings.generator_learning_rate,
        critic_lr=settings.critic_learning_rate,
        seed=0,
        device=CPU,
    )
    batches = GanBatches(
        rows=torch.randn(N_ROWS, m, generator=rng),
        row_means=torch.zeros(N_CLASSES, m),
        class_begin=torch.cumsum(counts, 0) - counts,
        class_count=counts,
        means=torch.randn(N_CLASSES, m, generator=rng),
        spread=0.7,
        latent_width=settings.latent_dim + settings.n_continuous_codes,
        batch_size=settings.batch_size,
        generator=rng,
    )
    entropy = equal_class_entropy(N_CLASSES)
    weights = GanWeights(settings.mi_weight, settings.leash, entropy, settings.autocast)
    return lambda: gan_step(players, batches.draw(), weights)


def layer_products(n: int, widths: list[int], *, weights: bool, inputs: bool):
    """Shapes (rows, inner, columns) of the products of a stack of layers, back and forth.

    ``weights``, ``inputs``: whether the gradient of the weights is wanted, and that of
    what comes in.
    """
    for k, (wide, narrow) in enumerate(itertools.pairwise(widths)):
        yield n, wide, narrow
        if weights:
            yield narrow, n, wide
        if inputs or k > 0:
            yield n, narrow, wide


def build_products(settings: FitSettings) -> Callable[[], object]:
    """The matrix products of that step alone, in the same precision."""
    n, m, codes = settings.batch_size, settings.n_components, settings.n_continuous_codes
    entered = m + settings.latent_dim + codes
    generator = [entered, *settings.generator_hidden_layer_sizes, m]
    critic = [m, *settings.critic_hidden_layer_sizes, 1 + 2 * N_CLASSES + 2 * codes]
    shapes = [
        *layer_products(n, generator, weights=True, inputs=False),
        # Its own step shows the critic real and generated rows, the generator's step the
        # generated ones, for the gradient of what comes in.
        *layer_products(2 * n, critic, weights=True, inputs=False),
        *layer_products(n, critic, weights=False, inputs=True),
    ]
    pairs = [(torch.randn(a, b), torch.randn(b, c)) for a, b, c in shapes]
    return lambda: [left @ right for left, right in pairs]


def interleaved_medians(*calls: Callable[[], object], repeats: int = 150) -> list[float]:
    """Median seconds of each, taken in turns so that all meet the same load."""
    seconds = np.empty((repeats, len(calls)))
    for call in calls:
        for _ in range(5):
            call()
    for turn in seconds:
        for k, call in enumerate(calls):
            start = time.perf_counter()
            call()
            turn[k] = time.perf_counter() - start
    return np.median(seconds, axis=0).tolist()


@pytest.mark.parametrize("n_components", [N_FEATURES, "auto"])
def test_a_step_takes_at_most_twice_its_matrix_products(n_components):
    settings = settings_with(n_components)
    # Both on as many threads as a fit would use.
    with cpu_threads_for(settings.largest_product(), CPU):
        n_threads = torch.get_num_threads()
        step, products = interleaved_medians(build_step(settings), build_products(settings))
    figure = f"{1e3 * step:6.2f} ms / {1e3 * products:.2f} ms = {step / products:.2f}"
    label = f"step / its products, {settings.n_components} components"
    show(label, f"{figure} ({n_threads} threads)")
    assert step <= 2 * products


MEMORY_SCRIPT = """
import resource, sys
import numpy as np, torch
from tests.benchmarks.test_augmenter_speed import corpus
from skmiaug import MIGANAugmenter

torch.set_num_threads(2)
# Everything is imported, and the libraries have what they keep.
rng = np.random.default_rng(0)
MIGANAugmenter(max_iter=3, device="cpu").fit(rng.normal(size=(60, 5)), np.arange(60) % 2)
n_copies = int(sys.argv[1])
X, y = corpus()
X, y = np.tile(X, (n_copies, 1)), np.tile(y, n_copies)
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
@pytest.mark.parametrize("n_copies", [1, 12])
def test_a_fit_takes_less_than_four_times_the_data_and_half_a_gigabyte(n_copies):
    run = subprocess.run(
        [sys.executable, "-c", MEMORY_SCRIPT, str(n_copies)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    size, increase = map(int, run.stdout.split())
    show(
        f"peak memory of a fit, {n_copies * N_ROWS} x {N_FEATURES}",
        f"{increase / 1e6:6.0f} MB, X has {size / 1e6:.0f} MB",
    )
    assert increase < 4 * size + 500e6

"""Memory of fits to a memory map and of rows drawn to a file: 100,000 x 1,024 float32.

Run alone on a quiet machine, with 2 GB of room for temporary files::

    pytest tests/benchmarks/test_memory_map_speed.py -m benchmark -s
"""

import subprocess
import sys

import numpy as np
import pytest

from tests.benchmarks.suite._measure import show

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

N_ROWS, N_FEATURES, N_COMPONENTS = 100_000, 1024, 512
GIB = 2**30

# The system may drop mapped pages of a file at any time, so anonymous memory counts,
# of which the kernel keeps no peak. A thread reads it every 5 ms.
SCRIPT = """
import sys, threading, time
import numpy as np, torch
from skmiaug import MIGANAugmenter

torch.set_num_threads(1)
folder, what, bandwidth = sys.argv[1:]

def anonymous():
    with open("/proc/self/status") as file:
        line = next(l for l in file if l.startswith("RssAnon"))
    return int(line.split()[1]) * 1024

def measured(call):
    peak, done = [anonymous()], threading.Event()
    def watch():
        while not done.wait(0.005):
            peak.append(anonymous())
    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    call()
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    print(max(peak) - peak[0], seconds)

rng = np.random.default_rng(0)
MIGANAugmenter(max_iter=3, device="cpu").fit(rng.normal(size=(60, 5)), np.arange(60) % 2)
y = np.load(folder + "/y.npy")
bandwidth = float(bandwidth)
augmenter = MIGANAugmenter(
    random_state=0, device="cpu", max_iter=50, bandwidth=bandwidth
)
if what == "sample_to":
    some = np.load(folder + "/X.npy", mmap_mode="r")[:5000]
    augmenter.fit(some.copy(), y[:5000])
    measured(lambda: augmenter.sample_to(folder + "/new.npy", len(y), rng.permutation(y)))
else:
    X = np.load(folder + "/X.npy", mmap_mode="r" if what == "mapped" else None)
    measured(lambda: augmenter.fit(X, y))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """100,000 rows of five classes in no order, and their labels, on disk."""
    folder = tmp_path_factory.mktemp("rows")
    rng = np.random.default_rng(0)
    y = rng.choice(5, N_ROWS, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    shift = 0.3 * rng.normal(size=(5, N_FEATURES)).astype(np.float32)
    X = np.lib.format.open_memmap(
        folder / "X.npy", mode="w+", dtype=np.float32, shape=(N_ROWS, N_FEATURES)
    )
    scale = np.linspace(2, 0.2, N_FEATURES, dtype=np.float32)
    for begin in range(0, N_ROWS, 10_000):
        rows = slice(begin, begin + 10_000)
        noise = rng.standard_normal((10_000, N_FEATURES), dtype=np.float32)
        X[rows] = noise * scale + shift[y[rows]]
    X.flush()
    np.save(folder / "y.npy", y)
    return folder


def run(folder, what: str, bandwidth: float) -> tuple[float, float]:
    """Bytes of anonymous memory at the peak above those before, and seconds."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), what, str(bandwidth)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    memory, seconds = map(float, done.stdout.split())
    size = N_ROWS * N_FEATURES * 4
    figure = f"{memory / 1e6:6.0f} MB in {seconds:5.1f} s (X has {size / 1e6:.0f} MB)"
    show(f"{what}, {N_ROWS} x {N_FEATURES}, bandwidth {bandwidth:g}", figure)
    return memory, seconds


@pytest.mark.parametrize("bandwidth", [1.0, 0.5])
def test_a_fit_to_a_map_holds_the_projected_rows_and_blocks(folder, bandwidth):
    mapped, _ = run(folder, "mapped", bandwidth)
    in_memory, _ = run(folder, "in memory", bandwidth)
    projected = N_ROWS * N_COMPONENTS * 4
    assert mapped < 1.25 * projected + GIB / 4
    assert mapped < in_memory


@pytest.mark.parametrize("bandwidth", [1.0, 0.5])
def test_rows_drawn_to_a_file_take_a_few_blocks(folder, bandwidth):
    memory, _ = run(folder, "sample_to", bandwidth)
    assert memory < GIB / 4

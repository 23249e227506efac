"""What all tests share: seeds, real data, and quiet threads."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg  # noqa: F401 (brings a BLAS of its own)
import torch
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

# Workers of pytest-xdist share the cores: threads that wait for each other cost more
# than they bring.
torch.set_num_threads(1)
threadpool_limits(1)
# Where lines are wrapped should not depend on the terminal.
os.environ["COLUMNS"] = "100"
# How long an example takes depends on the machine, not on whether it is right.
settings.register_profile(
    "skmiaug", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("skmiaug")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seeds",
        type=int,
        default=int(os.environ.get("SKMIAUG_TEST_SEEDS", "1")),
        help="how many seeds each test that takes `seed` runs with (default 1)",
    )


def pytest_collection_finish() -> None:
    # Tests and modules stay until the end: to search them for garbage again and again took
    # a tenth of all time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(metafunc.config.getoption("--seeds")))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") is not None:
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA GPU")


@pytest.fixture
def emodb() -> dict[str, np.ndarray]:
    """The EmoDB features, where they are."""
    path = DATA / "emodb_features.npz"
    if not path.exists():
        pytest.skip(f"needs {path.name} in ../shared/data")
    return dict(np.load(path))


@pytest.fixture
def skewed() -> tuple[np.ndarray, np.ndarray]:
    """Three classes of 60, 25 and 8 rows, 12 features, far enough apart to learn."""
    rng = np.random.default_rng(0)
    counts = [60, 25, 8]
    y = np.repeat([0, 1, 2], counts)
    means = rng.normal(size=(3, 12)) * 1.5
    X = means[y] + rng.normal(size=(len(y), 12)) @ (np.eye(12) + 0.3)
    return X, y

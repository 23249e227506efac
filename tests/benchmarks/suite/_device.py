"""Speed on a device: the captured step, a whole fit, many λ."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from skmiaug import MIGANAugmenter, mi_path
from tests.benchmarks.suite._corpora import corpus, imbalanced_counts
from tests.benchmarks.suite._measure import Cost, cost_of
from tests.benchmarks.suite._step import build_step, default_parameters, step_products
from tests.benchmarks.suite._table import Line


def on_device(
    device: torch.device,
    size: tuple[int, int, int],
    n_weights: int,
    *,
    n_steps: int = 500,
) -> Iterator[Line]:
    """A step eager and captured, a fit at defaults, and ``n_weights`` λ against one.

    Parameters
    ----------
    device : torch.device
    size : tuple of (rows, features, classes)
    n_weights : int
    n_steps : int
        Of all runs.
    """
    n_rows, n_features, n_classes = size
    part = f"on {device}"
    parameters = default_parameters(*size, device=device)
    counts = imbalanced_counts(n_rows, n_classes)
    steps = (
        build_step(parameters, counts, device=device, captured=captured)
        for captured in (False, True)
    )
    eager, captured = (step_seconds(step, device, n_steps) for step in steps)
    flops = sum(2 * a * b * c for a, b, c in step_products(parameters, n_classes))
    note = f"{flops / 1e9:.2f} GFLOP of matrix products"
    yield Line(part, "step, eager", *size, eager, note=note)
    yield Line(
        part, "step, captured", *size, captured, ratio=captured / eager, of="eager",
        note=f"{flops / captured / 1e12:.2f} TFLOP a second",
    )  # fmt: skip

    X, y = corpus(counts, n_features)
    small = X[:: max(n_rows // 500, 1)], y[:: max(n_rows // 500, 1)]
    template = MIGANAugmenter(random_state=0, device=device, max_iter=n_steps)
    mi_path(*small, mi_weights=[0, 1], augmenter=template)  # starts what is started once
    fit = cost_of(lambda: template.fit(X, y))
    yield Line(part, "fit at defaults", *size, *fit, note=f"{template.n_iter_} steps")
    template.set_params(n_iter_no_change=n_steps)

    def together(k: int) -> Cost:
        grid = np.linspace(0, 3, k)
        return cost_of(lambda: mi_path(X, y, mi_weights=grid, augmenter=template))

    one, many = together(1), together(n_weights)
    yield Line(part, "one λ, all steps", *size, *one)
    yield Line(
        part, "many λ, all steps", *size, *many, weights=n_weights,
        ratio=many.seconds / one.seconds, of="one",
    )  # fmt: skip


def step_seconds(step: Callable[[], object], device: torch.device, n: int) -> float:
    """Seconds of a step among many, waiting for the device at the end only."""
    for _ in range(n // 10):
        step()
    _wait(device)
    start = time.perf_counter()
    for _ in range(n):
        step()
    _wait(device)
    return (time.perf_counter() - start) / n


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)

"""Time of a λ grid trained together against as many fits one after the other.

Run alone on a quiet machine of two cores::

    pytest tests/benchmarks/test_path_speed.py -m benchmark -s
"""

import time

import pytest

from skmiaug import MIGANAugmenter, mi_path
from tests.benchmarks.suite._corpora import IEMOCAP, corpus
from tests.benchmarks.suite._measure import show, torch_threads

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

N_ROWS = sum(IEMOCAP)
WEIGHTS = (0.0, 0.1, 0.3, 1.0, 2.0, 3.0, 5.0, 10.0)
THREADS = 2


@pytest.mark.parametrize(
    ("n_features", "all_steps", "most"),
    [(47, False, 0.5), (47, True, 0.5), (768, False, 1)],
)
def test_eight_weights_together(n_features, all_steps, most):
    X, y = corpus(IEMOCAP, n_features)
    patience = 10**6 if all_steps else 5
    template = MIGANAugmenter(
        random_state=0, device="cpu", max_iter=500, n_iter_no_change=patience
    )
    with torch_threads(THREADS):
        MIGANAugmenter(max_iter=3, device="cpu").fit(X[::10], y[::10])  # imports
        begin = time.perf_counter()
        path = mi_path(X, y, mi_weights=WEIGHTS, augmenter=template)
        together = time.perf_counter() - begin
        begin = time.perf_counter()
        for weight in WEIGHTS:
            template.set_params(mi_weight=weight).fit(X, y)
        apart = time.perf_counter() - begin
    steps = sum(augmenter.n_iter_ for augmenter in path.augmenters)
    show(
        f"{len(WEIGHTS)} λ, {N_ROWS} x {n_features}, {steps} steps in all",
        f"{together:.1f} s / {apart:.1f} s = {together / apart:.2f}",
    )
    assert together <= most * apart

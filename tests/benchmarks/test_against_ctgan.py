"""MIGANAugmenter against CTGAN on the same rows, in one run, on one core each.

The aim at 47 features is ten times CTGAN's rows a second in training passes; eleven to
thirteen were measured on a quiet machine. There a third of a step are matrix products,
the rest many small operations, which other work on the machine slows down most. With
hundreds of features the ratio is far larger.

Run with the ``benchmark`` extra installed, on a quiet machine (four minutes)::

    pytest tests/benchmarks/test_against_ctgan.py -m benchmark -s

On a busy machine, ``SKMIAUG_CLOCK=cpu`` counts CPU seconds.
"""

import math
import os

import numpy as np
import pytest
import torch

from tests.benchmarks.suite._corpora import corpus, imbalanced_counts
from tests.benchmarks.suite._ctgan import (
    BATCH_SIZE,
    DEFAULT_EPOCHS,
    SKIPPED,
    CTGANCost,
    ctgan_cost,
    have_ctgan,
    step_seconds,
)
from tests.benchmarks.suite._measure import choose_clock
from tests.benchmarks.suite._parts import timed_fit

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not have_ctgan(), reason=SKIPPED),
]

N_ROWS, N_FEATURES, N_CLASSES = 4423, 47, 4
N_PASSES = 3


@pytest.fixture(scope="module", autouse=True)
def clock():
    choose_clock(os.environ.get("SKMIAUG_CLOCK", "wall"))
    yield
    choose_clock("wall")


@pytest.fixture(scope="module")
def table() -> tuple[np.ndarray, np.ndarray]:
    return corpus(imbalanced_counts(N_ROWS, N_CLASSES), N_FEATURES)


@pytest.fixture(scope="module")
def ctgan(table) -> CTGANCost:
    timed_fit(table[0][::10], table[1][::10], max_iter=3)  # imports
    return ctgan_cost(*table, passes=N_PASSES)


def test_ten_times_the_rows_a_second_in_training_passes(table, ctgan):
    n_steps = math.ceil(N_PASSES * N_ROWS / 256)
    fit = timed_fit(*table, max_iter=n_steps, n_iter_no_change=n_steps)
    assert fit.augmenter.n_iter_ == n_steps
    ratio = fit.rows_per_second / ctgan.rows_per_second
    print(
        f"\n{N_PASSES} passes over {N_ROWS} x {N_FEATURES}: {fit.rows_per_second:,.0f} "
        f"rows a second, CTGAN {ctgan.rows_per_second:,.0f}, ratio {ratio:.1f}",
        end="",
    )
    assert ratio >= 10


def test_a_whole_fit_in_a_twentieth_of_the_time(table, ctgan):
    fit = timed_fit(*table)
    ratio = ctgan.whole_fit() / fit.cost.seconds
    print(
        f"\nwhole fit at defaults: {fit.cost.seconds:.2f} s ({fit.note()}); CTGAN "
        f"{ctgan.column_seconds:.1f} s for its columns and {DEFAULT_EPOCHS} passes of "
        f"{ctgan.pass_seconds:.2f} s, {N_PASSES} of them measured; ratio {ratio:.0f}; "
        f"{torch.get_num_threads()} thread",
        end="",
    )
    assert ratio >= 20


def test_fifty_times_the_rows_a_second_at_768_features():
    X, y = corpus(imbalanced_counts(N_ROWS, N_CLASSES), 768)
    n_steps = math.ceil(N_ROWS / 256)
    fit = timed_fit(X, y, max_iter=n_steps, n_iter_no_change=n_steps)
    theirs = BATCH_SIZE / step_seconds(768, N_CLASSES)
    ratio = fit.rows_per_second / theirs
    print(
        f"\nat 768 features: {fit.rows_per_second:,.0f} rows a second, CTGAN {theirs:,.1f} "
        f"(one step), ratio {ratio:.0f}",
        end="",
    )
    assert ratio >= 50

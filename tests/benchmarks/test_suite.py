"""The suite of benchmarks runs and counts correctly; speed is not tested."""

import csv
import json
import time

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from skmiaug.utils._fit import phase
from tests.benchmarks.suite import __main__ as command
from tests.benchmarks.suite import _parts
from tests.benchmarks.suite._corpora import IEMOCAP, corpus, imbalanced_counts
from tests.benchmarks.suite._ctgan import BATCH_SIZE, CTGANCost, ctgan_cost, have_ctgan
from tests.benchmarks.suite._device import on_device
from tests.benchmarks.suite._measure import choose_clock, cost_of, timed_phases
from tests.benchmarks.suite._parts import timed_fit
from tests.benchmarks.suite._step import build_step, default_parameters, step_products
from tests.benchmarks.suite._table import Line, format_table

TINY = [
    "--rows",
    "120",
    "--features",
    "9",
    "--classes",
    "3",
    "--threads",
    "1",
    "--repeats",
    "3",
]
NO_GROWTH = ["--growth-rows", "--growth-features", "--growth-classes", "--weights"]


@pytest.mark.parametrize(("n", "k"), [(1000, 4), (84030, 8), (20, 16), (5531, 2)])
def test_the_classes_are_imbalanced_and_add_up(n, k):
    counts = imbalanced_counts(n, k)
    assert sum(counts) == n
    assert min(counts) >= 1
    assert list(counts) == sorted(counts, reverse=True)
    X, y = corpus(counts, 3)
    assert X.shape == (n, 3)
    assert X.dtype == np.float32
    assert np.bincount(y).tolist() == list(counts)


@pytest.mark.parametrize("n_features", [5, 47, 600])
def test_matrix_products_of_a_step_are_counted_exactly(n_features):
    parameters = default_parameters(sum(IEMOCAP), n_features, len(IEMOCAP))
    step = build_step(parameters, IEMOCAP)
    with FlopCounterMode(display=False) as counter:
        step()
    counted = sum(2 * a * b * c for a, b, c in step_products(parameters, len(IEMOCAP)))
    assert counter.get_total_flops() == counted


def test_peak_memory_includes_freed_memory():
    size = 64 * 2**20
    for _ in range(2):
        cost = cost_of(lambda: np.ones(size // 8).sum())
        assert 60 < cost.megabytes < 90


def test_the_clock_of_the_cpu_does_not_count_waiting():
    try:
        choose_clock("cpu")
        assert cost_of(lambda: time.sleep(0.2)).seconds < 0.1
        choose_clock("wall")
        assert cost_of(lambda: time.sleep(0.2)).seconds >= 0.2
    finally:
        choose_clock("wall")


def test_phases_are_added_up_by_name():
    with timed_phases(["waiting", "never"]) as seconds:
        for name in ("waiting", "waiting", "other"):
            with phase("test", name):
                time.sleep(0.01)
    assert seconds["waiting"] >= 0.02
    assert seconds["never"] == 0


def test_the_table_has_a_line_each_under_the_heading_of_its_part():
    lines = [
        Line("one", "step", 1000, 47, 4, 0.01234, ratio=2.5, of="its products"),
        Line("two", "fit", 84030, 1024, 8, 123.4, megabytes=56.7, weights=8, note="why"),
    ]
    text = format_table(lines).splitlines()
    assert [line for line in text if line.startswith("--")] == ["-- one", "-- two"]
    assert text[2].split() == [
        "step",
        "1,000",
        "47",
        "4",
        "1",
        "0.0123",
        "2.5",
        "×",
        "its",
        "products",
    ]
    assert text[4].split() == ["fit", "84,030", "1,024", "8", "8", "123.4", "57", "why"]


def test_the_command_measures_the_given_sizes(tmp_path, capsys):
    files = ["--csv", str(tmp_path / "a.csv"), "--json", str(tmp_path / "a.json")]
    threads = torch.get_num_threads()
    command.main([*TINY, *NO_GROWTH, "--without-ctgan", *files])
    torch.set_num_threads(threads)
    printed = capsys.readouterr().out
    with (tmp_path / "a.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["what"] for row in rows] == ["step", "MIGANAugmenter", "SMOTE"]
    assert all(row["what"] in printed for row in rows)
    assert all(float(row["seconds"]) > 0 for row in rows)
    written = json.loads((tmp_path / "a.json").read_text())
    assert [line["what"] for line in written["lines"]] == [row["what"] for row in rows]
    assert written["about"]["threads"] == 1


def test_growth_is_measured_against_the_first(monkeypatch):
    monkeypatch.setattr(_parts, "_GROWTH_STEPS", 5)
    options = command.parse(
        [*TINY, *NO_GROWTH[:3], "--weights", "1", "2", "--growth-rows", "60", "120"]
    )
    lines = list(
        command.growth(
            rows=options.growth_rows, features=[], classes=[],
            weights=options.weights, base=(60, 5, 2),
        )
    )  # fmt: skip
    assert [(line.rows, line.weights) for line in lines] == [
        (60, 1),
        (120, 1),
        (60, 1),
        (60, 2),
    ]
    assert lines[0].ratio == lines[2].ratio == 1.0
    assert lines[3].ratio == pytest.approx(lines[3].seconds / lines[2].seconds)


def test_a_whole_fit_of_ctgan_is_the_sum_of_its_parts():
    cost = CTGANCost(40.0, 2.0, 0.2, 4423, "", "")
    assert cost.pass_seconds == pytest.approx(8 * 0.2)  # as many whole batches
    assert cost.whole_fit(10) == pytest.approx(42 + 16)
    assert cost.rows_per_second == BATCH_SIZE / 0.2


def test_a_device_is_measured_by_step_fit_and_many_weights():
    lines = list(on_device(torch.device("cpu"), (120, 9, 3), 2, n_steps=10))
    whats = [line.what.split(",")[0] for line in lines]
    assert whats == ["step", "step", "fit at defaults", "one λ", "many λ"]
    assert all(line.seconds > 0 for line in lines)
    assert lines[1].ratio == pytest.approx(lines[1].seconds / lines[0].seconds)
    assert lines[-1].weights == 2


@pytest.mark.slow
@pytest.mark.skipif(not have_ctgan(), reason="CTGAN is not installed")
def test_the_cost_of_all_columns_is_scaled_up_from_a_part():
    X, y = corpus(imbalanced_counts(1000, 3), 12)
    X = np.tile(X[:, :4], 3)
    try:
        choose_clock("cpu")
        whole = ctgan_cost(X, y, passes=2)
        scaled = ctgan_cost(X, y, passes=2, n_columns=4)
    finally:
        choose_clock("wall")
    assert whole.of_columns == "all columns"
    assert scaled.column_seconds == pytest.approx(whole.column_seconds, rel=0.5)
    assert scaled.step_seconds == pytest.approx(whole.step_seconds, rel=0.5)


def test_the_parts_of_a_fit_add_up_to_no_more_than_the_whole():
    fit = timed_fit(*corpus(imbalanced_counts(120, 3), 9), max_iter=5)
    assert min(fit.parts.values()) > 0
    assert sum(fit.parts.values()) <= fit.cost.seconds
    assert fit.rows_per_second == pytest.approx(5 * 120 / fit.training_seconds)

"""Time of pretraining at the size of CMU-MOSEI's training fold: 16,327 × 50 × 74.

Seconds are CPU seconds of one core, which other programs disturb less; the aim is a minute
on two cores. Run it on a quiet machine::

    pytest tests/benchmarks/test_pretraining_speed.py -m benchmark -s
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from skmiaug import MaskedTimestepEncoder
from skmiaug.nn import TimestepArchitecture, TimestepEncoder
from skmiaug.training import (
    MaskedTask,
    SequenceBatches,
    SequenceSet,
    build_sequence_model,
)
from skmiaug.utils._device import has_bfloat16_units, resolve_precision
from tests._internals import torch_generator
from tests.benchmarks.suite._measure import show, torch_threads

N_SEQUENCES, N_STEPS, N_FEATURES = 16327, 50, 74
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with torch_threads(1):
        yield


def build_step(backbone: str, device: torch.device, precision: str) -> Callable[[], object]:
    """One pretraining step with the encoder's defaults, batch included."""
    given = MaskedTimestepEncoder(backbone=backbone)
    architecture = TimestepArchitecture(
        N_FEATURES, backbone, given.hidden_size, given.n_layers, given.n_heads
    )
    autocast = resolve_precision(
        precision, device, large_products=backbone == "transformer"
    )
    rng = torch.Generator().manual_seed(0)
    lengths = torch.full((4096,), N_STEPS)
    steps = torch.randn(4096 * N_STEPS, N_FEATURES, generator=rng).to(device)
    model = build_sequence_model(
        {"encoder": TimestepEncoder(architecture).to(device)},
        {"encoder": given.learning_rate},
        weight_decay=given.weight_decay,
        n_steps=10**6,
    )
    task = MaskedTask(
        sequences=SequenceSet(steps, lengths),
        batches=SequenceBatches(lengths, given.batch_size, seed=0, stream=0),
        generator=torch_generator(0, 0, device),
        held_out=None,
        held_out_seed=(0, 0),
        ratio=0.3,
        span=3,
        replacement="learned",
        error="l1",
        dropout=0.0,
        autocast=autocast,
    )
    return lambda: task.step(model)


def build_products(device: torch.device) -> Callable[[], None]:
    """The matrix products of a step of the default transformer, and nothing else."""
    encoder = MaskedTimestepEncoder()
    rows, h = encoder.batch_size * N_STEPS, encoder.hidden_size
    block = [(h, 3 * h), (h, h), (h, 2 * h), (2 * h, h)]
    shapes = [(N_FEATURES, h), *block * encoder.n_layers, (h, N_FEATURES)]
    data = [torch.randn(rows, n, device=device) for n, _ in shapes]
    weights = [torch.randn(n, m, device=device) for n, m in shapes]
    gradients = [torch.randn(rows, m, device=device) for _, m in shapes]

    def run() -> None:
        for x, w, g in zip(data, weights, gradients, strict=True):
            x @ w
            g @ w.T
            x.T @ g

    return run


def milliseconds(run: Callable[[], object], device: torch.device, n: int) -> float:
    """Median wall time of one call."""
    run()
    seconds = []
    for _ in range(n):
        start = time.perf_counter()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return 1e3 * float(np.median(seconds))


@pytest.mark.benchmark
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("backbone", ["transformer", "gru"])
def test_an_epoch_takes_less_than_a_minute(backbone):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N_SEQUENCES, N_STEPS, N_FEATURES), dtype=np.float32)
    encoder = MaskedTimestepEncoder(
        backbone=backbone, validation_fraction=0.0, random_state=0, device="cpu"
    )
    n_batches = -(-N_SEQUENCES // encoder.batch_size)
    encoder.set_params(max_iter=n_batches)
    start, cpu_start = time.perf_counter(), time.process_time()
    encoder.fit(X)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    label = f"one epoch, {backbone}, with reading and scaling"
    show(label, f"{cpu:6.1f} s of one core ({seconds:.1f} s by the clock)")
    assert encoder.n_iter_ == n_batches
    assert cpu < 60


@pytest.mark.benchmark
def test_a_step_takes_less_than_four_times_its_matrix_products():
    calls = build_step("transformer", CPU, "float32"), build_products(CPU)
    # In turns, so that both see the same load.
    turns = [[milliseconds(call, CPU, 1) for call in calls] for _ in range(10)]
    step, products = np.median(turns, axis=0)
    figure = f"{step:.0f} ms / {products:.0f} ms = {step / products:.2f}"
    show("a step / its bare products", figure)
    assert step < 4 * products


@pytest.mark.benchmark
@pytest.mark.skipif(not has_bfloat16_units(), reason="needs a CPU with AMX")
def test_a_step_in_bfloat16_is_faster_than_in_float32():
    calls = [build_step("transformer", CPU, p) for p in ("auto", "float32")]
    turns = [[milliseconds(call, CPU, 1) for call in calls] for _ in range(10)]
    half, full = np.median(turns, axis=0)
    show("a step, bfloat16 / float32", f"{half:.0f} ms / {full:.0f} ms = {half / full:.2f}")
    assert half < full


@pytest.mark.gpu
@pytest.mark.benchmark
def test_steps_on_a_gpu_are_no_slower_than_in_float32():
    device = torch.device("cuda")
    times = {
        precision: milliseconds(build_step("transformer", device, precision), device, 50)
        for precision in ("auto", "float32")
    }
    rates = ", ".join(f"{name} {1e3 / ms:.0f}" for name, ms in times.items())
    show("steps a second on the GPU", rates)
    assert times["auto"] < 1.2 * times["float32"]

"""Capture of the step as a CUDA graph: on the CPU with stand-ins, on a GPU for real.

The stand-ins behave as a graph does: their inputs are fixed, each replay overwrites the
figures, and a capture leaves the state some steps further. One takes the step again; the
other has recorded its operations and runs those, as a graph does with kernels.
"""

import contextlib
import warnings

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from skmiaug.exceptions import CudaGraphWarning
from skmiaug.training import EarlyStopping, LoopParameters
from skmiaug.training.gan import (
    GanNetworks,
    Rows,
    StackBatches,
    StackedModel,
    gan_step,
    train_gan,
    train_gan_stack,
)
from skmiaug.training.loop import _cuda_graph
from skmiaug.training.loop._cuda_graph import (
    Graph,
    GraphedStep,
    agree,
    copy_of,
    graphed,
    may_capture,
    tensors_of,
)
from tests.training._toy import (
    CONDITION,
    CPU,
    ONE,
    PAIR,
    same,
    toy_batches,
    toy_networks,
    toy_weights,
)

CUDA = torch.device("cuda")


class StandIn:
    """Captures by remembering the step; counts captures and replays."""

    def __init__(self, *, fails_at=(), wrong=False):
        self.captures = self.replays = 0
        self.fails_at, self.wrong = fails_at, wrong

    def __call__(self, model, update, batch, device) -> Graph:
        self.captures += 1
        inputs = copy_of(batch)
        figures = update(inputs)  # warm-up
        if self.captures in self.fails_at:
            raise RuntimeError("operation not permitted when stream is capturing")

        def replay():
            self.replays += 1
            if not self.wrong:
                figures.copy_(update(inputs))

        return Graph(replay, inputs, figures)


class Tape(TorchDispatchMode):
    """Records every operation, and can run just these again, on the same memory."""

    def __init__(self):
        super().__init__()
        self.done: list[tuple] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if func.namespace == "aten":  # and not the profiler's marks
            self.done.append((func, args, kwargs or {}, result))
        return result

    @torch.no_grad()
    def replay(self):
        for func, args, kwargs, result in self.done:
            again = func(*args, **kwargs)
            for place, tensor in zip(parts_of(result), parts_of(again), strict=True):
                # Views, and what was changed in place, lie where they lay.
                if place.data_ptr() != tensor.data_ptr():
                    place.copy_(tensor)


def parts_of(result):
    if isinstance(result, torch.Tensor):
        return [result]
    return [p for p in result or () if isinstance(p, torch.Tensor)]


class Recording(StandIn):
    """Captures as a graph does: the operations alone, with nothing of Python between."""

    def __call__(self, model, update, batch, device) -> Graph:
        self.captures += 1
        inputs = copy_of(batch)
        update(inputs)
        with Tape() as tape:
            figures = update(inputs)

        def replay():
            self.replays += 1
            tape.replay()

        return Graph(replay, inputs, figures)


both_kinds = pytest.mark.parametrize("kind", [StandIn, Recording])


@pytest.fixture
def use(monkeypatch):
    """Let steps on the CPU be captured by a stand-in."""

    def install(stand_in):
        monkeypatch.setattr(_cuda_graph, "may_capture", lambda device: True)
        monkeypatch.setattr(_cuda_graph, "capture", stand_in)
        return stand_in

    return install


def no_score(networks):
    return None


def trained(
    device=CPU, layout=ONE, *, gaussian_head=False, evaluate=no_score
) -> tuple[GanNetworks, object]:
    networks = toy_networks(layout, gaussian_head=gaussian_head, device=device)
    record = train_gan(
        networks,
        toy_batches(layout, device=device),
        toy_weights(),
        LoopParameters(
            max_iter=20, eval_interval=5, stopping=EarlyStopping(99, 0.0), evaluate=evaluate
        ),
    )
    return networks, record


def trained_stack(device=CPU) -> list[StackedModel]:
    models = [
        StackedModel(toy_networks(device=device), lambda p: 0.0, EarlyStopping(n, 0.0))
        for n in (99, 1, 99)  # the second ends at the first validation check
    ]
    batches = [toy_batches(shift=shift, device=device) for shift in (0.0, 0.5, 0.0)]
    mi_weights = torch.tensor([0.0, 1.0, 3.0], device=device)
    train_gan_stack(
        models, StackBatches(batches, [0, 0, 0]), toy_weights(), mi_weights,
        max_iter=12, eval_interval=5,
    )  # fmt: skip
    return models


def same_models(one: list[StackedModel], other: list[StackedModel]) -> bool:
    pairs = zip(one, other, strict=True)
    return all(same(a.model.snapshot(), b.model.snapshot()) for a, b in pairs)


# ---- replay instead of eager steps


@both_kinds
@pytest.mark.parametrize(
    "how",
    [{}, {"layout": PAIR}, {"layout": CONDITION, "gaussian_head": True}],
    ids=["one group", "pairs", "condition"],
)
def test_replays_train_as_eager_steps_do(use, kind, how):
    eager, record = trained(**how)
    stand_in = use(kind())
    by_graph, same_record = trained(**how)
    # One replay to compare; the first step itself is eager.
    assert (stand_in.captures, stand_in.replays) == (1, 20)
    assert same(eager.snapshot(), by_graph.snapshot())
    assert record == same_record


@both_kinds
def test_a_stack_is_captured_again_when_a_model_has_left(use, kind):
    eager = trained_stack()
    stand_in = use(kind())
    by_graph = trained_stack()
    assert [model.record.n_iter for model in by_graph] == [12, 5, 12]
    assert stand_in.captures == 2
    assert same_models(eager, by_graph)


@both_kinds
def test_a_lowered_rate_reaches_the_captured_step(use, kind):
    def exploding():
        scores = iter([0.0, 0.0, float("nan"), 0.0, 0.0, 0.0])
        return trained(evaluate=lambda networks: next(scores))

    eager, record = exploding()
    stand_in = use(kind())
    by_graph, _ = exploding()
    assert record.n_rollbacks == 1
    assert stand_in.captures == 2
    assert same(eager.snapshot(), by_graph.snapshot())


def test_other_shapes_are_captured_again(use):
    stand_in = use(StandIn())
    networks, weights = toy_networks(), toy_weights()
    step = graphed(networks, lambda batch: gan_step(networks, batch, weights, ONE), CPU)
    for batch_size, captures in [(32, 1), (32, 1), (16, 2), (16, 2)]:
        step(toy_batches(batch_size=batch_size).draw())
        assert stand_in.captures == captures


# ---- eager where that fails


@pytest.mark.parametrize(
    ("stand_in", "reason"),
    [
        (StandIn(fails_at=(1,)), "RuntimeError: operation not permitted"),
        (StandIn(wrong=True), "first step differed"),
    ],
)
def test_a_failing_capture_costs_a_warning_and_nothing_else(use, stand_in, reason):
    eager, record = trained()
    use(stand_in)
    message = rf"{reason}.*SKMIAUG_CUDA_GRAPH=0"
    with pytest.warns(CudaGraphWarning, match=message) as caught:
        after, same_record = trained()
    assert len(caught) == 1
    assert stand_in.captures == 1
    assert same(eager.snapshot(), after.snapshot())
    assert record == same_record


def test_without_cuda_the_capture_fails_and_steps_are_eager(monkeypatch):
    if torch.cuda.is_available():
        pytest.skip("needs a machine without CUDA")
    monkeypatch.setattr(_cuda_graph, "may_capture", lambda device: True)
    with pytest.warns(CudaGraphWarning):
        networks, _ = trained()
    monkeypatch.setattr(_cuda_graph, "may_capture", lambda device: False)
    assert same(networks.snapshot(), trained()[0].snapshot())


def test_an_error_of_the_step_itself_is_not_swallowed(use):
    use(StandIn())

    def broken(batch):
        raise torch.OutOfMemoryError("Tried to allocate 80 GiB")

    step = graphed(toy_networks(), broken, CPU)
    with pytest.raises(torch.OutOfMemoryError), pytest.warns(CudaGraphWarning):
        step(toy_batches().draw())


# ---- where it is tried


def test_steps_are_captured_on_cuda_unless_unwanted_or_shared(monkeypatch):
    update = max
    assert graphed(toy_networks(), update, CPU) is update
    assert isinstance(graphed(toy_networks(), update, CUDA), GraphedStep)
    for value, captured in [("0", False), ("1", True)]:
        monkeypatch.setenv("SKMIAUG_CUDA_GRAPH", value)
        assert may_capture(CUDA) == captured
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    assert not may_capture(CUDA)


# ---- the order of calls in a capture


def test_a_capture_warms_up_on_its_stream_and_records_with_capturable_optimisers(
    monkeypatch,
):
    calls: list[str] = []

    class Stream:
        def __init__(self, device=None):
            self.name = "side"

        def wait_stream(self, other):
            calls.append(f"{self.name} waits for {other.name}")

    current = Stream()
    current.name = "current"

    @contextlib.contextmanager
    def block(name):
        calls.append(f"in {name}")
        yield
        calls.append(f"out of {name}")

    class CUDAGraph:
        def replay(self):
            calls.append("replay")

    def graph(graph, stream, capture_error_mode):
        assert isinstance(graph, CUDAGraph)
        assert capture_error_mode == "thread_local"
        return block(f"graph on {stream.name}")

    for name, fake in {
        "Stream": Stream,
        "current_stream": lambda device: current,
        "stream": lambda stream: block(stream.name),
        "device": lambda device: block("device"),
        "CUDAGraph": CUDAGraph,
        "graph": graph,
    }.items():
        monkeypatch.setattr(torch.cuda, name, fake)

    networks, batch, weights = toy_networks(), toy_batches().draw(), toy_weights()

    def update(batch):
        flags = {g["capturable"] for _, o in networks.optimizers() for g in o.param_groups}
        calls.append(f"step, capturable {flags.pop()}")
        return gan_step(networks, batch, weights, ONE)

    captured = _cuda_graph.capture(networks, update, batch, CUDA)
    assert calls == [
        "side waits for current", "in device", "in side",
        *["step, capturable False"] * 3,
        "in graph on side", "step, capturable True", "out of graph on side",
        "out of side", "out of device", "current waits for side",
    ]  # fmt: skip
    calls.clear()
    assert captured.step(toy_batches(seed=5).draw()) is captured.figures
    assert calls == ["replay"]
    drawn = tensors_of(toy_batches(seed=5).draw())
    assert all(map(torch.equal, tensors_of(captured.inputs), drawn))


# ---- pieces


def test_inputs_are_copied_in_shape_and_kind():
    row = torch.arange(6.0).view(2, 3)
    batch = Rows(row, torch.zeros(1).expand(4), torch.arange(2))
    copied = copy_of((batch, row))
    assert isinstance(copied[0], Rows)
    for part, original in zip(tensors_of(copied), tensors_of((batch, row)), strict=True):
        assert torch.equal(part, original)
        assert part.data_ptr() != original.data_ptr()
        assert part.is_contiguous()


def test_steps_agree_up_to_rounding_and_no_further():
    networks, batches, weights = toy_networks(moved=True), toy_batches(), toy_weights()
    before = networks.snapshot()
    figures = gan_step(networks, batches.draw(), weights, ONE)
    after = {"figures": figures} | networks.snapshot()

    def changed(name, change):
        return after | {name: change(after[name])}

    weight, moment = "critic.trunk.0.weight", "critic.optimizer.0.exp_avg"
    assert agree(before, after, after)
    assert agree(before, changed(weight, lambda t: t + 1e-7), after)
    assert agree(before, changed(moment, lambda t: t * 1.0001), after)
    assert not agree(before, changed(weight, lambda t: before[weight]), after)
    assert not agree(before, changed(moment, lambda t: t * 1.1), after)
    assert not agree(before, changed("figures", lambda t: t * 1.1), after)
    assert not agree(before, changed("critic.optimizer.0.step", lambda t: t + 1), after)
    assert not agree(before, changed(weight, lambda t: t * torch.nan), after)


# ---- with a GPU


def relative(one: GanNetworks, other: GanNetworks) -> float:
    pairs = zip(one.snapshot().values(), other.snapshot().values(), strict=True)
    off, size = map(sum, zip(*(((a - b).norm(), b.norm()) for a, b in pairs), strict=True))
    return float(off / size)


@pytest.mark.gpu
@pytest.mark.parametrize("kind", ["one group", "pairs", "stack"])
def test_a_captured_step_trains_as_the_eager_one(monkeypatch, kind):
    def train():
        if kind == "stack":
            return [model.networks for model in trained_stack(CUDA)]
        return [trained(CUDA, PAIR if kind == "pairs" else ONE)[0]]

    with warnings.catch_warnings():
        warnings.simplefilter("error", CudaGraphWarning)
        by_graph = train()
    monkeypatch.setenv("SKMIAUG_CUDA_GRAPH", "0")
    for one, other in zip(by_graph, train(), strict=True):
        assert relative(one, other) < 1e-3


@pytest.mark.gpu
def test_a_captured_step_that_waits_falls_back_and_the_device_still_works():
    networks, batches = toy_networks(device=CUDA), toy_batches(device=CUDA)

    def waiting(batch):
        figures = gan_step(networks, batch, toy_weights(), ONE)
        figures.sum().item()
        return figures

    step = graphed(networks, waiting, CUDA)
    with pytest.warns(CudaGraphWarning):
        step(batches.draw())
    assert step(batches.draw()).isfinite().all()
    assert torch.randn(3, device=CUDA).isfinite().all()

"""The training session: seed, device, checkpoint, bar, callbacks, torch's global state."""

import threading
from contextlib import suppress

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator

from skmiaug.base import TrainedEstimator, fingerprint, torch_defaults, training_session
from skmiaug.exceptions import CheckpointError, DeviceUnavailableError
from skmiaug.training import RunRecord
from skmiaug.utils._sklearn_callbacks import CallbackSupportMixin


class Estimator(CallbackSupportMixin, BaseEstimator):
    """All that a session asks of an estimator."""

    def __init__(self, width=8, random_state=0, checkpoint=None, verbose=0, device="cpu"):
        self.width = width
        self.random_state = random_state
        self.checkpoint = checkpoint
        self.verbose = verbose
        self.device = device
        self.max_iter = 50
        self.n_iter_no_change, self.tol = 5, 0.1


X = np.arange(6.0).reshape(3, 2)


def session(estimator, X=X, **changes):
    parameters = {
        "data": {"X": X},
        "eval_interval": 10,
        "shown": {"steps": "iterations"},
        "memory_advice": "lower width.",
    }
    return training_session(estimator, X, None, **parameters | changes)


def write(session):
    session.checkpoint.write({"seed": session.seed}, {})


def test_every_neural_estimator_has_these_parameters():
    assert set(TrainedEstimator._parameter_constraints) == {
        "max_iter",
        "batch_size",
        "validation_fraction",
        "n_iter_no_change",
        "tol",
        "device",
        "precision",
        "checkpoint",
        "random_state",
        "verbose",
    }


def test_the_seed_follows_random_state_and_nothing_else_is_drawn():
    torch_state = torch.random.get_rng_state()
    with (
        session(Estimator(random_state=3)) as one,
        session(Estimator(random_state=3)) as two,
    ):
        assert one.seed == two.seed
        assert one.device == torch.device("cpu")
        assert one.loop(lambda model: None).seed == one.seed
        assert (one.stopping.patience, one.stopping.tol) == (5, 0.1)
    assert torch.equal(torch_state, torch.random.get_rng_state())


def test_a_checkpoint_stays_after_an_error_and_goes_with_the_end(tmp_path):
    path = tmp_path / "run"

    def interrupted():
        with session(Estimator(checkpoint=path, random_state=None)) as run:
            write(run)
            seeds.append(run.seed)
            raise KeyboardInterrupt

    seeds = []
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert path.exists()
    # Without a seed the run goes on with that of the checkpoint.
    assert seeds[0] == seeds[1]
    with session(Estimator(checkpoint=path, random_state=None, verbose=0)) as run:
        assert run.seed == seeds[0]
    assert not path.exists()


@pytest.mark.parametrize(
    ("changes", "X"),
    [
        ({"width": 9}, X),
        ({"random_state": 1}, X),
        ({}, X + 1),
        ({}, X.astype("f4")),
        ({}, X.T),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, changes, X):
    path = tmp_path / "run"
    with suppress(KeyboardInterrupt), session(Estimator(checkpoint=path)) as run:
        write(run)
        raise KeyboardInterrupt
    with pytest.raises(CheckpointError, match="other data or other parameters"):
        session(Estimator(checkpoint=path, **changes), X).__enter__()
    assert path.exists()


def test_the_bar_shows_the_newest_figures(capsys):
    record = RunRecord(n_iter=50, iterations=[10, 50])
    with session(Estimator(verbose=1)) as run:
        run.loop(lambda model: None)
        assert run.on_check(record) is False
    shown = capsys.readouterr().err
    assert "Estimator, preparing" in shown
    assert "Estimator, training" in shown
    assert "steps=50.000" in shown
    with session(Estimator()) as run:
        run.on_check(record)
    assert capsys.readouterr().err == ""


def test_the_log_has_the_time_of_each_phase(caplog):
    with caplog.at_level("DEBUG", logger="skmiaug"), session(Estimator()) as run:
        run.loop(lambda model: None)
        run.phase("measuring")
    phases = [record.message.split(" took ")[0] for record in caplog.records]
    assert phases == [f"Estimator: {p}" for p in ("preparing", "training", "measuring")]


def test_a_group_agrees_on_the_seed_and_on_the_checkpoint(tmp_path):
    class Group:
        leads = False
        calls = 0

        def average(self, figures):
            return figures

        def agreed(self, call):
            def of_first(*args):
                self.calls += 1
                return call(*args)

            return of_first

        def share_checkpoint(self, checkpoint):
            self.shared = checkpoint
            return checkpoint

    group = Group()
    with session(Estimator(checkpoint=tmp_path / "run", verbose=1), group=group) as run:
        run.on_check(RunRecord(iterations=[1]))
    assert group.calls == 2
    assert run.checkpoint is group.shared


def test_exhausted_memory_names_the_remedy():
    with pytest.raises(torch.OutOfMemoryError, match="lower width"), session(Estimator()):
        raise torch.OutOfMemoryError("none left")


@pytest.mark.parametrize("device", ["mps", "xpu", "meta", "cuda:99"])
def test_devices_that_are_not_there_are_refused(device):
    with pytest.raises(DeviceUnavailableError, match="device='cpu'"):
        session(Estimator(device=device)).__enter__()


# ---------------------------------------------------------------- the identity of a run


def test_the_fingerprint_knows_values_and_arrays_but_no_order():
    base = {"a": 1, "b": (2, "x"), "c": {"d": np.zeros(3)}}
    same = {"c": {"d": np.zeros(3)}, "b": [2, "x"], "a": 1.0}
    assert fingerprint(base, X, seed=0) == fingerprint(same, X.copy(), seed=0)
    network = torch.nn.Linear(2, 2)
    others = [
        fingerprint(base, X, seed=None),
        fingerprint(base, X, X, seed=0),
        fingerprint(base, X[:, :1], seed=0),
        fingerprint(base | {"a": 2}, X, seed=0),
        fingerprint(base | {"b": (2, "y")}, X, seed=0),
        fingerprint(base | {"c": {"d": np.ones(3)}}, X, seed=0),
        fingerprint(base | {"e": network}, X, seed=0),
        fingerprint(base | {"e": torch.nn.Linear(2, 2)}, X, seed=0),
        fingerprint(base | {"e": Estimator()}, X, seed=0),
        fingerprint(base | {"e": Estimator(width=9)}, X, seed=0),
        fingerprint(base | {"e": np.array(["a", None], dtype=object)}, X, seed=0),
    ]
    assert len({fingerprint(base, X, seed=0), *others}) == 1 + len(others)


def test_large_arrays_are_read_in_pieces():
    array = np.zeros((3, 2**22), dtype=np.float64)
    before = fingerprint({}, array, seed=0)
    array[2, -1] = 1
    assert fingerprint({}, array, seed=0) != before


# ---------------------------------------------------------------- torch's global state


def drawn():
    """What depends on every part of the global state."""
    layer = torch.nn.Linear(2, 2)
    loss = layer(torch.ones(1, 2)).sum()
    loss.backward()
    return layer.weight.dtype, layer.weight.device.type, layer.weight.grad.dtype, loss.dtype


@pytest.mark.parametrize("change", ["float64", "no_grad", "inference", "autocast", "meta"])
def test_the_global_state_is_the_default_inside_and_as_it_was_after(change):
    expected = drawn()
    contexts = {
        "no_grad": torch.no_grad(),
        "inference": torch.inference_mode(),
        "autocast": torch.autocast("cpu", torch.bfloat16),
        "meta": torch.device("meta"),
        "float64": torch.enable_grad(),
    }
    if change == "float64":
        torch.set_default_dtype(torch.float64)
    try:
        with contexts[change]:
            with torch_defaults():
                assert drawn() == expected
            assert torch_defaults()(drawn)() == expected
            if change == "float64":
                assert torch.get_default_dtype() == torch.float64
            elif change == "meta":
                assert torch.zeros(1).device.type == "meta"
            elif change == "autocast":
                assert torch.is_autocast_enabled("cpu")
            else:
                assert not torch.is_grad_enabled()
    finally:
        torch.set_default_dtype(torch.float32)


def test_threads_that_overlap_put_the_default_type_back():
    torch.set_default_dtype(torch.float64)
    first_in, second_out = threading.Event(), threading.Event()
    seen = []

    def first():
        with torch_defaults():
            first_in.set()
            second_out.wait(60)
            seen.append(torch.get_default_dtype())

    try:
        thread = threading.Thread(target=first)
        thread.start()
        first_in.wait(60)
        with torch_defaults():
            pass
        second_out.set()
        thread.join()
        assert seen == [torch.float32]
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)

"""Seeds, interruption, checkpoints, callbacks and devices of an aligner's fit."""

import os
import signal

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone

from skmiaug.exceptions import CheckpointError, DeviceUnavailableError
from skmiaug.representation.alignment import EVAL_INTERVAL
from skmiaug.training import AlignmentModel
from tests.representation._pairs import assert_same_fit, pairs, small, without_text

LONG = {"max_iter": 3 * EVAL_INTERVAL, "n_iter_no_change": 1000}
AT_A_CHECK, BETWEEN_CHECKS = 2 * EVAL_INTERVAL, EVAL_INTERVAL + 7


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.checkpoint"


@pytest.fixture(autouse=True)
def usual_ctrl_c():
    """Python's own handler, also where the shell has SIGINT ignored."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def interrupted(monkeypatch, aligner, data, at):
    """Fit until Ctrl-C, pressed in the course of step ``at``, ends it."""
    descend, calls = AlignmentModel.descend, []

    def counted(self, loss):
        descend(self, loss)
        calls.append(loss)
        if len(calls) == at:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(AlignmentModel, "descend", counted)
        with pytest.raises(KeyboardInterrupt):
            aligner.fit(*data)
    assert len(calls) == at


# ---------------------------------------------------------------- seeds


def test_one_seed_gives_the_same_bits(seed):
    aligner = small(random_state=seed).fit(*pairs())
    assert_same_fit(aligner, clone(aligner).fit(*pairs()))
    assert_same_fit(aligner, aligner.fit(*pairs()))


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_without_a_number_every_fit_differs(random_state):
    aligner = small(random_state=random_state)
    first = aligner.fit(*pairs()).loss_curve_
    assert aligner.fit(*pairs()).loss_curve_ != first


def test_arrays_of_any_order_give_the_same_bits():
    X, y = pairs()
    plain = small().fit(X, y)
    assert_same_fit(plain, small().fit(np.asfortranarray(X), y))
    assert_same_fit(plain, small().fit(X.tolist(), y.tolist()))


def test_fits_in_threads_give_the_bits_of_a_fit_alone():
    X, y = pairs()
    jobs = (delayed(small(random_state=s).fit)(X, y) for s in (0, 1, 0))
    first, other, again = Parallel(n_jobs=2, backend="threading")(jobs)
    alone = small().fit(X, y)
    assert_same_fit(first, alone)
    assert_same_fit(again, alone)
    assert other.loss_curve_ != alone.loss_curve_


# ---------------------------------------------------------------- Ctrl-C and checkpoints


@pytest.mark.parametrize("missing", [[], range(40)], ids=["whole", "text missing"])
@pytest.mark.parametrize("at", [3, BETWEEN_CHECKS, AT_A_CHECK])
def test_a_run_continued_after_ctrl_c_equals_one_in_one_go(monkeypatch, path, at, missing):
    X, y = pairs()
    data = without_text(X, list(missing)), y
    aligner = small(checkpoint=path, **LONG)
    interrupted(monkeypatch, aligner, data, at)
    assert path.exists()
    assert not hasattr(aligner, "classes_")
    aligner.fit(*data)
    assert not path.exists()
    assert_same_fit(aligner, small(**LONG).fit(*data))


def test_without_a_seed_the_run_continues_with_the_one_in_the_file(monkeypatch, path):
    aligner = small(checkpoint=path, random_state=None, **LONG)
    interrupted(monkeypatch, aligner, pairs(), BETWEEN_CHECKS)
    before = path.read_bytes()
    first = small(checkpoint=path, random_state=None, **LONG).fit(*pairs())
    path.write_bytes(before)
    second = small(checkpoint=path, random_state=None, **LONG).fit(*pairs())
    assert_same_fit(first, second)


def test_a_fit_that_fails_leaves_an_earlier_one_as_it_was():
    X, y = pairs()
    aligner = small(max_iter=5).fit(X, y)
    before = aligner.transform(X)
    with pytest.raises(ValueError, match="beyond the 15 columns"):
        aligner.fit(X[:, :15], y)
    assert aligner.n_features_in_ == 20
    np.testing.assert_array_equal(aligner.transform(X), before)


def test_ctrl_c_leaves_an_earlier_fit_as_it_was(monkeypatch):
    aligner = small(**LONG).fit(*pairs())
    before = aligner.transform(pairs()[0])
    interrupted(monkeypatch, aligner, pairs(80, seed=3), 5)
    np.testing.assert_array_equal(aligner.transform(pairs()[0]), before)


@pytest.mark.parametrize(
    "changes",
    [
        {"contrastive_weight": 0.5},
        {"same_class": "masked"},
        {"modalities": {"a": slice(0, 10), "b": slice(10, 20)}},
        {"n_components": 9},
        {"random_state": 1},
    ],
    ids=str,
)
def test_a_checkpoint_of_other_parameters_is_refused(monkeypatch, path, changes):
    interrupted(monkeypatch, small(checkpoint=path, **LONG), pairs(), 3)
    with pytest.raises(CheckpointError, match="other data or other parameters"):
        small(**LONG | changes, checkpoint=path).fit(*pairs())


def test_a_checkpoint_of_other_data_is_refused(monkeypatch, path):
    interrupted(monkeypatch, small(checkpoint=path, **LONG), pairs(), 3)
    X, y = pairs()
    for data in ((X, y[::-1]), (X + 1e-9, y), (without_text(X, [0]), y)):
        with pytest.raises(CheckpointError, match="other data or other parameters"):
            small(checkpoint=path, **LONG).fit(*data)


def test_a_place_without_access_is_refused_before_training(monkeypatch, tmp_path):
    monkeypatch.setattr(AlignmentModel, "descend", None)
    with pytest.raises(CheckpointError, match="no checkpoint can be written"):
        small(checkpoint=tmp_path / "none" / "run").fit(*pairs())


# ---------------------------------------------------------------- progress and callbacks


def test_a_progress_bar_is_shown_where_asked_for(capsys):
    small(verbose=1).fit(*pairs())
    shown = capsys.readouterr().err
    assert "ContrastiveAligner" in shown
    assert "loss=" in shown
    assert "mi=" in shown
    small().fit(*pairs())
    assert capsys.readouterr().err == ""


class Recorder:
    """Counts the validation checks; asks for the end after ``stop_after`` of them."""

    def __init__(self, stop_after):
        self.n_checks, self.stop_after, self.torn_down = 0, stop_after, False

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.torn_down = True

    def on_fit_task_begin(self, estimator, context, **kwargs):
        pass

    def on_fit_task_end(self, estimator, context, **kwargs):
        self.n_checks += context.task_name == "validation check"
        return self.n_checks >= self.stop_after


def test_a_callback_of_scikit_learn_sees_the_validation_checks_and_can_stop():
    pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9 on")
    recorder = Recorder(stop_after=2)
    aligner = small(**LONG).set_callbacks(recorder).fit(*pairs())
    assert recorder.n_checks == 2
    assert recorder.torn_down
    assert aligner.n_iter_ == 2 * EVAL_INTERVAL


# ---------------------------------------------------------------- devices and precision


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is here")
def test_cuda_that_is_absent_is_an_error_and_auto_is_the_cpu():
    with pytest.raises(DeviceUnavailableError, match="device='cpu'"):
        small(device="cuda").fit(*pairs())
    aligner = small(device="auto").fit(*pairs())
    assert aligner.device_ == "cpu"
    assert_same_fit(aligner, small().fit(*pairs()))


def test_memory_that_runs_out_is_an_error_with_the_remedy(monkeypatch):
    def no_memory(*args):
        raise torch.OutOfMemoryError("Tried to allocate 80 GiB")

    monkeypatch.setattr(AlignmentModel, "descend", no_memory)
    with pytest.raises(torch.OutOfMemoryError, match=r"lower batch_size.*80 GiB"):
        small().fit(*pairs())


def test_half_precision_learns_nearly_the_same():
    X, _ = pairs(100, seed=1)
    full, half = (
        small(precision=p, max_iter=200).fit(*pairs()) for p in ("float32", "bfloat16")
    )
    assert full.loss_curve_ != half.loss_curve_
    recall = [a.score_retrieval(X, k=[5])["audio_to_text_at_5"] for a in (full, half)]
    assert recall[1] > 0.8 * recall[0]


@pytest.mark.gpu
def test_a_fit_on_a_gpu_leaves_nothing_there():
    first, second = (small(device="cuda").fit(*pairs()) for _ in range(2))
    assert first.device_.startswith("cuda")
    assert_same_fit(first, second)
    tensors = first._space.network.state_dict().values()
    assert {tensor.device.type for tensor in tensors} == {"cpu"}

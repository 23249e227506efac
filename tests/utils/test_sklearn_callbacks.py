"""scikit-learn's callbacks see validation checks, can stop training, and are torn down."""

import numpy as np
import pytest

from skmiaug.training.gan import _loop as _gan_loop
from skmiaug.utils import _sklearn_callbacks
from tests._helpers import small, trained
from tests._internals import EVAL_INTERVAL

pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9 on")

LONG = {"max_iter": 4 * EVAL_INTERVAL, "n_iter_no_change": 99}


class Recorder:
    """Writes down every call; asks for the end after ``stop_after`` validation checks."""

    def __init__(self, stop_after=None):
        self.calls, self.stop_after = [], stop_after

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, **kwargs):
        self.calls.append(f"begin {context.task_name} {context.task_id}")
        self.shape = np.shape(X), np.shape(y)

    def on_fit_task_end(self, estimator, context, **kwargs):
        self.calls.append(f"end {context.task_name} {context.task_id}")
        n_checks = sum(call.startswith("end validation") for call in self.calls)
        return self.stop_after is not None and n_checks >= self.stop_after


def fitted(recorder, data, **changes):
    augmenter = trained(**LONG | changes).set_callbacks(recorder)
    augmenter.fit_resample(*data)
    return augmenter


def checks(n):
    return [f"{edge} validation check {i}" for i in range(n) for edge in ("begin", "end")]


def test_every_check_is_seen(skewed):
    recorder = Recorder()
    augmenter = fitted(recorder, skewed)
    assert recorder.calls == ["setup", "begin fit 0", *checks(4), "end fit 0", "teardown"]
    assert recorder.shape == ((93, 12), (93,))
    assert augmenter.n_iter_ == 4 * EVAL_INTERVAL


def test_a_callback_can_end_training(skewed):
    recorder = Recorder(stop_after=2)
    assert fitted(recorder, skewed).n_iter_ == 2 * EVAL_INTERVAL
    assert recorder.calls == ["setup", "begin fit 0", *checks(2), "end fit 0", "teardown"]


def test_callbacks_do_not_change_the_rows(skewed):
    augmenter = fitted(Recorder(), skewed)
    plain = trained(**LONG).fit(*skewed)
    np.testing.assert_array_equal(augmenter.sample(5)[0], plain.sample(5)[0])


def test_callbacks_are_torn_down_after_an_error(skewed, monkeypatch):
    monkeypatch.setattr(_gan_loop, "gan_step", None)
    recorder = Recorder()
    with pytest.raises(TypeError):
        fitted(recorder, skewed)
    assert recorder.calls == ["setup", "begin fit 0", "teardown"]


def test_training_without_steps_has_no_looks(skewed):
    recorder = Recorder()
    fitted(recorder, skewed, max_iter=0)
    assert recorder.calls == ["setup", "begin fit 0", "end fit 0", "teardown"]


def test_before_scikit_learn_1_9_there_are_none():
    class Estimator:
        """Has no support for callbacks."""

    with _sklearn_callbacks.callback_session(Estimator(), 3, None, None) as look:
        assert look() is False


def test_the_progress_bar_of_scikit_learn_follows_the_looks(skewed, capsys):
    callback = pytest.importorskip("sklearn.callback")
    pytest.importorskip("rich")
    small(max_iter=EVAL_INTERVAL).set_callbacks(callback.ProgressBar()).fit(*skewed)
    shown = capsys.readouterr().out
    assert "MIGANAugmenter" in shown
    assert "100%" in shown

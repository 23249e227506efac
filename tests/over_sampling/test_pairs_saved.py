"""Pairs and conditions: clone, pickle, save and load, checkpoints; seeds and bits."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skmiaug import load, save
from skmiaug.exceptions import CheckpointError
from skmiaug.training.gan import _loop as _gan_loop
from tests._helpers import assert_same_fit, small, trained
from tests._internals import EVAL_INTERVAL
from tests.over_sampling._pairs import AUDIO, MODALITIES, TEXT, pairs, without

pytestmark = pytest.mark.usefixtures("few_head_steps")

LONG = {"max_iter": EVAL_INTERVAL + 10, "n_iter_no_change": 1000}
KINDS = {
    "pairs": {"modalities": MODALITIES},
    "combined": {"modalities": MODALITIES, "pairing": "all", "bandwidth": 0.5},
    "condition": {"condition_sampling": "rows"},
    "gaussian condition": {"condition_head": "gaussian"},
    "noisy condition": {"condition_sampling": "noise", "rejection_rate": 0.3},
}


@pytest.fixture(params=KINDS)
def kind(request):
    """Parameters, the rows and classes to fit to, and the keywords of that fit."""
    X, y = pairs()
    if "pairs" in request.param or "combined" in request.param:
        return KINDS[request.param], (X, y), {}
    return KINDS[request.param], (X[:, AUDIO], y), {"condition": X[:, TEXT]}


def assert_same_pairs(one, other):
    assert_same_fit(one, other)
    assert one.pair_mi_curve_ == other.pair_mi_curve_


def test_one_seed_gives_the_same_bits(kind):
    parameters, data, kwargs = kind
    augmenter = small(**parameters, max_iter=EVAL_INTERVAL + 3)
    first, _ = augmenter.fit_resample(*data, **kwargs)
    copy = clone(augmenter)
    assert not hasattr(copy, "_generator")
    again, _ = copy.fit_resample(*data, **kwargs)
    np.testing.assert_array_equal(first, again)
    assert_same_pairs(augmenter, copy)
    if kwargs:
        np.testing.assert_array_equal(augmenter.condition_, copy.condition_)
    other, _ = small(**parameters, random_state=1).fit_resample(*data, **kwargs)
    assert not np.array_equal(first, other)


def test_a_pickle_and_a_file_draw_the_same_rows(kind, tmp_path):
    parameters, data, kwargs = kind
    augmenter = trained(**parameters)
    augmenter.fit_resample(*data, **kwargs)
    path = tmp_path / "augmenter.skmiaug"
    save(augmenter, path)
    for copy in (pickle.loads(pickle.dumps(augmenter)), load(path)):
        assert_same_pairs(augmenter, copy)
        np.testing.assert_array_equal(copy.synthetic_mask_, augmenter.synthetic_mask_)
        assert copy.get_params()["pairing"] == augmenter.pairing
        if kwargs:
            condition = kwargs["condition"][:5]
            np.testing.assert_array_equal(copy.condition_, augmenter.condition_)
            np.testing.assert_array_equal(
                copy.sample(5, 1, condition=condition)[0],
                augmenter.sample(5, 1, condition=condition)[0],
            )
        else:
            gaps = without(data[0], TEXT, [0, 3])
            np.testing.assert_array_equal(copy.impute(gaps), augmenter.impute(gaps))
        first, _ = copy.fit_resample(*data, **kwargs)
        np.testing.assert_array_equal(first, augmenter.fit_resample(*data, **kwargs)[0])


class Interrupt:
    """Stands in for joint_step: Ctrl-C in the course of the step named."""

    def __init__(self, at):
        self.step, self.at, self.n_calls = _gan_loop.gan_step, at, 0

    def __call__(self, *args):
        self.n_calls += 1
        if self.n_calls == self.at:
            raise KeyboardInterrupt
        return self.step(*args)


def test_a_run_continued_after_ctrl_c_equals_one_in_one_go(kind, monkeypatch, tmp_path):
    parameters, data, kwargs = kind
    path = tmp_path / "run.checkpoint"
    augmenter = trained(**parameters, checkpoint=path, **LONG)
    with monkeypatch.context() as patch:
        patch.setattr(_gan_loop, "gan_step", Interrupt(EVAL_INTERVAL + 7))
        with pytest.raises(KeyboardInterrupt):
            augmenter.fit(*data, **kwargs)
    augmenter.fit(*data, **kwargs)
    assert not path.exists()
    assert_same_pairs(augmenter, trained(**parameters, **LONG).fit(*data, **kwargs))


def test_a_checkpoint_of_another_condition_or_other_groups_is_refused(
    monkeypatch, tmp_path
):
    X, y = pairs()
    path = tmp_path / "run.checkpoint"

    def interrupted(augmenter, *data, **kwargs):
        with monkeypatch.context() as patch:
            patch.setattr(_gan_loop, "gan_step", Interrupt(EVAL_INTERVAL + 2))
            with pytest.raises(KeyboardInterrupt):
                augmenter.fit(*data, **kwargs)
        assert path.exists()

    augmenter = trained(checkpoint=path, **LONG)
    interrupted(augmenter, X[:, AUDIO], y, condition=X[:, TEXT])
    with pytest.raises(CheckpointError, match="other data or other parameters"):
        augmenter.fit(X[:, AUDIO], y, condition=X[:, TEXT] + 1e-9)
    with pytest.raises(CheckpointError, match="other data or other parameters"):
        augmenter.set_params(condition_sampling="noise").fit(
            X[:, AUDIO], y, condition=X[:, TEXT]
        )
    path.unlink()
    # The networks see two directions of each modality, whichever the columns are.
    augmenter = trained(checkpoint=path, modalities=MODALITIES, n_components=4, **LONG)
    interrupted(augmenter, X, y)
    groups = {"audio": slice(0, 5), "text": slice(5, 10)}
    with pytest.raises(CheckpointError, match="other data or other parameters"):
        augmenter.set_params(modalities=groups).fit(X, y)

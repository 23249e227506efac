"""However an augmenter is set, its training steps do not wait for the device."""

import numpy as np
import pytest

from skmiaug import MIGANAugmenter, mi_path
from tests._helpers import small
from tests._waiting import Waiting

PARTS = {"one": slice(0, 7), "other": slice(7, 12)}


def waits(fit) -> list[str]:
    with Waiting() as watch:
        fit()
    return watch.seen


MORE_STEPS = 22


@pytest.mark.usefixtures("few_head_steps")
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"rejection_rate": 0.5},
        {"n_continuous_codes": 0, "mi_weight": 0.0},
        {"bandwidth": 1.0, "residual_penalty": 0.1, "validation_fraction": 0.0},
        {"precision": "bfloat16"},
        {"modalities": PARTS},
        {"modalities": PARTS, "pairing": "all"},
        {"condition": "gaussian"},
        {"condition": "rows", "condition_head": "gaussian"},
    ],
    ids=str,
)
def test_more_steps_wait_no_more_often(skewed, settings):
    X, y = skewed
    settings = dict(settings)
    sampling = settings.pop("condition", None)
    given = {}
    if sampling is not None:
        settings["condition_sampling"] = sampling
        given["condition"] = X[:, :3] + np.random.default_rng(0).normal(size=(len(X), 3))

    def fit(max_iter):
        augmenter = small(max_iter=max_iter, **settings)
        return lambda: augmenter.fit_resample(X, y, **given)

    few, many = waits(fit(2)), waits(fit(24))  # one look in both, behind the last step
    assert few
    # A better residual may be used where the other was not: that is drawing, not training.
    assert abs(len(many) - len(few)) < MORE_STEPS


def test_more_steps_of_a_stack_wait_no_more_often(skewed):
    X, y = skewed

    def fit(max_iter: int):
        template: MIGANAugmenter = small(max_iter=max_iter)
        return lambda: mi_path(X, y, mi_weights=[0, 1, 3], augmenter=template)

    assert abs(len(waits(fit(24))) - len(waits(fit(2)))) < MORE_STEPS

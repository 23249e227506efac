"""From rows of several modalities and settings to a fitted sampler."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from skmiaug.over_sampling._class_gaussian import means_by_class
from skmiaug.over_sampling._hold_out import hold_out
from skmiaug.over_sampling._joint_probe import JointProbe
from skmiaug.over_sampling._joint_rows import JointRows, prepare_joint_rows, whole_rows
from skmiaug.over_sampling._joint_sampler import JointSampler
from skmiaug.over_sampling._joint_settings import JointSettings
from skmiaug.over_sampling._joint_start import JointStart
from skmiaug.over_sampling._left_out import FittedRows
from skmiaug.over_sampling._measured import measure_information
from skmiaug.over_sampling._row_fit import FittedSampler
from skmiaug.over_sampling._settings import EVAL_INTERVAL
from skmiaug.over_sampling._spread import SPREAD_GRID, most_telling_spread
from skmiaug.over_sampling._streams import BATCHES, FIRST_WEIGHTS
from skmiaug.over_sampling._strength import choose_strength
from skmiaug.over_sampling._subsample import subsample
from skmiaug.training import (
    Checkpoint,
    GanRecord,
    JointBatches,
    JointPlayers,
    TrainingEvents,
    build_joint_players,
    train_joint_gan,
)
from skmiaug.utils._random import numpy_generator, torch_generator
from skmiaug.utils._threads import cpu_threads_for


@dataclass
class _Leading:
    """Leading coordinates of the whole rows, on the device, sorted by class."""

    rows: Tensor
    classes: Tensor
    kept: Tensor
    held_out: Tensor
    row_means: Tensor
    means: Tensor


def fit_joint_sampler(
    parts: Sequence[np.ndarray],
    classes: np.ndarray,
    n_classes: int,
    settings: JointSettings,
    *,
    seed: int,
    device: torch.device,
    on_check: Callable[[GanRecord], bool],
    checkpoint: Checkpoint | None,
) -> FittedSampler:
    """Fit start, spread, networks and their strength to several modalities.

    Parameters
    ----------
    parts : sequence of ndarray of shape (n, n_columns)
        The rows of each modality, those that are made first; NaN where one is missing.
    classes : ndarray of shape (n,)
        Class indices; each class has a row with all modalities.
    n_classes, settings, seed, device, on_check, checkpoint
        As for ``fit_row_sampler``.
    """
    base = settings.base
    data = prepare_joint_rows(
        parts, classes, n_classes, settings.sizes, seed, base.marginals
    )
    with cpu_threads_for(base.largest_product(), device):
        leading = _leading(data, settings, seed, device)
        spread = base.spread
        if spread is None:
            spread = _choose_spread(data, leading, settings, seed)
        players = _build(settings, n_classes, seed, device)
        batches = _batches(data, leading, settings, spread, seed)
        probe = JointProbe(batches, n_classes, seed=seed, with_pairs=base.mi_weight > 0)
        record = train_joint_gan(
            players,
            batches,
            base.weights(n_classes),
            max_iter=base.max_iter,
            eval_interval=EVAL_INTERVAL,
            stopping=base.early_stopping(),
            events=TrainingEvents(probe.score, on_check, checkpoint, seed),
        )
        strength, held_out_score = choose_strength(
            lambda s: probe.score(players, s), record, whole=not base.choose_strength
        )
    given_rows = _given_rows(parts, classes, settings)
    sampler = _sampler(data, settings, players, spread, strength, given_rows)
    # Not of ``data``: its rows may have become deviations from the class means by now.
    some = subsample(data.classes, seed)
    information = measure_information(
        lambda n, c: sampler.draw_leading(n, c, seed=seed, device=device),
        leading.rows[torch.from_numpy(some).to(device)].cpu().numpy(),
        data.classes[some],
        n_classes,
    )
    return FittedSampler(sampler, record, information, held_out_score)


def _leading(
    data: JointRows, settings: JointSettings, seed: int, device: torch.device
) -> _Leading:
    """Hold rows out, and shrink the means of the rest as much as those of all rows."""
    rows, n_classes = data.leading(), len(data.gaussian.parts[0].means)
    held = hold_out(data.classes, n_classes, settings.base.validation_fraction, seed)
    row_means = means_by_class(rows[~held], data.classes[~held], n_classes)
    row_means = row_means.astype(np.float32)
    arrays = (
        rows,
        data.classes,
        np.flatnonzero(~held),
        np.flatnonzero(held),
        row_means,
        data.gaussian.kept_means()[:, data.gaussian.seen()] * row_means,
    )
    return _Leading(*(torch.from_numpy(array).to(device) for array in arrays))


def _choose_spread(
    data: JointRows, leading: _Leading, settings: JointSettings, seed: int
) -> float:
    """Choose the spread by what is made, in coordinates of independent noise."""
    made = data.gaussian.seen(range(settings.n_made))
    to_white = data.gaussian.whitening(made)
    n_classes = len(leading.means)
    rows = data.leading()[:, : len(made)] @ to_white
    means = data.gaussian.means()[:, made] @ to_white
    row_means = means_by_class(rows, data.classes, n_classes).astype(np.float32)
    # One share for all columns, however differently the modalities are shrunken.
    kept = data.gaussian.kept_means()[:, made].mean(axis=1)
    shrinkage = np.mean([part.shrinkage for part in data.gaussian.parts[: settings.n_made]])
    some = subsample(data.classes, seed)
    fitted = FittedRows.of(
        rows=rows[some],
        classes=data.classes[some],
        row_means=row_means,
        means=means,
        kept=kept,
        counts=np.bincount(data.classes, minlength=n_classes),
        shrinkage=float(shrinkage),
        device=leading.rows.device,
    )
    # No step nearer to real rows, as a sampler of rows alone takes: what modalities say of
    # each other is to be learned and not to be copied row by row.
    return most_telling_spread(fitted, SPREAD_GRID)


def _build(
    settings: JointSettings, n_classes: int, seed: int, device: torch.device
) -> JointPlayers:
    base = settings.base
    return build_joint_players(
        layout=settings.layout,
        n_classes=n_classes,
        latent_dim=base.latent_dim,
        n_codes=base.n_continuous_codes,
        generator_sizes=base.generator_hidden_layer_sizes,
        critic_sizes=base.critic_hidden_layer_sizes,
        gaussian_head=settings.gaussian_head,
        generator_lr=base.generator_learning_rate,
        critic_lr=base.critic_learning_rate,
        seed=int(numpy_generator(seed, FIRST_WEIGHTS).integers(2**31)),
        device=device,
    )


def _batches(
    data: JointRows, leading: _Leading, settings: JointSettings, spread: float, seed: int
) -> JointBatches:
    base, layout, gaussian = settings.base, settings.layout, data.gaussian
    device = leading.rows.device
    labels = leading.classes[leading.kept]
    count = torch.bincount(labels, minlength=len(leading.means))
    known = {
        given: (gaussian.seen(given), gaussian.seen(layout.others(given)))
        for given in layout.subsets()
    }
    return JointBatches(
        rows=leading.rows[leading.kept],
        row_means=leading.row_means,
        class_begin=torch.cumsum(count, 0) - count,
        class_count=count,
        means=leading.means,
        spread=spread,
        latent_width=base.latent_width,
        batch_size=min(base.batch_size, max(len(labels), 2)),
        generator=torch_generator(seed, BATCHES, device),
        layout=layout,
        factor=torch.from_numpy(gaussian.factor_of(gaussian.seen())).to(device),
        regressions={
            given: torch.from_numpy(gaussian.regression(*seen)).to(device)
            for given, seen in known.items()
        },
        given_spread=settings.given_spread,
        held_rows=leading.rows[leading.held_out],
        held_classes=leading.classes[leading.held_out],
    )


def _sampler(
    data: JointRows,
    settings: JointSettings,
    players: JointPlayers,
    spread: float,
    strength: float,
    given_rows: np.ndarray | None,
) -> JointSampler:
    """Put together what was fitted; the rows of ``data`` may become deviations by it."""
    for _, module in players.modules():
        module.cpu().eval()
    around_rows = spread < 1.0 or settings.given_spread is not None
    return JointSampler(
        scales=data.scales,
        start=JointStart(
            gaussian=data.gaussian,
            spread=spread,
            class_begin=data.class_begin(),
            row_deviations=data.take_deviations() if around_rows else None,
        ),
        generator=players.generator,
        critic=players.critic,
        heads=players.heads,
        n_made=settings.n_made,
        latent_width=settings.base.latent_width,
        residual_strength=strength,
        rejection=settings.base.rejection,
        given_spread=settings.given_spread,
        given_rows=given_rows,
    )


def _given_rows(
    parts: Sequence[np.ndarray], classes: np.ndarray, settings: JointSettings
) -> np.ndarray | None:
    """The rows of the modality that is always given, as they came, sorted by class."""
    if settings.given_spread != 0.0:
        return None
    order = np.argsort(classes, kind="stable")
    return parts[-1][order[whole_rows(parts)[order]]]

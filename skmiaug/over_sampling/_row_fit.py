"""From rows and settings to a fitted sampler."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from skmiaug.metrics import InformationEstimate
from skmiaug.over_sampling._informed_means import informed, informing_factors
from skmiaug.over_sampling._joint_sampler import JointSampler
from skmiaug.over_sampling._measured import measure_information
from skmiaug.over_sampling._preparation import Preparation, prepare
from skmiaug.over_sampling._row_probe import RowProbe
from skmiaug.over_sampling._row_sampler import RowSampler
from skmiaug.over_sampling._settings import EVAL_INTERVAL, FitSettings
from skmiaug.over_sampling._streams import BATCHES, FIRST_WEIGHTS
from skmiaug.over_sampling._strength import choose_strength
from skmiaug.training import (
    Checkpoint,
    GanBatches,
    GanPlayers,
    GanRecord,
    Team,
    TrainingEvents,
    build_players,
    train_gan,
)
from skmiaug.utils._random import numpy_generator, torch_generator
from skmiaug.utils._threads import cpu_threads_for


@dataclass
class FittedSampler:
    """What a fit returns: the sampler, how training went, and what the rows say.

    ``held_out_score`` is the held-out measure of the sampler's weights and strength, nats;
    None where no rows were held out.
    """

    sampler: RowSampler | JointSampler
    record: GanRecord
    information: InformationEstimate
    held_out_score: float | None


@dataclass
class ReadyRun:
    """A training run that is ready to begin: players, their batches, and the looks.

    ``score`` is the measure of players (and of a strength of their residual) on held-out
    rows; None where there are none.
    """

    prepared: Preparation
    settings: FitSettings
    seed: int
    players: GanPlayers
    batches: GanBatches
    score: Callable[..., float | None]


def fit_row_sampler(
    X: np.ndarray,
    classes: np.ndarray,
    n_classes: int,
    settings: FitSettings,
    *,
    seed: int,
    device: torch.device,
    on_check: Callable[[GanRecord], bool],
    checkpoint: Checkpoint | None,
    team: Team | None = None,
) -> FittedSampler:
    """Fit start, spread, networks and their strength to ``X`` (n, n_features).

    ``team``: the processes that train the networks together; None is this one alone.
    """
    team = team or Team()
    with cpu_threads_for(settings.largest_product(), device):
        prepared = prepare(X, classes, n_classes, settings, seed=seed, device=device)
        team.check_alike(prepared.summary())
        run = ready_run(prepared, settings, seed)
        run.score = team.agreed(run.score)
        team.align(run.players)
        record = train_gan(
            team.share_players(run.players),
            team.share_batches(run.batches),
            settings.weights(n_classes),
            max_iter=settings.max_iter,
            eval_interval=EVAL_INTERVAL,
            stopping=settings.early_stopping(),
            events=TrainingEvents(run.score, on_check, checkpoint, seed, team.average),
        )
        team.align(run.players)
        return finish_run(run, record)


def ready_run(prepared: Preparation, settings: FitSettings, seed: int) -> ReadyRun:
    """Build the players and what they train on."""
    batches = _batches(prepared, settings, seed)
    players = new_players(settings, prepared.n_classes, seed, prepared.rows.device)
    return ReadyRun(
        prepared, settings, seed, players, batches, RowProbe(prepared, batches, seed).score
    )


def new_players(
    settings: FitSettings, n_classes: int, seed: int, device: torch.device
) -> GanPlayers:
    """Build untrained players of the settings' sizes and rates."""
    return build_players(
        n_features=settings.n_components,
        n_classes=n_classes,
        latent_dim=settings.latent_dim,
        n_codes=settings.n_continuous_codes,
        generator_sizes=settings.generator_hidden_layer_sizes,
        critic_sizes=settings.critic_hidden_layer_sizes,
        generator_lr=settings.generator_learning_rate,
        critic_lr=settings.critic_learning_rate,
        seed=int(numpy_generator(seed, FIRST_WEIGHTS).integers(2**31)),
        device=device,
    )


def _batches(prepared: Preparation, settings: FitSettings, seed: int) -> GanBatches:
    n_classes, n_kept = prepared.n_classes, len(prepared.rows) - len(prepared.held_out)
    begin = np.searchsorted(prepared.sorted_classes, np.arange(n_classes))
    factors = informing_factors(prepared.gaussian, settings.mi_weight)
    seen = factors[:, : settings.n_components]
    return GanBatches(
        rows=prepared.rows,
        row_means=prepared.row_means,
        class_begin=torch.from_numpy(begin).to(prepared.rows.device),
        class_count=prepared.kept_count,
        means=prepared.means * torch.from_numpy(seen).to(prepared.rows.device),
        spread=prepared.spread,
        latent_width=settings.latent_width,
        batch_size=min(settings.batch_size, max(n_kept, 2)),
        generator=torch_generator(seed, BATCHES, prepared.rows.device),
    )


def finish_run(run: ReadyRun, record: GanRecord) -> FittedSampler:
    """Choose the strength of the trained residual, and measure what its rows say."""
    prepared, settings, players = run.prepared, run.settings, run.players
    strength, held_out_score = choose_strength(
        lambda s: run.score(players, s), record, whole=not settings.choose_strength
    )
    device = prepared.rows.device
    for _, module in players.modules():
        module.cpu().eval()
    sampler = RowSampler(
        scale=prepared.scale,
        gaussian=informed(prepared.gaussian, settings.mi_weight),
        generator=players.generator,
        critic=players.critic,
        n_components=settings.n_components,
        latent_width=settings.latent_width,
        spread=prepared.spread,
        residual_strength=strength,
        rejection=settings.rejection,
        row_deviations=prepared.row_deviations,
        class_begin=np.searchsorted(
            prepared.sorted_classes, np.arange(prepared.n_classes + 1)
        ),
    )
    information = measure_information(
        lambda n, c: (
            sampler.draw_whitened(n, c, seed=run.seed, device=device).cpu().numpy()
        ),
        prepared.some.rows,
        prepared.some.classes,
        prepared.n_classes,
    )
    return FittedSampler(sampler, record, information, held_out_score)

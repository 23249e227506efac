"""The look at a generator in training: what its rows teach about held-out ones."""

from dataclasses import replace

import torch

from skmiaug.over_sampling._preparation import Preparation
from skmiaug.over_sampling._streams import PROBE
from skmiaug.over_sampling._taught_information import taught_information
from skmiaug.training import GanBatches, GanPlayers, draw_start
from skmiaug.utils._random import torch_generator

_ROWS_PER_DIRECTION = 32
_LEAST_ROWS, _MOST_ROWS = 1024, 4096


class RowProbe:
    """Scores the players by what their rows teach about the held-out ones.

    The same starts and the same noise at every look, so that two looks differ by the
    networks alone.
    """

    def __init__(self, prepared: Preparation, batches: GanBatches, seed: int):
        device, n_classes = prepared.rows.device, prepared.n_classes
        rng = torch_generator(seed, PROBE, device)
        # Fewer rows give few means and covariances as well, and looks are a tenth of
        # the time of training there.
        wanted = _ROWS_PER_DIRECTION * prepared.rows.shape[1]
        per_class = min(max(wanted, _LEAST_ROWS), _MOST_ROWS) // n_classes + 1
        self.classes = torch.arange(n_classes, device=device).repeat_interleave(per_class)
        picked = replace(batches, generator=rng).rows_of(self.classes)
        around = batches.rows[picked] - batches.row_means[self.classes]
        self.start = draw_start(batches.means[self.classes], around, batches.spread, rng)
        self.latent = torch.randn(
            len(self.classes), batches.latent_width, generator=rng, device=device
        )
        self.real = prepared.rows[prepared.held_out]
        self.real_classes = prepared.classes[prepared.held_out]
        self.n_classes = n_classes

    def score(self, players: GanPlayers, strength: float = 1.0) -> float | None:
        """Information in nats that is passed on; None when no row was held out."""
        if len(self.real) == 0:
            return None
        with torch.inference_mode():
            residual = players.generator(self.start, self.latent, self.classes)
            made = self.start + strength * residual
            return taught_information(
                made, self.classes, self.real, self.real_classes, self.n_classes
            )

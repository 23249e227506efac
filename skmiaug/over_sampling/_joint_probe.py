"""The held-out measure of a generator of several modalities."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from skmiaug.over_sampling._linear_information import linear_information
from skmiaug.over_sampling._streams import PROBE
from skmiaug.over_sampling._taught_information import taught_information
from skmiaug.training import (
    JointBatches,
    JointPlayers,
    Pairs,
    excess,
    generate,
    less_margin,
    read_pairs,
)
from skmiaug.utils._random import torch_generator

_ROWS = 4096
_PAIR_ROWS = 512
_PAIR_BLOCKS = 4
_LINEAR_ROWS = 1024, 3  # at least, and for each column


class JointProbe:
    """Scores the players by class and by pairs, both against held-out rows, in nats.

    By class as for one modality: what generated rows teach about the class of real ones.
    By pairs: how much nearer than the start the generated rows are to the held-out ones in
    what the heads read of one modality from another, as an information. The heads change
    from look to look, so the start is read anew each time. What they cannot read, since
    real rows have nothing of the kind, is counted as it is: what modalities say of each
    other linearly beyond the real rows, and beyond the start. The same starts and the same
    noise serve at every look.

    Parameters
    ----------
    batches : JointBatches
    n_classes : int
    seed : int
        That of the fit; the probe's noise is a stream of its own.
    with_pairs : bool
        Whether the heads are trained.
    """

    def __init__(
        self,
        batches: JointBatches,
        n_classes: int,
        *,
        seed: int,
        with_pairs: bool,
    ):
        device = batches.rows.device
        rng = torch_generator(seed, PROBE, device)
        own = replace(batches, generator=rng)
        per_class = _ROWS // n_classes + 1
        self.classes = torch.arange(n_classes, device=device).repeat_interleave(per_class)
        self.ids = own.rows_of(self.classes)
        layout = batches.layout
        given = layout.subsets()[0] if batches.given_spread is not None else None
        near = batches.rows[self.ids]
        blocks = [] if given is None else [(slice(None), given)]
        self.start = own.draw_start(self.classes, near, blocks)
        noise = torch.randn(
            len(self.classes), batches.latent_width, generator=rng, device=device
        )
        flags = noise.new_zeros(len(noise), layout.n_flags)
        self.inputs = torch.cat([flags, noise], dim=1)
        self.real, self.real_classes = batches.held_rows, batches.held_classes
        self.layout, self.n_classes = layout, n_classes
        self.with_pairs = with_pairs and len(self.real) > 0
        if self.with_pairs:
            shuffled = torch.randperm(len(self.classes), generator=rng, device=device)
            self.picked = shuffled[:_PAIR_ROWS]
            self.held_out = own.draw_held_out(_PAIR_ROWS)
            self._limit_linear(batches)

    def score(self, players: JointPlayers, strength: float = 1.0) -> float | None:
        """Nats, higher is better; None when no row was held out."""
        if len(self.real) == 0:
            return None
        columns = slice(self.layout.n_generated)
        with torch.inference_mode():
            made, _ = generate(
                players.generator,
                self.layout,
                self.start,
                self.inputs,
                self.classes,
                strength=strength,
            )
            score = taught_information(
                made[:, columns],
                self.classes,
                self.real[:, columns],
                self.real_classes,
                self.n_classes,
            )
            if self.with_pairs:
                score += self._gain_of_pairs(players, made)
                score -= max(0.0, self._linear(made) - self.most_linear)
        return score

    def _limit_linear(self, batches: JointBatches) -> None:
        """Pick made rows in the shares of the real classes; note what they may say at most.

        Of a class with most of the rows, all made ones that there are.
        """
        count = batches.class_count
        n = max(_LINEAR_ROWS[0], _LINEAR_ROWS[1] * batches.rows.shape[1])
        wanted = (count * n).div(count.sum(), rounding_mode="floor").clamp(min=2)
        of_class = torch.arange(len(self.classes), device=count.device)
        of_class -= torch.searchsorted(self.classes, self.classes)
        self.like_real = (of_class < wanted[self.classes]).nonzero().squeeze(1)
        real_classes = torch.arange(self.n_classes, device=count.device)
        real = linear_information(
            batches.rows, real_classes.repeat_interleave(count), self.layout.sizes
        )
        most = max(real, self._linear(self.start))
        self.most_linear = math.inf if math.isnan(most) else most

    def _linear(self, made: Tensor) -> float:
        picked = self.like_real
        return linear_information(made[picked], self.classes[picked], self.layout.sizes)

    def _gain_of_pairs(self, players: JointPlayers, made: Tensor) -> float:
        """Distance of the start from the held-out pairs less that of the made rows."""
        picked = self.picked
        start = Pairs(self.start[picked], self.classes[picked], self.ids[picked])
        wanted, of_start, of_made = read_pairs(
            players.heads,
            self.layout.sizes,
            _PAIR_BLOCKS,
            self.held_out,
            start,
            start._replace(rows=made[picked]),
        ).mean(dim=1)
        return float(gain_of_pairs(wanted, of_start, of_made).sum())


def gain_of_pairs(wanted: Tensor, of_start: Tensor, of_made: Tensor) -> Tensor:
    """Return how much nearer to the wanted information made rows are than the start, nats.

    A start without information reads below 0. The way from there is then counted as what
    there is to gain, ``wanted`` nats: made rows that are on their way, and still below 0,
    have come nearer, and early stopping is to see it.

    Parameters
    ----------
    wanted, of_start, of_made : Tensor of shape (n_pairs,)
        What the same heads read from held-out real rows, from starts, and from what was
        made of these; nats.
    """
    wanted = less_margin(wanted, of_start)
    gain = (wanted - of_start).clamp(min=0.0) - (wanted - of_made).clamp(min=0.0)
    way = (wanted - of_start).clamp(min=torch.finfo(wanted.dtype).tiny)
    gain = torch.where(of_start < 0, gain * wanted.clamp(min=0.0) / way, gain)
    return gain - excess(of_made, wanted.clamp(min=0.0), of_start)

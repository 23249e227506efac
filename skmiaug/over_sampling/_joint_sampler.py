"""Draws rows of several modalities, all of them or some given the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from skmiaug.nn import Critic, ResidualGenerator
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._joint_gaussian import JointGaussian
from skmiaug.over_sampling._joint_start import JointStart
from skmiaug.over_sampling._real_rows import add_deviations, pick_rows
from skmiaug.over_sampling._row_blocks import DRAWN_ROWS, row_blocks
from skmiaug.over_sampling._streams import DRAWS, GIVEN_DRAWS, GIVEN_SETS_SHIFT
from skmiaug.training import JointLayout, generate, judge
from skmiaug.utils._device import on_device
from skmiaug.utils._random import normal_rows, torch_generator

Parts = dict[int, np.ndarray]


@dataclass
class JointSampler:
    """Everything that sampling needs; numpy arrays and CPU modules.

    Attributes
    ----------
    scales : tuple of ColumnScale
        One for each modality, likewise below.
    start : JointStart
    generator : ResidualGenerator
    critic : Critic
    heads : ContrastiveHeads or GaussianHead
        What was learned of how the modalities go together.
    n_made : int
        How many modalities, the first ones, are made; the others are always given.
    latent_width : int
        Noise and continuous codes together.
    residual_strength, rejection : float
        As in ``RowSampler``.
    given_spread : float or None
        How much of an always given modality is drawn from its class Gaussian where it is
        not handed in; None where none is always given.
    given_rows : ndarray of shape (n_rows, n_columns) or None
        Training rows of the always given modality as they came, sorted by class.
    """

    scales: tuple[ColumnScale, ...]
    start: JointStart
    generator: ResidualGenerator
    critic: Critic
    heads: nn.Module
    n_made: int
    latent_width: int
    residual_strength: float
    rejection: float
    given_spread: float | None
    given_rows: np.ndarray | None

    @property
    def gaussian(self) -> JointGaussian:
        """The class Gaussians and their coherence."""
        return self.start.gaussian

    @property
    def spread(self) -> float:
        """Share of a draw that comes from the class Gaussian."""
        return self.start.spread

    @property
    def layout(self) -> JointLayout:
        """What the networks know of the modalities."""
        return JointLayout(self.gaussian.sizes, self.n_made)

    def draw(
        self,
        n: int,
        class_index: int,
        given: Parts | None = None,
        *,
        seed: int,
        device: torch.device,
        of_class: bool = False,
    ) -> Parts:
        """Return n rows of one class, (n, n_columns) for each modality.

        Parameters
        ----------
        n, class_index : int
        given : dict of int to ndarray of shape (n, n_columns), or None
            Modalities that are there; they come back as they are. One that is always
            given and not among them is drawn first.
        seed : int
            With the class, n and what is given it decides the rows, and nothing else does.
        device : torch.device
        of_class : bool
            Whether what is given are rows of the class, all alike, and not rows to be
            gone with: their mean is moved to the shrunken mean of the class. The mean of
            a few rows is mostly chance, and what is made would inherit it.
        """
        out = {
            k: np.empty((n, len(scale.center)), dtype=scale.dtype)
            for k, scale in enumerate(self.scales)
        }
        chunks = self.draw_chunks(
            n, class_index, given, seed=seed, device=device, of_class=of_class
        )
        for rows, parts in chunks:
            for k, part in parts.items():
                out[k][rows] = part
        return out

    def draw_chunks(
        self,
        n: int,
        class_index: int,
        given: Parts | None = None,
        *,
        seed: int,
        device: torch.device,
        of_class: bool = False,
    ) -> Iterator[tuple[slice, Parts]]:
        """Yield which of n rows, and these rows, as :meth:`draw` returns them."""
        given = dict(given or {})
        if self.given_spread is not None and not given:
            given[self.n_made] = self.draw_given(n, class_index, seed=seed)
            of_class = True
        rng = torch_generator(seed, self._stream(class_index, given), device)
        with on_device(device, self.generator, self.critic):
            for rows in row_blocks(n, DRAWN_ROWS):
                n_rows = rows.stop - rows.start
                there = {k: part[rows] for k, part in given.items()}
                with torch.inference_mode():
                    own = class_index if of_class else None
                    known = {
                        k: self._known(k, part, own, device) for k, part in there.items()
                    }
                    drawn = self._draw(n_rows, class_index, known, rng)
                    for k, scale in enumerate(self.scales):
                        if k not in given:
                            there[k] = np.empty(
                                (n_rows, len(scale.center)), dtype=scale.dtype
                            )
                            self._write(k, drawn[k], there[k])
                yield rows, there

    def draw_leading(
        self, n: int, class_index: int, *, seed: int, device: torch.device
    ) -> np.ndarray:
        """Return n rows of one class as the networks see them, what is made alone."""
        given: Parts = {}
        if self.given_spread is not None:
            given[self.n_made] = self.draw_given(n, class_index, seed=seed)
        rng = torch_generator(seed, self._stream(class_index, given), device)
        with on_device(device, self.generator, self.critic), torch.inference_mode():
            known = {
                k: self._known(k, part, class_index, device) for k, part in given.items()
            }
            drawn = self._draw(n, class_index, known, rng)
            return self.start.leading(drawn[: self.n_made]).cpu().numpy()

    def draw_given(self, n: int, class_index: int, *, seed: int) -> np.ndarray:
        """Return n rows of the modality that is always given, as it came."""
        k, cpu = self.n_made, torch.device("cpu")
        rng = torch_generator(seed, GIVEN_DRAWS + class_index, cpu)
        picked = pick_rows(self.start.class_begin, class_index, n, rng)
        if self.given_rows is not None:
            return self.given_rows[picked.numpy()]
        assert self.given_spread is not None
        part, deviation = self.gaussian.parts[k], self.given_spread
        U = normal_rows(n, len(part.deviation), rng, deviation=deviation)
        if deviation < 1.0:
            assert self.start.row_deviations is not None
            add_deviations(U, self.start.row_deviations[k], picked, deviation)
        U.mul_(float(part.noise[class_index])).add_(torch.tensor(part.means[class_index]))
        out = np.empty((n, U.shape[1]), dtype=self.scales[k].dtype)
        self._write(k, U, out)
        return out

    def class_log_density(self, given: Parts) -> np.ndarray:
        """Log density of given parts under each class, up to a constant, (n, n_classes)."""
        known = {k: self.whiten(k, part) for k, part in given.items()}
        return self.start.class_log_density(known)

    def whiten(self, k: int, rows: np.ndarray) -> Tensor:
        """Return the whitened coordinates of rows of modality k, (n, n_columns)."""
        Z = self.scales[k].transform(np.asarray(rows))
        return torch.from_numpy(self.gaussian.parts[k].whiten_in_place(Z))

    def _known(
        self, k: int, rows: np.ndarray, own: int | None, device: torch.device
    ) -> Tensor:
        """Whiten given rows; several that are a class's ``own`` are moved to its mean."""
        whitened = self.whiten(k, rows)
        if own is not None and len(whitened) > 1:
            mean = torch.tensor(self.gaussian.parts[k].means[own])
            whitened += mean - whitened.mean(dim=0)
        return whitened.to(device)

    def _write(self, k: int, whitened: Tensor, out: np.ndarray) -> None:
        """Write the rows that whitened coordinates stand for into ``out``."""
        part, device = self.gaussian.parts[k], whitened.device
        colour = torch.from_numpy(part.colour()).to(device)
        grand_mean = torch.tensor(part.grand_mean, device=device)
        Z = torch.addmm(grand_mean, whitened, colour)
        self.scales[k].inverse_into(Z.cpu().numpy(), out)

    def _draw(
        self, n: int, class_index: int, known: Mapping[int, Tensor], rng: torch.Generator
    ) -> list[Tensor]:
        """Draw n whitened rows, after rejection."""
        if self.rejection == 0.0:
            return self._propose(n, class_index, known, rng)
        times = 1.0 / (1.0 - self.rejection)
        if known:
            # Each given part keeps a row: the best of several.
            repeats = int(np.ceil(times))
            known = {k: part.repeat(repeats, 1) for k, part in known.items()}
            proposed = self._propose(n * repeats, class_index, known, rng)
            best = self._log_q(proposed, class_index).reshape(repeats, n).argmax(dim=0)
            kept = best * n + torch.arange(n, device=rng.device)
        else:
            proposed = self._propose(int(np.ceil(n * times)), class_index, known, rng)
            log_q = self._log_q(proposed, class_index)
            kept = log_q.topk(n, sorted=False).indices.sort().values
        return [part[kept] for part in proposed]

    def _log_q(self, proposed: Sequence[Tensor], class_index: int) -> Tensor:
        rows = self.start.leading(proposed)
        classes = torch.full((len(rows),), class_index, device=rows.device)
        logits = judge(self.critic, rows, classes, self.layout).class_logits
        return torch.log_softmax(logits, dim=1)[:, class_index]

    def _propose(
        self, n: int, class_index: int, known: Mapping[int, Tensor], rng: torch.Generator
    ) -> list[Tensor]:
        start = self.start.draw(n, class_index, known, rng)
        if self.residual_strength == 0.0:
            return start
        layout, device = self.layout, rng.device
        latent = torch.randn(n, self.latent_width, generator=rng, device=device)
        flags = latent.new_zeros(n, layout.n_flags)
        free = latent.new_ones(n, layout.n_generated)
        for k in known:
            flags[:, k : k + 1] = 1.0
            if k < self.n_made:
                free[:, layout.columns((k,), device)] = 0.0
        rows, _ = generate(
            self.generator,
            layout,
            self.start.leading(start),
            torch.cat([flags, latent], dim=1),
            torch.full((n,), class_index, device=device),
            free=free,
            strength=self.residual_strength,
        )
        for part, moved, m in zip(
            start, rows.split(layout.sizes, dim=1), layout.sizes, strict=True
        ):
            part[:, :m] = moved
        return start

    def _stream(self, class_index: int, given: Parts) -> int:
        mask = sum(1 << k for k in given)
        return DRAWS + class_index + (mask << GIVEN_SETS_SHIFT)

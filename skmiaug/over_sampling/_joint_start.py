"""Where rows of several modalities start when they are sampled: without any network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from skmiaug.over_sampling._joint_gaussian import JointGaussian
from skmiaug.over_sampling._real_rows import add_deviations, pick_rows
from skmiaug.training import pull_of
from skmiaug.utils._random import normal_rows

_LARGEST_TABLE = 2**24


@dataclass
class JointStart:
    """Draws from the joint class Gaussian, or around real rows, given what is known.

    Attributes
    ----------
    gaussian : JointGaussian
    spread : float
        1 draws from the Gaussian alone, less stays near real rows.
    class_begin : ndarray of shape (n_classes + 1,)
        Where each class begins in ``row_deviations``.
    row_deviations : list of ndarray of shape (n_rows, n_columns) or None, float32
        For each modality, whitened training rows less their class mean, sorted by class;
        None where no draw lies around real rows.
    """

    gaussian: JointGaussian
    spread: float
    class_begin: np.ndarray
    row_deviations: list[np.ndarray] | None

    def draw(
        self, n: int, class_index: int, known: Mapping[int, Tensor], rng: torch.Generator
    ) -> list[Tensor]:
        """Return n whitened rows of a class, (n, n_columns) for each modality.

        A draw of all modalities is taken first. Where some are known, the others are then
        moved by their regression on what separates the known part from the drawn one: that
        is a draw from the Gaussian given that part (Matheron's rule). Without anything
        known, n rows keep the class mean exactly, as in ``RowSampler``; else the noise of
        n rows has mean 0.

        Parameters
        ----------
        n, class_index : int
        known : mapping of int to Tensor of shape (n, n_columns)
            Whitened rows of the modalities that are known.
        rng : torch.Generator
        """
        parts, sizes = self.gaussian.parts, self.gaussian.coherent_sizes
        device = rng.device
        noise = [
            normal_rows(n, len(part.deviation), rng, deviation=self.spread)
            for part in parts
        ]
        factor = torch.from_numpy(self.gaussian.factor).to(device)
        # F is lower triangular, and the identity for the first modality. From the last one
        # on: each takes in the noise of those before it.
        for k in range(len(noise) - 1, 0, -1):
            own = factor[self.gaussian.columns([k])][:, : sum(sizes[: k + 1])]
            noise[k][:, : sizes[k]] = self._coherent(noise[: k + 1]) @ own.T
        if known:
            # The rows that what is known speaks for have a mean of their own.
            _centre(noise)
            self._add_rows(noise, class_index, known, rng)
        else:
            self._add_rows(noise, class_index, known, rng)
            _centre(noise)
        for part, U in zip(parts, noise, strict=True):
            U.mul_(float(part.noise[class_index]))
            U.add_(torch.tensor(part.means[class_index], device=device))
        return self._moved(noise, known) if known else noise

    def leading(self, parts: Sequence[Tensor]) -> Tensor:
        """Put what the networks see of the first modalities (all of them) side by side."""
        sizes = self.gaussian.sizes
        return torch.cat([part[:, : sizes[k]] for k, part in enumerate(parts)], dim=1)

    def class_log_density(self, known: Mapping[int, Tensor]) -> np.ndarray:
        """Log density of known parts under each class, up to a constant, (n, n_classes)."""
        modalities = tuple(sorted(known))
        columns = self.gaussian.columns(modalities)
        rows = self._coherent([known[k] for k in modalities], modalities)
        means = torch.from_numpy(self.gaussian.means()[:, columns])
        distance = torch.cdist(
            self._independent(rows, columns), self._independent(means, columns)
        )
        return -0.5 * distance.square().numpy()

    def _moved(self, start: list[Tensor], known: Mapping[int, Tensor]) -> list[Tensor]:
        """Move the other parts of a joint draw to where what is known puts them."""
        modalities, sizes = tuple(sorted(known)), self.gaussian.coherent_sizes
        others = [k for k in range(len(sizes)) if k not in known]
        columns = self.gaussian.columns(modalities), self.gaussian.columns(others)
        A = torch.from_numpy(self.gaussian.regression(*columns)).to(start[0].device)
        apart = [known[k][:, : sizes[k]] - start[k][:, : sizes[k]] for k in modalities]
        steps = (torch.cat(apart, dim=1) @ A).split([sizes[k] for k in others], dim=1)
        for k, step in zip(others, steps, strict=True):
            start[k][:, : sizes[k]] += step
        return [known.get(k, part) for k, part in enumerate(start)]

    def _add_rows(
        self,
        noise: list[Tensor],
        class_index: int,
        known: Mapping[int, Tensor],
        rng: torch.Generator,
    ) -> None:
        """Add the deviations of real rows, of those that what is known speaks for."""
        if self.spread == 1.0:
            return
        assert self.row_deviations is not None
        if known:
            picked = self._rows_near(class_index, known, rng)
        else:
            picked = pick_rows(self.class_begin, class_index, len(noise[0]), rng)
        for U, deviations in zip(noise, self.row_deviations, strict=True):
            add_deviations(U, deviations, picked, self.spread)

    def _rows_near(
        self, class_index: int, known: Mapping[int, Tensor], rng: torch.Generator
    ) -> Tensor:
        """Draw the row each draw lies around from its posterior given the known parts."""
        assert self.row_deviations is not None
        modalities, sizes = tuple(sorted(known)), self.gaussian.coherent_sizes
        columns = self.gaussian.columns(modalities)
        begin, end = map(int, self.class_begin[class_index : class_index + 2])
        own = [
            torch.from_numpy(self.row_deviations[k][begin:end, : sizes[k]].copy())
            for k in modalities
        ]
        means = torch.from_numpy(self.gaussian.means()[class_index, columns])
        centres = means + pull_of(self.spread) * torch.cat(own, dim=1)
        centres = self._independent(centres.to(rng.device), columns)
        rows = self._coherent([known[k] for k in modalities], modalities)
        rows = self._independent(rows, columns)
        picked = []
        for block in rows.split(max(_LARGEST_TABLE // len(centres), 1)):
            log_weight = -torch.cdist(block, centres).square() / (2 * self.spread**2)
            uniform = torch.rand(log_weight.shape, generator=rng, device=rng.device)
            # The largest of log weight plus Gumbel noise is a draw by these weights.
            gumbel = -(-uniform.clamp(1e-10, 1 - 1e-7).log()).log()
            picked.append((log_weight + gumbel).argmax(dim=1) + begin)
        return torch.cat(picked)

    def _coherent(
        self, parts: Sequence[Tensor], modalities: Sequence[int] | None = None
    ) -> Tensor:
        """Put the coordinates of modalities (all) that go together side by side."""
        sizes = self.gaussian.coherent_sizes
        of = range(len(parts)) if modalities is None else modalities
        return torch.cat(
            [part[:, : sizes[k]] for k, part in zip(of, parts, strict=True)], dim=1
        )

    def _independent(self, rows: Tensor, columns: np.ndarray) -> Tensor:
        """Coordinates of some modalities, turned so that their noise is independent."""
        to_white = torch.from_numpy(self.gaussian.whitening(columns))
        return rows @ to_white.to(rows.device)


def _centre(parts: Sequence[Tensor]) -> None:
    """Take the mean of n rows away from each part, in place; their variance is kept."""
    for rows in parts:
        n = len(rows)
        if n > 1:
            rows.sub_(rows.mean(dim=0)).mul_((n / (n - 1)) ** 0.5)

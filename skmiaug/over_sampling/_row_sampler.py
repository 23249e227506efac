"""Draws rows of given classes from a fitted model."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from skmiaug.nn import Critic, ResidualGenerator
from skmiaug.over_sampling._class_gaussian import ClassGaussian
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._real_rows import add_deviations, pick_rows
from skmiaug.over_sampling._row_blocks import DRAWN_ROWS, row_blocks
from skmiaug.over_sampling._streams import DRAWS
from skmiaug.utils._device import on_device
from skmiaug.utils._random import normal_rows, torch_generator


@dataclass
class RowSampler:
    """Everything that sampling needs; numpy arrays and CPU modules.

    Attributes
    ----------
    scale : ColumnScale
    gaussian : ClassGaussian
    generator : ResidualGenerator
    critic : Critic
        Its recognition head ranks draws where some are rejected.
    n_components : int
        Leading whitened directions that the networks see.
    latent_width : int
        Noise and continuous codes together.
    spread : float
    residual_strength : float
        Factor on the residual, in [0, 1]: chosen on held-out rows.
    rejection : float
        Share of the draws that is thrown away, in [0, 1).
    row_deviations : ndarray of shape (n_rows, n_features) or None, float32
        Whitened training rows less their class mean, sorted by class; None at spread 1.
    class_begin : ndarray of shape (n_classes + 1,)
        Where each class begins in ``row_deviations``.
    """

    scale: ColumnScale
    gaussian: ClassGaussian
    generator: ResidualGenerator
    critic: Critic
    n_components: int
    latent_width: int
    spread: float
    residual_strength: float
    rejection: float
    row_deviations: np.ndarray | None
    class_begin: np.ndarray

    def draw_into(
        self,
        out: np.ndarray,
        class_index: int,
        numbers: np.ndarray | None = None,
        *,
        seed: int,
        device: torch.device,
    ) -> None:
        """Fill rows of ``out`` (n_rows, n_features) with rows of one class, in chunks.

        ``numbers`` (n,) says which; None fills all. What is drawn depends on the seed, the
        class and n alone, not on where it goes nor on what else is drawn.
        """
        n = len(out) if numbers is None else len(numbers)
        rng = torch_generator(seed, DRAWS + class_index, device)
        colour = torch.from_numpy(self.gaussian.colour()).to(device)
        grand_mean = torch.tensor(self.gaussian.grand_mean, device=device)
        with on_device(device, self.generator, self.critic), torch.inference_mode():
            for chunk in row_blocks(n, DRAWN_ROWS):
                whitened = self._draw(chunk.stop - chunk.start, class_index, rng)
                Z = torch.addmm(grand_mean, whitened, colour).cpu().numpy()
                if numbers is None:
                    self.scale.inverse_into(Z, out[chunk])
                else:
                    rows = np.empty(Z.shape, dtype=out.dtype)
                    self.scale.inverse_into(Z, rows)
                    out[numbers[chunk]] = rows

    def draw_whitened(
        self, n: int, class_index: int, *, seed: int, device: torch.device
    ) -> Tensor:
        """Return n whitened rows of one class, (n, n_features)."""
        rng = torch_generator(seed, DRAWS + class_index, device)
        with on_device(device, self.generator, self.critic), torch.inference_mode():
            return self._draw(n, class_index, rng)

    def _draw(self, n: int, class_index: int, rng: torch.Generator) -> Tensor:
        """Draw n whitened rows, after rejection."""
        if self.rejection == 0.0:
            return self._propose(n, class_index, rng)
        n_proposed = int(np.ceil(n / (1.0 - self.rejection)))
        proposed = self._propose(n_proposed, class_index, rng)
        classes = torch.full((n_proposed,), class_index, device=rng.device)
        seen = proposed[:, : self.n_components]
        log_q = torch.log_softmax(self.critic(seen, classes).class_logits, dim=1)
        kept = log_q[:, class_index].topk(n, sorted=False).indices.sort().values
        return proposed[kept]

    def _propose(self, n: int, class_index: int, rng: torch.Generator) -> Tensor:
        start = self._start(n, class_index, rng)
        if self.residual_strength > 0:
            latent = torch.randn(n, self.latent_width, generator=rng, device=rng.device)
            classes = torch.full((n,), class_index, device=rng.device)
            seen = start[:, : self.n_components]
            seen += self.residual_strength * self.generator(seen, latent, classes)
        return start

    def _start(self, n: int, class_index: int, rng: torch.Generator) -> Tensor:
        """Draws from the class Gaussian, centred so that n rows keep its mean exactly.

        Few rows of many features would otherwise carry the class mean off by more than
        the classes differ. Scaled by sqrt(n / (n - 1)), each row is still standard normal.
        """
        noise = normal_rows(n, len(self.gaussian.deviation), rng, deviation=self.spread)
        if self.row_deviations is not None:
            picked = pick_rows(self.class_begin, class_index, n, rng)
            add_deviations(noise, self.row_deviations, picked, self.spread)
        mean = torch.tensor(self.gaussian.means[class_index], device=rng.device)
        scale = float(self.gaussian.noise[class_index])
        if n > 1:
            scale *= (n / (n - 1)) ** 0.5
            mean = mean - scale * noise.mean(dim=0)
        return torch.add(mean, noise, alpha=scale, out=noise)

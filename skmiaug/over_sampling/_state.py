"""A fitted sampler as a JSON header and arrays, and back."""

from typing import Any

import numpy as np
import torch

from skmiaug.nn import Critic, ResidualGenerator
from skmiaug.over_sampling._class_gaussian import ClassGaussian
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._row_sampler import RowSampler

_GAUSSIAN_ARRAYS = ("grand_mean", "axes", "deviation", "means", "noise", "mean_shrinkage")


def sampler_to_state(
    sampler: RowSampler, generator_sizes: list[int], critic_sizes: list[int]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return plain values and arrays that :func:`sampler_from_state` takes."""
    gaussian = sampler.gaussian
    header = {
        "dtype": sampler.scale.dtype.str,
        "shrinkage": gaussian.shrinkage,
        "n_components": sampler.n_components,
        "latent_width": sampler.latent_width,
        "n_codes": sampler.critic.n_codes,
        "spread": sampler.spread,
        "residual_strength": sampler.residual_strength,
        "rejection": sampler.rejection,
        "generator_sizes": generator_sizes,
        "critic_sizes": critic_sizes,
    }
    arrays = {
        "scale.center": sampler.scale.center,
        "scale.scale": sampler.scale.scale,
        "class_begin": sampler.class_begin,
    }
    arrays |= {f"gaussian.{name}": getattr(gaussian, name) for name in _GAUSSIAN_ARRAYS}
    for key, module in (("generator", sampler.generator), ("critic", sampler.critic)):
        arrays |= {f"{key}.{n}": t.numpy() for n, t in module.state_dict().items()}
    if sampler.row_deviations is not None:
        arrays["row_deviations"] = sampler.row_deviations
    return header, arrays


def sampler_from_state(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> RowSampler:
    """Rebuild the sampler."""
    gaussian = ClassGaussian(
        **{name: arrays[f"gaussian.{name}"] for name in _GAUSSIAN_ARRAYS},
        shrinkage=header["shrinkage"],
    )
    m, width = header["n_components"], header["latent_width"]
    n_classes = len(gaussian.means)
    generator_sizes, critic_sizes = header["generator_sizes"], header["critic_sizes"]
    if len(generator_sizes) + len(critic_sizes) > len(arrays):
        raise ValueError("more layers than arrays")
    # Without memory: the sizes are not checked until the arrays are put in their place.
    with torch.device("meta"):
        generator = ResidualGenerator(m, n_classes, width, generator_sizes)
        critic = Critic(m, n_classes, header["n_codes"], critic_sizes)
    for key, module in (("generator", generator), ("critic", critic)):
        own = {
            n.removeprefix(f"{key}."): a
            for n, a in arrays.items()
            if n.startswith(f"{key}.")
        }
        weights = {n: torch.tensor(a) for n, a in own.items()}
        module.load_state_dict(weights, assign=True)
        module.eval()
    return RowSampler(
        scale=ColumnScale(
            arrays["scale.center"], arrays["scale.scale"], np.dtype(header["dtype"])
        ),
        gaussian=gaussian,
        generator=generator,
        critic=critic,
        n_components=m,
        latent_width=width,
        spread=header["spread"],
        residual_strength=header["residual_strength"],
        rejection=header["rejection"],
        row_deviations=arrays.get("row_deviations"),
        class_begin=arrays["class_begin"],
    )

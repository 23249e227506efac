"""A fitted sampler as a JSON header and arrays, and back."""

from typing import Any

import numpy as np
import torch
from torch import nn

from skmiaug.nn import Critic, ResidualGenerator
from skmiaug.over_sampling._class_gaussian import ClassGaussian
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._row_sampler import RowSampler
from skmiaug.over_sampling._state_checks import check_row_sampler

GAUSSIAN_ARRAYS = (
    "grand_mean",
    "axes",
    "deviation",
    "means",
    "noise",
    "mean_shrinkage",
    "direction_shrinkage",
)


def row_sampler_to_state(
    sampler: RowSampler,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return plain values and arrays that :func:`row_sampler_from_state` takes."""
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
        "generator_sizes": list(sampler.generator.hidden_layer_sizes),
        "critic_sizes": list(sampler.critic.hidden_layer_sizes),
    }
    arrays = {"class_begin": sampler.class_begin}
    arrays |= {f"scale.{name}": a for name, a in sampler.scale.to_arrays().items()}
    arrays |= {f"gaussian.{name}": getattr(gaussian, name) for name in GAUSSIAN_ARRAYS}
    for key, module in (("generator", sampler.generator), ("critic", sampler.critic)):
        arrays |= {f"{key}.{n}": t.numpy() for n, t in module.state_dict().items()}
    if sampler.row_deviations is not None:
        arrays["row_deviations"] = sampler.row_deviations
    return header, arrays


def row_sampler_from_state(
    header: dict[str, Any], arrays: dict[str, np.ndarray]
) -> RowSampler:
    """Rebuild the sampler.

    Raises
    ------
    ValueError
        The arrays do not belong together.
    """
    gaussian = ClassGaussian(
        **{name: arrays[f"gaussian.{name}"] for name in GAUSSIAN_ARRAYS},
        shrinkage=header["shrinkage"],
    )
    m, width = header["n_components"], header["latent_width"]
    n_classes = len(gaussian.means)
    generator_sizes, critic_sizes = header["generator_sizes"], header["critic_sizes"]
    check_sizes([*generator_sizes, *critic_sizes], len(arrays))
    # Without memory: the sizes are not checked until the arrays are put in their place.
    with torch.device("meta"):
        generator = ResidualGenerator(m, n_classes, width, generator_sizes)
        critic = Critic(m, n_classes, header["n_codes"], critic_sizes)
    load_weights(generator, arrays, "generator")
    load_weights(critic, arrays, "critic")
    sampler = RowSampler(
        scale=ColumnScale.from_arrays(arrays, "scale.", header["dtype"]),
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
    check_row_sampler(sampler)
    return sampler


def check_sizes(sizes: list[int], n_arrays: int) -> None:
    """Refuse more layers than there are arrays, before any is built."""
    if len(sizes) > n_arrays:
        raise ValueError("more layers than arrays")


def load_weights(module: nn.Module, arrays: dict[str, np.ndarray], key: str) -> None:
    """Put the arrays whose names begin with ``key`` in the place of the weights."""
    prefix = f"{key}."
    weights = {
        name.removeprefix(prefix): torch.tensor(array)
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
    module.load_state_dict(weights, assign=True)
    module.eval()

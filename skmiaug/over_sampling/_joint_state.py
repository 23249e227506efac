"""A fitted sampler of several modalities as a JSON header and arrays, and back."""

from typing import Any

import numpy as np
import torch

from skmiaug.nn import ContrastiveHeads, Critic, GaussianHead, ResidualGenerator
from skmiaug.over_sampling._class_gaussian import ClassGaussian
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._joint_gaussian import JointGaussian
from skmiaug.over_sampling._joint_sampler import JointSampler
from skmiaug.over_sampling._joint_start import JointStart
from skmiaug.over_sampling._row_state import GAUSSIAN_ARRAYS, check_sizes, load_weights
from skmiaug.over_sampling._state_checks import check_joint_sampler
from skmiaug.training import JointLayout

_NUMBERS = (
    "n_made",
    "latent_width",
    "residual_strength",
    "rejection",
    "given_spread",
)
_NETWORKS = ("generator", "critic", "heads")


def joint_sampler_to_state(
    sampler: JointSampler,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return plain values and arrays that :func:`joint_sampler_from_state` takes."""
    gaussian = sampler.gaussian
    header: dict[str, Any] = {name: getattr(sampler, name) for name in _NUMBERS}
    header |= {
        "dtypes": [scale.dtype.str for scale in sampler.scales],
        "shrinkages": [part.shrinkage for part in gaussian.parts],
        "spread": sampler.spread,
        "sizes": list(gaussian.sizes),
        "coherent_sizes": list(gaussian.coherent_sizes),
        "n_codes": sampler.critic.n_codes,
        "gaussian_head": isinstance(sampler.heads, GaussianHead),
        "generator_sizes": list(sampler.generator.hidden_layer_sizes),
        "critic_sizes": list(sampler.critic.hidden_layer_sizes),
    }
    start = sampler.start
    arrays = {"coherence": gaussian.coherence, "class_begin": start.class_begin}
    for k, (scale, part) in enumerate(zip(sampler.scales, gaussian.parts, strict=True)):
        arrays |= {f"{k}.scale.{name}": a for name, a in scale.to_arrays().items()}
        arrays |= {f"{k}.gaussian.{n}": getattr(part, n) for n in GAUSSIAN_ARRAYS}
    for key in _NETWORKS:
        weights = getattr(sampler, key).state_dict()
        arrays |= {f"{key}.{name}": tensor.numpy() for name, tensor in weights.items()}
    for k, rows in enumerate(start.row_deviations or []):
        arrays[f"{k}.row_deviations"] = rows
    if sampler.given_rows is not None:
        arrays["given_rows"] = sampler.given_rows
    return header, arrays


def joint_sampler_from_state(
    header: dict[str, Any], arrays: dict[str, np.ndarray]
) -> JointSampler:
    """Rebuild the sampler.

    Raises
    ------
    ValueError
        The arrays do not belong together.
    """
    sizes = tuple(header["sizes"])
    # Files of before they were apart lack these.
    coherent_sizes = tuple(header.get("coherent_sizes", sizes))
    scales, parts = [], []
    for k, (dtype, shrinkage) in enumerate(
        zip(header["dtypes"], header["shrinkages"], strict=True)
    ):
        scales.append(ColumnScale.from_arrays(arrays, f"{k}.scale.", dtype))
        own = {name: arrays[f"{k}.gaussian.{name}"] for name in GAUSSIAN_ARRAYS}
        parts.append(ClassGaussian(**own, shrinkage=shrinkage))
    generator, critic, heads = _networks(header, sizes, len(parts[0].means), len(arrays))
    for key, module in zip(_NETWORKS, (generator, critic, heads), strict=True):
        load_weights(module, arrays, key)
    deviations = None
    if "0.row_deviations" in arrays:
        deviations = [arrays[f"{k}.row_deviations"] for k in range(len(parts))]
    sampler = JointSampler(
        scales=tuple(scales),
        start=JointStart(
            gaussian=JointGaussian(
                tuple(parts), sizes, coherent_sizes, arrays["coherence"]
            ),
            spread=header["spread"],
            class_begin=arrays["class_begin"],
            row_deviations=deviations,
        ),
        generator=generator,
        critic=critic,
        heads=heads,
        given_rows=arrays.get("given_rows"),
        **{name: header[name] for name in _NUMBERS},
    )
    check_joint_sampler(sampler)
    return sampler


def _networks(
    header: dict[str, Any], sizes: tuple[int, ...], n_classes: int, n_arrays: int
) -> tuple[ResidualGenerator, Critic, ContrastiveHeads | GaussianHead]:
    """Build the networks without memory: their arrays are put in place later."""
    layout = JointLayout(sizes, header["n_made"])
    generator_sizes, critic_sizes = header["generator_sizes"], header["critic_sizes"]
    check_sizes([*generator_sizes, *critic_sizes, *sizes], n_arrays)
    n_made, n_context = layout.n_generated, layout.n_features - layout.n_generated
    n_inputs = n_context + layout.n_flags + header["latent_width"]
    kind = GaussianHead if header["gaussian_head"] else ContrastiveHeads
    with torch.device("meta"):
        return (
            ResidualGenerator(n_made, n_classes, n_inputs, generator_sizes),
            Critic(n_made, n_classes, header["n_codes"], critic_sizes, n_context),
            kind(sizes, n_classes),
        )

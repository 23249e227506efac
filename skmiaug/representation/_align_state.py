"""A fitted aligner as a JSON header and arrays, and back."""

from typing import Any

import numpy as np
import torch

from skmiaug.nn import AlignmentNetwork, ProjectionHead
from skmiaug.representation._align_fit import AlignedSpace
from skmiaug.representation._align_rows import ModalityScale

_MAX_LABEL_BYTES = 2**28
_PLAIN_ATTRIBUTES = (
    "best_iter_",
    "class_error_curve_",
    "device_",
    "information_curve_",
    "loss_curve_",
    "mutual_information_",
    "mutual_information_ceiling_",
    "n_features_in_",
    "n_iter_",
    "pair_error_curve_",
    "score_curve_",
    "temperature_",
)
_SCALE_ARRAYS = ("columns", "center", "scale")


def aligner_to_state(aligner: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return plain values and arrays that :func:`aligner_from_state` takes."""
    names = getattr(aligner, "feature_names_in_", None)
    network = aligner._space.network
    header = {name: getattr(aligner, name) for name in _PLAIN_ATTRIBUTES}
    header |= {
        "modalities": list(aligner.modalities_),
        "classes": [aligner.classes_.dtype.str, aligner.classes_.tolist()],
        "feature_names": None if names is None else names.tolist(),
        "n_components": network.shared_class_head.in_features,
        "hidden_layer_sizes": _hidden_layer_sizes(network),
    }
    arrays = {f"network.{name}": t.numpy() for name, t in network.state_dict().items()}
    for index, scale in enumerate(aligner._space.scales):
        arrays |= {f"scale.{index}.{name}": getattr(scale, name) for name in _SCALE_ARRAYS}
    return header, arrays


def _hidden_layer_sizes(network: AlignmentNetwork) -> list[int]:
    """Those of the fitted network; the parameter may have been set anew since."""
    head = network.heads[0]
    assert isinstance(head, ProjectionHead)
    if head.residual is None:
        return []
    layers = [m for m in head.residual.modules() if isinstance(m, torch.nn.Linear)]
    return [layer.out_features for layer in layers[:-1]]


def aligner_from_state(
    aligner: Any, header: dict[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    """Give ``aligner`` what :func:`aligner_to_state` took from one."""
    names, sizes = header["modalities"], header["hidden_layer_sizes"]
    if len(names) + len(sizes) > len(arrays):
        raise ValueError("more modalities and layers than arrays")
    scales = tuple(
        ModalityScale(**{name: arrays[f"scale.{index}.{name}"] for name in _SCALE_ARRAYS})
        for index in range(len(names))
    )
    dtype, labels = header["classes"]
    if np.dtype(dtype).itemsize * len(labels) > _MAX_LABEL_BYTES:
        raise ValueError(f"{len(labels)} labels of type {dtype} are too large")
    # Without memory: the sizes are not checked until the arrays are put in their place.
    with torch.device("meta"):
        network = AlignmentNetwork(
            [len(scale.columns) for scale in scales],
            len(labels),
            header["n_components"],
            sizes,
            temperature=1.0,
        )
    weights = {
        name.removeprefix("network."): torch.tensor(array)
        for name, array in arrays.items()
        if name.startswith("network.")
    }
    network.load_state_dict(weights, assign=True)
    aligner._space = AlignedSpace(scales, network.eval())
    aligner.modalities_ = {n: s.columns for n, s in zip(names, scales, strict=True)}
    aligner.classes_ = np.array(labels, dtype=dtype)
    if header["feature_names"] is not None:
        aligner.feature_names_in_ = np.array(header["feature_names"], dtype=object)
    for name in _PLAIN_ATTRIBUTES:
        setattr(aligner, name, header[name])

"""The type of matrix products in training."""

from contextlib import AbstractContextManager, nullcontext

import torch


def resolve_precision(
    precision: str, device: torch.device, *, large_products: bool = False
) -> torch.dtype | None:
    """Type of the matrix products: None for float32, else a 16-bit type under autocast.

    ``precision`` is "float32", "bfloat16" or "auto", which takes bfloat16 on CUDA devices
    that have it, and on CPUs that have units for it if ``large_products`` take most of a
    training step.
    """
    if precision == "float32":
        return None
    if precision == "bfloat16":
        return torch.bfloat16
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = device.type == "cpu" and large_products and has_bfloat16_units()
    return torch.bfloat16 if fast else None


def has_bfloat16_units() -> bool:
    """Whether this CPU multiplies bfloat16 matrices in hardware (Intel's AMX)."""
    probe = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return probe is not None and probe()


def precision(device: torch.device, dtype: torch.dtype | None) -> AbstractContextManager:
    """Matrix products in ``dtype`` inside; None leaves them as they are."""
    return nullcontext() if dtype is None else torch.autocast(device.type, dtype)

"""The type of matrix products in training."""

import torch


def resolve_precision(precision: str, device: torch.device) -> torch.dtype | None:
    """Type of the matrix products: None for float32, else a 16-bit type under autocast.

    Parameters
    ----------
    precision : {"auto", "float32", "bfloat16"}
        "auto" takes bfloat16 on CUDA devices that have it.
    device : torch.device
    """
    if precision == "float32":
        return None
    if precision == "bfloat16":
        return torch.bfloat16
    fast = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if fast else None

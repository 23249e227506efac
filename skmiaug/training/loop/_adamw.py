"""The optimiser, without its start-up cost."""

import inspect
from typing import Any

import torch


class AdamW(torch.optim.AdamW):
    """AdamW without what torch wraps around it for its compiler.

    The wrappers import that compiler: two seconds at the first fit of a process.
    """

    add_param_group = inspect.unwrap(torch.optim.AdamW.add_param_group)
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; torch's own way takes five times as long."""
        if not set_to_none:
            raise ValueError("Gradients are forgotten here; use set_to_none=True.")
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None


def decay_groups(
    network: torch.nn.Module, weight_decay: float, **options: Any
) -> list[dict[str, Any]]:
    """Return parameter groups of a network: its matrices decay, its vectors do not.

    Vectors are biases, norms, learned timesteps and temperatures. Further ``options`` of
    the groups, such as ``lr``, are those of both.
    """
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group | options for group in groups if group["params"]]

"""The optimiser, without its start-up cost."""

import inspect

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

"""The optimiser, without its start-up cost."""

import inspect

import torch


class AdamW(torch.optim.AdamW):
    """AdamW without what torch wraps around it for its compiler.

    The wrappers import that compiler: two seconds at the first fit of a process.
    """

    add_param_group = inspect.unwrap(torch.optim.AdamW.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.AdamW.zero_grad)
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))

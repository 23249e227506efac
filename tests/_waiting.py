"""A watch for what makes the host wait for a device, or a device for the host."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

# They need a value, or a number of values, before they can go on.
VALUES = {
    "aten::_local_scalar_dense",
    "aten::equal",
    "aten::is_nonzero",
    "aten::masked_select",
    "aten::nonzero",
    "aten::repeat_interleave.Tensor",
    "aten::unique_consecutive",
    "aten::_unique2",
}
# What becomes a tensor from numbers of the host.
FROM_HOST = {"aten::lift_fresh", "aten::lift_fresh_copy"}


class Waiting(TorchDispatchMode):
    """Names what waits, in ``seen``, as it is called inside."""

    def __init__(self):
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = func.name()
        masked = name.startswith("aten::index") and any(
            isinstance(index, torch.Tensor) and index.dtype == torch.bool
            for index in (args[1] if len(args) > 1 and isinstance(args[1], list) else ())
        )
        if (
            masked
            or name in VALUES | FROM_HOST
            or name.split(".")[0] in VALUES
            or _crosses(args, kwargs)
        ):
            self.seen.append(name)
        return func(*args, **kwargs)


def _crosses(args, kwargs) -> bool:
    """Whether an operation has to do with more than one device.

    Numbers of zero dimensions on the CPU, such as 0.5, go along with a launch.
    """
    tensors = [a for a in args if isinstance(a, torch.Tensor)]
    devices = {t.device for t in tensors}
    if tensors and kwargs.get("device") is not None:
        devices.add(torch.device(kwargs["device"]))
    return len(devices) > 1

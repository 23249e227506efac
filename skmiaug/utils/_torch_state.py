"""torch's global state: what the caller has set changes nothing that is done here."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch


class _DefaultType:
    """Keeps torch's default type at float32 while anyone is inside.

    It is one for the whole process: with fits in several threads the first to enter
    remembers it and the last to leave puts it back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_inside = 0
        self._before = torch.float32

    def __enter__(self) -> None:
        with self._lock:
            if self._n_inside == 0:
                self._before = torch.get_default_dtype()
                torch.set_default_dtype(torch.float32)
            self._n_inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._n_inside -= 1
            if self._n_inside == 0:
                torch.set_default_dtype(self._before)


_float32_default = _DefaultType()


@contextmanager
def torch_defaults(*, inference: bool = False) -> Iterator[None]:
    """Run with torch's global state as it is in a fresh process, and put it back after.

    A context manager, and a decorator for methods that use a network. Default type
    float32, default device CPU, gradients on (off in ``inference`` mode) and no autocast:
    what the caller has set would otherwise change results, or fail far from the cause.
    """
    with ExitStack() as stack:
        stack.enter_context(_float32_default)
        stack.enter_context(torch.inference_mode(inference))
        stack.enter_context(torch.set_grad_enabled(not inference))
        for kind in ("cpu", "cuda", "mps", "xpu"):
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        yield

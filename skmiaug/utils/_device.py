"""The device of a fit: choice, memory, threads, networks on it, type of its products."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

import torch
from torch import nn

from skmiaug.exceptions import DeviceUnavailableError


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


def resolve_device(device: str | torch.device) -> torch.device:
    """Return the device that a name stands for, checked to be usable here.

    "auto" is the current CUDA device if there is one, else the CPU; else ``device`` is
    anything that ``torch.device`` takes. One that is not here, or CUDA in a process forked
    from one that has used it, is a DeviceUnavailableError; what names no device is a
    ValueError.
    """
    if str(device) == "auto":
        usable = torch.cuda.is_available() and not _forked_after_cuda()
        return (
            torch.device("cuda", torch.cuda.current_device())
            if usable
            else torch.device("cpu")
        )
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"device must be 'auto', 'cpu', 'cuda' or 'cuda:N', got {device!r}: "
            f"{str(error).splitlines()[0]}"
        ) from error
    if chosen.type == "cuda":
        _check_cuda(chosen)
    elif chosen.type != "cpu":
        _check_usable(chosen)
    return chosen


def _check_usable(device: torch.device) -> None:
    """Try a device of another kind; torch has no common way to ask for them."""
    try:
        # The meta device has shapes and no values: asking for one is an error too.
        torch.zeros(1, device=device).item()
        torch.Generator(device)
    except Exception as error:  # each backend has its own
        raise DeviceUnavailableError(
            f"device={str(device)!r} was asked for, but torch cannot compute on it here "
            f"({str(error).splitlines()[0]:.100}). Use device='auto' or device='cpu'."
        ) from error


def _forked_after_cuda() -> bool:
    """True in a process forked from one that had started CUDA: CUDA cannot be used."""
    return bool(torch.cuda._is_in_bad_fork())


def _check_cuda(device: torch.device) -> None:
    if not torch.cuda.is_available():
        raise DeviceUnavailableError(
            f"device={str(device)!r} was asked for, but torch finds no CUDA device here. "
            "Use device='auto' or device='cpu', or install a CUDA build of torch."
        )
    if _forked_after_cuda():
        raise DeviceUnavailableError(
            f"device={str(device)!r} was asked for in a process forked from one that has "
            "used CUDA, which CUDA does not allow. Start workers with 'spawn' or 'loky' "
            "(joblib's default), or use device='cpu' in the workers."
        )
    n_devices = torch.cuda.device_count()
    if device.index is not None and device.index >= n_devices:
        raise DeviceUnavailableError(
            f"device={str(device)!r} was asked for, but there are {n_devices} CUDA "
            f"devices, numbered from 0. Use device='auto' or a lower number."
        )


@contextmanager
def on_device(device: torch.device, *modules: nn.Module) -> Iterator[None]:
    """Keep networks on a device inside, and bring them back to the CPU after."""
    try:
        for module in modules:
            module.to(device)
        yield
    finally:
        for module in modules:
            module.cpu()


@contextmanager
def memory_remedy(device: torch.device, advice: str) -> Iterator[None]:
    """Name what to lower when the device runs out of memory.

    The error keeps its class (``torch.OutOfMemoryError``), so that callers who retry on
    it still can.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise torch.OutOfMemoryError(
            f"{device} ran out of memory: {advice} ({error})"
        ) from error


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


# Multiply-adds of a matrix product below which a second thread is not worth its waiting. At
# 2**26 a step took 26 ms on one thread and 20 ms on two of an idle machine, but 40 ms and
# 670 ms on a busy one: threads that wait for each other wait for the scheduler too.
_WORTH_A_SECOND_THREAD = 2**28


@contextmanager
def cpu_threads_for(multiply_adds: int, device: torch.device) -> Iterator[None]:
    """Run on one CPU thread inside if the largest product has few ``multiply_adds``."""
    before = torch.get_num_threads()
    if device.type != "cpu" or multiply_adds >= _WORTH_A_SECOND_THREAD or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def threads_to_spare(multiply_adds: int, device: torch.device) -> int:
    """How many separate models of such products can train side by side on the CPU.

    1 where :func:`cpu_threads_for` lets all threads share each product, and off the CPU.
    """
    if device.type != "cpu" or multiply_adds >= _WORTH_A_SECOND_THREAD:
        return 1
    return torch.get_num_threads()

"""What surrounds the training of every estimator with a network.

Device, seed, checkpoint, progress bar, scikit-learn's callbacks, CPU threads, the remedy
for exhausted memory, and torch's global state.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state

from skmiaug.training import (
    Checkpoint,
    EarlyStopping,
    LoopParameters,
    RunRecord,
)
from skmiaug.training.gan import SingleProcess
from skmiaug.utils._device import (
    cpu_threads_for,
    memory_remedy,
    resolve_device,
    torch_defaults,
)
from skmiaug.utils._fit import ProgressBar
from skmiaug.utils._random import draw_seed
from skmiaug.utils._sklearn_callbacks import callback_session

_log = logging.getLogger("skmiaug")

# They change nothing of what is learned; the seed is described apart.
_NOT_IN_FINGERPRINT = frozenset({"checkpoint", "device", "random_state", "verbose"})
_CHUNK_BYTES = 2**26


@dataclass(kw_only=True)
class Session(LoopParameters):
    """What a training run needs from around it; as it is, the parameters of its loop.

    ``seed`` is that of the checkpoint where a run is continued. ``on_check`` shows the
    newest figures and calls scikit-learn's callbacks.
    """

    device: torch.device
    # Takes the name of what is done from now on: shown on the progress bar, and logged with
    # its time at level DEBUG of the logger "skmiaug"
    phase: Callable[[str], None]

    def loop(
        self, evaluate: Callable[[Any], float | None], max_iter: int | None = None
    ) -> "Session":
        """Return the parameters of a loop that is scored by ``evaluate`` and begins now."""
        self.phase("training")
        max_iter = self.max_iter if max_iter is None else max_iter
        return replace(self, evaluate=evaluate, max_iter=max_iter)


@contextmanager
def training_session(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    data: Mapping[str, Any],
    eval_interval: int,
    shown: Mapping[str, str],  # on the progress bar: label, and the curve of the record
    memory_advice: str,  # what to change when memory runs out
    multiply_adds: int = 0,  # of the largest product; small ones run on one CPU thread
    max_iter: int | None = None,  # in the place of the estimator's
    device: torch.device | None = None,  # likewise
    group: SingleProcess | None = None,  # the processes that train the model together
) -> Iterator[Session]:
    """Prepare a training run of ``estimator``, and clean up after it.

    The checkpoint is removed when the block ends normally, and kept when it is left by an
    error or a signal. Inside, torch's global state is the default one. The estimator is
    a ``TrainedEstimator``, whose callbacks get X and y. ``data`` are the arrays that it
    learns from, and values in the place of parameters; they identify the run, see
    :func:`fingerprint`.

    Raises
    ------
    CheckpointError
        The checkpoint cannot be written, or belongs to another run.
    DeviceUnavailableError
        The device cannot be used here.
    """
    device = resolve_device(estimator.device) if device is None else device
    group = SingleProcess() if group is None else group
    checkpoint, seed = _start(estimator, data, device, group)
    max_iter = estimator.max_iter if max_iter is None else max_iter
    name = type(estimator).__name__
    bar = ProgressBar(max_iter, name, enabled=estimator.verbose > 0 and group.leads)
    with ExitStack() as stack:
        stack.enter_context(torch_defaults())
        stack.enter_context(memory_remedy(device, memory_advice))
        stack.enter_context(cpu_threads_for(multiply_adds, device))
        stack.enter_context(bar)
        phase = stack.enter_context(_timed_phases(name, bar))
        n_checks = -(-max_iter // eval_interval)
        notify = stack.enter_context(callback_session(estimator, n_checks, X, y))

        def on_check(record: RunRecord) -> bool:
            newest = {label: getattr(record, curve)[-1] for label, curve in shown.items()}
            bar.show(record.n_iter, **newest)
            return notify()

        yield Session(
            max_iter=max_iter,
            eval_interval=eval_interval,
            stopping=EarlyStopping(estimator.n_iter_no_change, estimator.tol),
            on_check=group.agreed(on_check),
            checkpoint=checkpoint,
            seed=seed,
            average=group.average,
            device=device,
            phase=phase,
        )
    if checkpoint is not None:
        checkpoint.remove()


def _start(
    estimator: Any, data: Mapping[str, Any], device: torch.device, group: SingleProcess
) -> tuple[Checkpoint | None, int]:
    """Return the checkpoint, if one is asked for, and the seed of the run."""
    # Without a seed each process of a group would draw its own.
    seed = group.agreed(draw_seed)(check_random_state(estimator.random_state))
    if estimator.checkpoint is None:
        return None, seed
    parameters = {
        name: value
        for name, value in estimator.get_params(deep=False).items()
        if name not in _NOT_IN_FINGERPRINT
    }
    known = seed if isinstance(estimator.random_state, Integral) else None
    described = {**parameters, "device": device.type, **data}
    checkpoint = group.share_checkpoint(
        Checkpoint(estimator.checkpoint, fingerprint(described, seed=known))
    )
    checkpoint.check_writable()
    return checkpoint, checkpoint.seed_of_run(seed)


@contextmanager
def _timed_phases(name: str, bar: ProgressBar) -> Iterator[Callable[[str], None]]:
    """Give what begins the next phase of a fit; the time of the one before is logged."""
    current, begin = "preparing", time.perf_counter()

    def enter(phase: str) -> None:
        nonlocal current, begin
        now = time.perf_counter()
        _log.debug("%s: %s took %.3f s", name, current, now - begin)
        current, begin = phase, now
        bar.phase(phase)

    bar.phase(current)
    yield enter
    enter("done")


def fingerprint(
    parameters: Mapping[str, Any], *arrays: np.ndarray, seed: int | None
) -> str:
    """Return the identity of a training run, a SHA-256 digest.

    ``parameters`` are values, arrays, networks and estimators by name, in any order;
    ``arrays`` are further data. Without a ``seed``, the run continues with that of its
    checkpoint.
    """
    digest = hashlib.sha256(json.dumps([seed, len(parameters), len(arrays)]).encode())
    for name in sorted(parameters):
        digest.update(json.dumps(name).encode())
        _digest(digest, parameters[name])
    for array in arrays:
        _digest(digest, array)
    return digest.hexdigest()


def _digest(digest: Any, value: Any) -> None:
    """Add a value, with its type and size, so that no two lists of values agree."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    elif isinstance(value, torch.nn.Module):
        value = dict(value.state_dict())
    elif hasattr(value, "get_params") or hasattr(value, "__dataclass_fields__"):
        value = {"class": type(value).__name__, **vars(value)}
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        digest.update(f"array {value.dtype.str} {value.shape}".encode())
        for piece in _pieces(value):
            digest.update(np.ascontiguousarray(piece).tobytes())
    elif isinstance(value, Mapping):
        digest.update(f"mapping {len(value)}".encode())
        for pair in value.items():
            _digest(digest, pair)
    elif isinstance(value, (list, tuple, np.ndarray)):
        digest.update(f"sequence {len(value)}".encode())
        for item in value:
            _digest(digest, item)
    else:
        # 1, 1.0 and True train alike.
        text = repr(float(value)) if isinstance(value, (int, float)) else str(value)
        digest.update(f"value {len(text)} {text}".encode(errors="backslashreplace"))


def _pieces(array: np.ndarray) -> list[np.ndarray]:
    """Cut an array, so that one on disk or transposed is not copied as a whole."""
    if array.nbytes <= _CHUNK_BYTES:
        return [array]
    n_rows = max(_CHUNK_BYTES // array[:1].nbytes, 1)
    return np.split(array, range(n_rows, len(array), n_rows))

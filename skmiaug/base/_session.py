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
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from sklearn.utils import check_random_state

from skmiaug.training import Checkpoint, EarlyStopping, RunRecord, TrainingEvents
from skmiaug.utils._device import memory_remedy, resolve_device, torch_defaults
from skmiaug.utils._progress import ProgressBar
from skmiaug.utils._random import draw_seed
from skmiaug.utils._sklearn_callbacks import callback_session
from skmiaug.utils._threads import cpu_threads_for

T = TypeVar("T")
_log = logging.getLogger("skmiaug")

# They change nothing of what is learned; the seed is described apart.
_NOT_IN_FINGERPRINT = frozenset({"checkpoint", "device", "random_state", "verbose"})
_CHUNK_BYTES = 2**26


class TrainingGroup(Protocol):
    """Processes that train one model together."""

    @property
    def leads(self) -> bool:
        """Whether this process shows progress."""

    def agreed(self, call: Callable[..., T]) -> Callable[..., T]:
        """Return ``call``, made by the first process, its result handed to all."""

    def share_checkpoint(self, checkpoint: Checkpoint) -> Checkpoint:
        """Return a checkpoint that the first process writes and all continue from."""


class _SingleProcess:
    """The group of a process that trains alone."""

    leads = True

    def agreed(self, call: Callable[..., T]) -> Callable[..., T]:
        return call

    def share_checkpoint(self, checkpoint: Checkpoint) -> Checkpoint:
        return checkpoint


@dataclass(frozen=True)
class Session:
    """What a training run needs from around it.

    Attributes
    ----------
    seed : int
        Seed of the run; that of the checkpoint where one is continued.
    device : torch.device
    checkpoint : Checkpoint or None
    stopping : EarlyStopping
        By the estimator's ``n_iter_no_change`` and ``tol``.
    phase : callable
        Takes the name of what is done from now on: shown on the progress bar, and logged
        with its time at level DEBUG of the logger "skmiaug".
    on_check : callable
        Takes the record after a validation check, shows its newest figures and calls
        scikit-learn's callbacks; returns True to stop.
    """

    seed: int
    device: torch.device
    checkpoint: Checkpoint | None
    stopping: EarlyStopping
    phase: Callable[[str], None]
    on_check: Callable[[RunRecord], bool]

    def events(
        self, evaluate: Callable[[Any], float | None], **others: Any
    ) -> TrainingEvents:
        """Return the events of a run that is scored by ``evaluate`` and begins now.

        Parameters
        ----------
        evaluate : callable
            Takes the model, returns its validation score; None without held-out rows.
        **others
            Further fields of ``TrainingEvents``.
        """
        self.phase("training")
        return TrainingEvents(evaluate, self.on_check, self.checkpoint, self.seed, **others)


@contextmanager
def training_session(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    data: Mapping[str, Any],
    eval_interval: int,
    shown: Mapping[str, str],
    memory_advice: str,
    multiply_adds: int = 0,
    max_iter: int | None = None,
    device: torch.device | None = None,
    group: TrainingGroup | None = None,
) -> Iterator[Session]:
    """Prepare a training run of ``estimator``, and clean up after it.

    The checkpoint is removed when the block ends normally, and kept when it is left by an
    error or a signal. Inside, torch's global state is the default one.

    Parameters
    ----------
    estimator : estimator
        Has the parameters of ``NEURAL_CONSTRAINTS`` and derives from
        ``CallbackSupportMixin``.
    X, y
        What is fitted, for the callbacks.
    data : mapping of str to Any
        The arrays that the estimator learns from, and values that override parameters;
        they identify the run together with the other parameters. See :func:`fingerprint`.
    eval_interval : int
        Training steps between validation checks.
    shown : mapping of str to str
        Figures on the progress bar: label, and the record's curve it comes from.
    memory_advice : str
        What to change when memory runs out.
    multiply_adds : int, default=0
        Of the largest matrix product of a step; small ones run on one CPU thread.
    device : torch.device, default=None
        None resolves ``estimator.device``.
    group : TrainingGroup, default=None
        The processes that train the model together.

    Raises
    ------
    CheckpointError
        The checkpoint cannot be written, or belongs to another run.
    DeviceUnavailableError
        The device cannot be used here.
    """
    device = resolve_device(estimator.device) if device is None else device
    group = _SingleProcess() if group is None else group
    # Without a seed each process of a group would draw its own.
    seed = group.agreed(draw_seed)(check_random_state(estimator.random_state))
    checkpoint = None
    if estimator.checkpoint is not None:
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
        seed = checkpoint.seed_of_run(seed)
    max_iter = estimator.max_iter if max_iter is None else max_iter
    n_checks = -(-max_iter // eval_interval)
    bar = ProgressBar(
        max_iter,
        type(estimator).__name__,
        enabled=estimator.verbose > 0 and group.leads,
    )
    with ExitStack() as stack:
        stack.enter_context(torch_defaults())
        stack.enter_context(memory_remedy(device, memory_advice))
        stack.enter_context(cpu_threads_for(multiply_adds, device))
        stack.enter_context(bar)
        phase = stack.enter_context(_timed_phases(type(estimator).__name__, bar))
        notify = stack.enter_context(callback_session(estimator, n_checks, X, y))

        def on_check(record: RunRecord) -> bool:
            newest = {label: getattr(record, curve)[-1] for label, curve in shown.items()}
            bar.show(record.n_iter, **newest)
            return notify()

        stopping = EarlyStopping(estimator.n_iter_no_change, estimator.tol)
        yield Session(seed, device, checkpoint, stopping, phase, group.agreed(on_check))
    if checkpoint is not None:
        checkpoint.remove()


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

    Parameters
    ----------
    parameters : mapping of str to Any
        Values, arrays, networks and estimators by name, in any order.
    *arrays : ndarray
        Further data.
    seed : int or None
        None where none was given: the run then continues with that of its checkpoint.
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

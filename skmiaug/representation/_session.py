"""What surrounds the training of an estimator: seed, checkpoint, progress and callbacks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from sklearn.utils import check_random_state

from skmiaug.training import Checkpoint, RunRecord, TrainingEvents
from skmiaug.utils._progress import ProgressBar
from skmiaug.utils._random import draw_seed
from skmiaug.utils._sklearn_callbacks import callback_session


@dataclass(frozen=True)
class Session:
    """What a training run needs from around it.

    Attributes
    ----------
    seed : int
        Of the run; that of the checkpoint where one is continued.
    on_check : callable
        Shows a record's newest figures and tells the callbacks; True: stop.
    checkpoint : Checkpoint or None
    """

    seed: int
    on_check: Callable[[RunRecord], bool]
    checkpoint: Checkpoint | None

    def events(self, evaluate: Callable[[Any], float | None]) -> TrainingEvents:
        """Return the events of a run that is scored by ``evaluate``."""
        return TrainingEvents(evaluate, self.on_check, self.checkpoint, self.seed)


@contextmanager
def training_session(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    fingerprint: Callable[[int | None], str],
    n_checks: int,
    shown: dict[str, str],
) -> Iterator[Session]:
    """Prepare a run of ``estimator``, and clean up after it.

    The checkpoint is removed when the block ends well, and kept when it is left by an
    error or a signal.

    Parameters
    ----------
    estimator : estimator
        Has ``max_iter``, ``verbose``, ``random_state`` and ``checkpoint``, and derives
        from ``CallbackSupportMixin``.
    X, y
        What is fitted, for the callbacks.
    fingerprint : callable
        Takes the seed (None when none was given) and returns the identity of the run.
    n_checks : int
        The most looks there can be.
    shown : dict of str to str
        What the progress bar shows: label, and the record's curve it comes from.

    Raises
    ------
    CheckpointError
        The checkpoint cannot be written, or belongs to another run.
    """
    seed = draw_seed(check_random_state(estimator.random_state))
    checkpoint = None
    if estimator.checkpoint is not None:
        known = seed if isinstance(estimator.random_state, Integral) else None
        checkpoint = Checkpoint(estimator.checkpoint, fingerprint(known))
        checkpoint.check_writable()
        seed = checkpoint.seed_of_run(seed)
    name, verbose = type(estimator).__name__, estimator.verbose > 0
    with (
        ProgressBar(estimator.max_iter, name, enabled=verbose) as bar,
        callback_session(estimator, n_checks, X, y) as tell_callbacks,
    ):

        def on_check(record: RunRecord) -> bool:
            newest = {label: getattr(record, shown[label])[-1] for label in shown}
            bar.show(record.n_iter, **newest)
            return tell_callbacks()

        yield Session(seed, on_check, checkpoint)
    if checkpoint is not None:
        checkpoint.remove()

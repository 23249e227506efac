"""scikit-learn's callbacks (1.9, experimental), or nothing where it has none.

The one place that knows of ``sklearn.callback``: when its names move, only this file does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in before scikit-learn 1.9: no callbacks."""


# Called at each validation check; returns whether to stop.
Notify = Callable[[], bool]


@contextmanager
def callback_session(estimator: Any, n_checks: int, X: Any, y: Any) -> Iterator[Notify]:
    """Run an estimator's callbacks around a fit; gives what notifies them of a check.

    There are at most ``n_checks``; X and y are for the callbacks that ask for them.
    """
    if not hasattr(estimator, "_init_callback_context"):
        yield lambda: False
        return
    from sklearn.callback._callback_support import callback_management_context

    with callback_management_context(estimator):
        context = estimator._init_callback_context(max_subtasks=n_checks)
        context.call_on_fit_task_begin(estimator=estimator, X=X, y=y)

        def notify() -> bool:
            task = context.subcontext(task_name="validation check")
            task.call_on_fit_task_begin(estimator=estimator, X=X, y=y)
            return bool(task.call_on_fit_task_end(estimator=estimator, X=X, y=y))

        yield notify
        context.call_on_fit_task_end(estimator=estimator, X=X, y=y)

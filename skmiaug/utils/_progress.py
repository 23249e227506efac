"""A progress bar, where one was asked for."""

from types import TracebackType
from typing import Any

from tqdm import tqdm


class ProgressBar:
    """A tqdm bar that shows named figures, or nothing at all.

    As a context it is closed at the end, full if the work ended without an error: a
    training that stops early has done all that it had to do.

    Parameters
    ----------
    total : int
        Number of steps.
    description : str
        Text before the bar.
    enabled : bool
        False: every method does nothing.
    phase : str, default=None
        Current phase, behind the description.
    unit : str, default="it"
        What a step is.
    """

    def __init__(
        self,
        total: int,
        description: str,
        *,
        enabled: bool,
        phase: str | None = None,
        unit: str = "it",
    ):
        self._description = description
        self._bar: Any = None
        if enabled:
            self._bar = tqdm(total=total, desc=self._titled(phase), unit=unit)

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None and kind is None:
            self._bar.set_description(self._description, refresh=False)
            self._bar.total = self._bar.n
            self._bar.refresh()
        self.close()

    def phase(self, name: str) -> None:
        """Show the name of the current phase."""
        if self._bar is not None:
            self._bar.set_description(self._titled(name))

    def show(self, done: int, **figures: float) -> None:
        """Move to ``done`` steps, with the figures behind the bar."""
        if self._bar is not None:
            self._bar.set_postfix(
                {k: f"{v:.3f}" for k, v in figures.items()}, refresh=False
            )
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.close()

    def _titled(self, phase: str | None) -> str:
        return self._description if phase is None else f"{self._description}, {phase}"

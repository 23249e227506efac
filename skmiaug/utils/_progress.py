"""A progress bar, where one was asked for."""

from types import TracebackType

from tqdm import tqdm


class ProgressBar:
    """A tqdm bar that shows named figures, or nothing at all unless ``enabled``.

    As a context it is closed at the end, full if the work ended without an error: a
    training that stops early is complete. ``phase`` stands behind the description.
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
        title = description if phase is None else f"{description}, {phase}"
        self._bar = tqdm(total=total, desc=title, unit=unit, disable=not enabled)

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._bar.set_description(self._description, refresh=False)
            self._bar.total = self._bar.n
            self._bar.refresh()
        self._bar.close()

    def phase(self, name: str) -> None:
        """Show the name of the current phase."""
        self._bar.set_description(f"{self._description}, {name}")

    def show(self, done: int, **figures: float) -> None:
        """Move to ``done`` steps, with the figures behind the bar."""
        self._bar.set_postfix({k: f"{v:.3f}" for k, v in figures.items()}, refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """End the bar."""
        self._bar.close()

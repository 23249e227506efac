"""A progress bar, where one was asked for."""

from typing import Any

from tqdm import tqdm


class ProgressBar:
    """A tqdm bar that shows named figures, or nothing at all.

    Parameters
    ----------
    total : int
        Number of steps.
    description : str
        Text before the bar.
    enabled : bool
        False: every method does nothing.
    """

    def __init__(self, total: int, description: str, *, enabled: bool):
        self._bar: Any = tqdm(total=total, desc=description) if enabled else None

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

"""Class labels and names in messages, for readers and for terminals."""

import difflib
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def plain(label: Any) -> Any:
    """A label without its NumPy type: ``1``, not ``np.int64(1)``."""
    return label.item() if hasattr(label, "item") else label


def listed(labels: Iterable[Any], most: int = 12, *, tail: int = 0) -> str:
    """At most `most` labels or names in one line, `tail` of them from the end."""
    shown = [repr(plain(label)) for label in labels]
    more = len(shown) - most
    if more <= 0:
        return ", ".join(shown)
    if tail:
        return ", ".join([*shown[: most - tail], f"… {more} more …", *shown[-tail:]])
    return f"{', '.join(shown[:most])} and {more} more"


def counted(number: int, noun: str) -> str:
    """``1 fold``, ``2 folds``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def did_you_mean(wanted: str, names: Mapping[str, str], cutoff: float = 0.6) -> str:
    """A hint such as " Did you mean 'emotion'?", or ""; `names` by spelling."""
    found = difflib.get_close_matches(wanted, list(names), n=1, cutoff=cutoff)
    return f" Did you mean {names[found[0]]!r}?" if found else ""


def class_counts(y: Any, classes: Sequence[Any]) -> dict[str, int]:
    """Rows of each class, in the order of `classes`."""
    return {str(label): int((y == label).sum()) for label in classes}


def counts_text(counts: Mapping[Any, int], most: int = 40) -> str:
    """``anger 127, fear 69``, with at most `most` classes."""
    shown = [f"{label} {number}" for label, number in counts.items()]
    if len(shown) > most:
        shown[most:] = [f"and {len(shown) - most} more classes"]
    return ", ".join(shown)


def wrapped(lines: Iterable[str], width: int) -> str:
    """Lines of at most `width` letters; those that continue another are indented."""
    wrap = textwrap.TextWrapper(width, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(map(wrap.fill, lines))

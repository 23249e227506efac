"""Lines of the table, and the table as text, CSV and JSON."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Line:
    """One measured thing.

    Attributes
    ----------
    part : str
        Part of the table.
    what : str
    rows, features, classes, weights : int
        Size of the data, and how many λ at once.
    seconds : float
    megabytes : float or None
        By how much memory grew; None where it was not measured.
    ratio : float or None
        ``seconds`` in units of those of ``of``.
    of : str
    note : str
    """

    part: str
    what: str
    rows: int
    features: int
    classes: int
    seconds: float
    megabytes: float | None = None
    ratio: float | None = None
    of: str = ""
    weights: int = 1
    note: str = ""


HEADINGS = ("what", "rows", "features", "K", "λ", "s", "MB", "ratio", "note")


def format_table(lines: Iterable[Line]) -> str:
    """Return the table as aligned text, a heading for each part."""
    rows = [(line.part, _cells(line)) for line in lines]
    columns = list(zip(HEADINGS, *(cells for _, cells in rows), strict=True))
    widths = [max(map(len, column)) for column in columns]
    text = [_align(HEADINGS, widths)]
    last = None
    for part, cells in rows:
        if part != last:
            text.append(f"-- {part}")
            last = part
        text.append(_align(cells, widths))
    return "\n".join(text)


def _align(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if k in (0, len(cells) - 1, len(cells) - 2) else cell.rjust(width)
        for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _cells(line: Line) -> tuple[str, ...]:
    ratio = "" if line.ratio is None else f"{line.ratio:.3g} × {line.of}"
    return (
        line.what,
        f"{line.rows:,}",
        f"{line.features:,}",
        str(line.classes),
        str(line.weights),
        _number(line.seconds),
        "" if line.megabytes is None else f"{line.megabytes:.0f}",
        ratio,
        line.note,
    )


def _number(value: float) -> str:
    return f"{value:.4f}" if value < 0.1 else f"{value:,.{1 if value >= 10 else 2}f}"


def write_csv(path: Path, lines: Iterable[Line]) -> None:
    """Write a line each, all fields."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Line)])
        writer.writeheader()
        writer.writerows(asdict(line) for line in lines)


def write_json(path: Path, about: dict[str, object], lines: Iterable[Line]) -> None:
    """Write what the machine was, and the lines."""
    whole = {"about": about, "lines": [asdict(line) for line in lines]}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False))

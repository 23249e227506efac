"""What newcomers bring: the files that the pages describe, and what they should see."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification

from tests.docs._pages import DOCS, ROOT, blocks

_NUMBER = re.compile(r"\d+\.\d")


def check_first_lines(printed: str) -> None:
    """Compare with the lines below README's first program, numbers by three points."""
    shown = blocks(ROOT / "README.md", "text")[0]
    assert _NUMBER.sub("#", printed) == _NUMBER.sub("#", shown)
    scores = [np.array(_NUMBER.findall(text), dtype=float) for text in (shown, printed)]
    np.testing.assert_allclose(*scores, atol=3)


def write_machines(folder: Path) -> None:
    """Write the table of "Your own table", and rows of it without their class."""
    columns = blocks(DOCS / "own_table.md", "text")[0].split("\n")[0].split(",")
    X, state = make_classification(
        160, 3, n_informative=3, n_redundant=0, weights=[0.85], random_state=0
    )
    table = pd.DataFrame(X, columns=columns[:-1])
    table.head(5).to_csv(folder / "new.csv", index=False)
    table[columns[-1]] = np.array(["ok", "leak"])[state]
    table.to_csv(folder / "machines.csv", index=False)


def write_recordings(folder: Path) -> None:
    """Write a folder as "Your own recordings" has it, and a tiny model for the hub's."""
    from tests.feature_extraction._helpers import RATE, save_tiny, voice, write

    save_tiny("whisper", folder / "openai" / "whisper-base")
    (folder / "audio").mkdir()
    lines = blocks(DOCS / "own_recordings.md", "text")[0].split("\n")[:1]
    for number in range(42):
        speaker = ("anna", "ben", "cleo", "dan", "eva", "fred")[number % 6]
        # The classes differ in loudness.
        emotion, loud = ("anger", 3) if number % 7 < 2 else ("neutral", 1)
        path = f"audio/{speaker}_{number:02}.wav"
        write(folder / path, (loud * voice(0.3, number)).clip(-1, 1), RATE)
        lines.append(f"{path},{emotion},{speaker}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    write(folder / "new.wav", voice(0.3, 99), RATE)

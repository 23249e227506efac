"""Label sets by name, and how far raters must agree."""

from collections.abc import Iterable, Mapping
from numbers import Real

import numpy as np
import pandas as pd

from skmiaug.datasets._columns import as_text, listed
from skmiaug.exceptions import FileFormatError

LabelSet = Mapping[str, str]
ALL = "all"
# The names of emotions in every corpus, so that one mapping serves them all; "none" is
# what CMU-MOSEI's segments of no emotion have.
EMOTIONS = frozenset(
    {
        "anger",
        "boredom",
        "contempt",
        "disgust",
        "excitement",
        "fear",
        "frustration",
        "happiness",
        "neutral",
        "none",
        "other",
        "sadness",
        "surprise",
    }
)


def same(*names: str) -> dict[str, str]:
    """A label set that keeps these emotions under their own names."""
    return {name: name for name in names}


def resolve_labels(
    labels: str | Mapping[str, str | int], known: Mapping[str, LabelSet], corpus: str
) -> LabelSet | None:
    """The mapping from a corpus's emotions to classes; None keeps every row.

    A class that is a number becomes its text, as every class of a manifest is text; an
    emotion whose class is None has none.

    Raises
    ------
    ValueError
        The name is unknown, or a key of the mapping is no emotion of any corpus.
    """
    if isinstance(labels, Mapping):
        unknown = [name for name in labels if name not in EMOTIONS]
        if unknown or not labels:
            raise ValueError(
                f"{corpus}: expected a mapping from emotion to class, with keys among "
                f"{', '.join(sorted(EMOTIONS))}; got "
                f"{listed(map(repr, unknown)) or 'an empty one'}."
            )
        return {name: str(one) for name, one in labels.items() if one is not None}
    if labels == ALL:
        return None
    if not isinstance(labels, str) or labels not in known:
        names = ", ".join(map(repr, [*known, ALL]))
        raise ValueError(
            f"{corpus}: labels must be one of {names} or a mapping from emotion to class, "
            f"such as {{'anger': 'anger'}}; got {labels!r}."
        )
    return known[labels]


def keep_labelled(frame: pd.DataFrame, labels: LabelSet | None) -> pd.DataFrame:
    """Only the rows whose emotion has a class, under that class's name."""
    if labels is None:
        return frame
    emotions = as_text(labels.get(emotion) for emotion in frame["emotion"])
    frame = frame.reset_index(drop=True).assign(emotion=emotions)
    return frame[frame["emotion"].notna()].reset_index(drop=True)


def agreement(
    frame: pd.DataFrame, raters: pd.DataFrame, labels: LabelSet | None
) -> np.ndarray:
    """Share of the raters who chose a row's class, self-ratings left out.

    Parameters
    ----------
    frame : DataFrame
        With the classes that `keep_labelled` gave.
    raters : DataFrame
        With ``id``, ``emotion`` (names joined by commas) and ``is_self``.
    labels : mapping or None
        Applied to what the raters chose: happy and excited agree where they are one class.

    Returns
    -------
    shares : ndarray of shape (n_rows,)
        NaN where nobody but the speaker rated the row.
    """
    others = raters[~raters["is_self"].to_numpy(dtype=bool) & raters["emotion"].notna()]
    class_of = dict(zip(frame["id"], frame["emotion"], strict=True))
    hits: dict[str, list[bool]] = {}
    for name, chosen in zip(others["id"], others["emotion"], strict=True):
        if name in class_of:
            emotions = chosen.split(",")
            if labels is not None:
                emotions = [labels.get(emotion) for emotion in emotions]
            hits.setdefault(name, []).append(class_of[name] in emotions)
    return np.array([np.mean(hits[n]) if n in hits else np.nan for n in frame["id"]])


def keep_agreed(
    frame: pd.DataFrame,
    raters: pd.DataFrame,
    labels: LabelSet | None,
    min_agreement: float | None,
) -> pd.DataFrame:
    """Add the column ``agreement``, and drop the rows below `min_agreement`."""
    shares = agreement(frame, raters, labels)
    frame = frame.assign(agreement=shares)
    if min_agreement is None:
        return frame
    with np.errstate(invalid="ignore"):
        kept = shares >= min_agreement - 1e-9
    return frame[kept].reset_index(drop=True)


def check_min_agreement(min_agreement: float | None) -> None:
    """Refuse what is no share.

    Raises
    ------
    ValueError
        It is not above 0 and at most 1.
    """
    if min_agreement is None:
        return
    if not isinstance(min_agreement, Real) or not 0 < min_agreement <= 1:
        raise ValueError(
            "min_agreement must be a share above 0 and at most 1, or None for the corpus's "
            f"own rule; got {min_agreement!r}."
        )


def decode(code: str, codes: Mapping[str, str | None], where: str) -> str | None:
    """The emotion that a label code stands for; None for no agreement.

    Raises
    ------
    FileFormatError
        The code is unknown.
    """
    if code not in codes:
        raise FileFormatError(
            f"{where}: expected one of the codes {' '.join(codes)}; got {code!r}."
        )
    return codes[code]


def spoken_emotions(words: Iterable[str], names: Mapping[str, str]) -> str | None:
    """What a rater chose, as names joined by commas; what is unknown is "other"."""
    found: dict[str, None] = {}
    for word in words:
        word = word.strip().lower()
        if word:
            found[names.get(word, "other")] = None
    return ",".join(found) or None

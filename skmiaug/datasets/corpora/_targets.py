"""Targets of a corpus other than one class for each row: votes, attributes, label sets."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

LabelSet = Mapping[str, str]
TARGETS = ("class", "votes", "attributes")
ATTRIBUTES = ("valence", "activation", "dominance")


def check_target(
    target: str, known: Sequence[str], min_agreement: float | None = None
) -> None:
    """Refuse an unknown target, and agreement on a class where none is asked for."""
    if target not in known:
        raise ValueError(f"target must be one of {tuple(known)}; got {target!r}.")
    if target != "class" and min_agreement is not None:
        raise ValueError(
            f"min_agreement is for target='class'; with target={target!r} leave it out: "
            "rows without agreement are wanted."
        )


def target_table(
    target: str, frame: pd.DataFrame, raters: pd.DataFrame | None, labels: LabelSet | None
) -> pd.DataFrame:
    """Votes or attributes by id, of the rows of ``frame`` that have them."""
    if target == "attributes":
        return frame.set_index("id")[list(ATTRIBUTES)].dropna()
    assert raters is not None
    found = vote_table(raters, labels)
    found = found[found.index.isin(frame["id"])]
    return found.loc[:, found.any()]


def vote_table(raters: pd.DataFrame, labels: LabelSet | None) -> pd.DataFrame:
    """Votes by id (rows) and class (columns, sorted), without self-ratings.

    Each rater has one vote, divided equally among the classes that he chose. Emotions
    without a class are not counted; a row that has no votes left is not in the table.
    """
    rated = ~raters["is_self"].to_numpy(dtype=bool) & raters["emotion"].notna()
    votes = raters.loc[rated, ["id", "rater", "emotion"]]
    votes = votes.assign(emotion=votes["emotion"].str.split(",")).explode("emotion")
    if labels is not None:
        votes["emotion"] = votes["emotion"].map(dict(labels))
    # Two emotions of one class, happy and excited say, are one choice.
    votes = votes.dropna(subset="emotion").drop_duplicates()
    votes["vote"] = 1 / votes.groupby(["id", "rater"])["rater"].transform("size")
    table = votes.pivot_table("vote", "id", "emotion", aggfunc="sum", fill_value=0.0)
    return table.astype(np.float64)


def indicator_table(intensities: pd.DataFrame, labels: LabelSet | None) -> pd.DataFrame:
    """1 where an emotion (column) of a class is above 0; classes are sorted."""
    if labels is None:
        return (intensities > 0).astype(np.int64)
    classes = intensities.columns.map(dict(labels))
    if classes.isna().all():
        raise ValueError(
            f"expected labels with some of {', '.join(intensities.columns)} among the "
            f"keys; got {', '.join(labels)}."
        )
    of_class = (intensities > 0).T.groupby(classes).any().T
    return of_class.astype(np.int64)

"""Which columns of X the aligner takes for what, and which codes it gives out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skmiaug.utils._modalities import resolve_modalities

JOINED, SHARED = "joined", "shared"
# What all columns are called as one modality.
ONLY = "aligned"


def column_groups(
    modalities: Mapping[str, Any] | None,
    n_features: int,
    feature_names: Sequence[str] | np.ndarray | None,
) -> dict[str, np.ndarray]:
    """Return the columns of each modality; None makes one modality of all columns.

    Raises
    ------
    TypeError, ValueError
        ``modalities`` do not fit the columns, see `resolve_modalities`, or one is called
        as a value of the parameter ``output``.
    """
    if modalities is None:
        return {ONLY: np.arange(n_features)}
    groups = resolve_modalities(modalities, n_features, feature_names)
    for name in (JOINED, SHARED):
        if name in groups:
            raise ValueError(
                f"No modality may be called {name!r}: that is a value of output. Rename it."
            )
    return groups


def output_blocks(output: str, names: Sequence[str]) -> list[str]:
    """Return the names of the codes that ``output`` asks for, in order.

    Parameters
    ----------
    output : str
        "joined", "shared" or one of ``names``.
    names : sequence of str
        The modalities.

    Raises
    ------
    ValueError
        It is something else.
    """
    if output == JOINED:
        return list(names)
    if output != SHARED and output not in names:
        raise ValueError(
            f"output must be {JOINED!r}, {SHARED!r} or a modality ({', '.join(names)}); "
            f"got {output!r}."
        )
    return [output]

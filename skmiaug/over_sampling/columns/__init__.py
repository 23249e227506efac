"""Columns of X as whitened coordinates, and back."""

from skmiaug.over_sampling.columns._normal_scores import (
    ColumnScores,
    heavy_tailed_columns,
    places_in_span,
)
from skmiaug.over_sampling.columns._scale import ColumnScale
from skmiaug.over_sampling.columns._transform import (
    ColumnGroup,
    ColumnTransform,
    fit_columns,
    ledoit_wolf_shrinkage,
    spectrum_of,
)

__all__ = [
    "ColumnGroup",
    "ColumnScale",
    "ColumnScores",
    "ColumnTransform",
    "fit_columns",
    "heavy_tailed_columns",
    "ledoit_wolf_shrinkage",
    "places_in_span",
    "spectrum_of",
]

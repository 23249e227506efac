"""Columns of X as whitened coordinates, and back."""

# ruff: noqa: F401 (the imports are the names of this package)

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

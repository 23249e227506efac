"""From a table of mixed columns to numbers: which column is encoded in which way.

Only the kind of each column is decided here, on all rows. Medians, categories, encodings
and words are learned by the transformer, inside the training part of each fold.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from skmiaug.evaluation._labels import counted, listed

# As people write a missing value in a table.
_MISSING = ("", "?", "-", "NA", "N/A", "n/a", "nan", "NaN", "null", "NULL", "None")
_MOST_ONE_HOT = 20
_LEAST_WORDS = 4  # on average, for a column of texts
_MOST_TOPICS = 50


class Preparation(NamedTuple):
    """A table, an unfitted transformer for it, its steps in words, and columns after it."""

    table: pd.DataFrame
    transformer: ColumnTransformer
    steps: list[str]
    width: int


def preparation(table: pd.DataFrame, y: Any) -> Preparation:
    """Choose a transformer for a table of mixed columns, each of them `cleaned`.

    Numbers are kept and their missing values replaced by the median, with a column that
    marks them. Columns of up to 20 values are encoded one-hot, of more values by the share
    of each class (``TargetEncoder``), texts by TF-IDF reduced to at most 50 dimensions.
    Columns of one value, and names that differ in nearly every row, are left out.

    Raises
    ------
    ValueError
        No column is left.
    """
    kinds = {name: _kind(table[name]) for name in table}
    steps: list[str] = []
    transformers: list[tuple[str, Any, Any]] = []
    for kind, transformer, words in _encoders():
        names = [name for name, found in kinds.items() if found == kind]
        if names:
            transformers.append((kind, transformer, names))
            steps += [f"{listed(names, most=6)}: {words}"] * bool(words)
    table = table.copy()
    for name in (name for name, found in kinds.items() if found == "text"):
        table[name] = table[name].fillna("")
        n_topics = _topics(table[name])
        words_to_numbers = make_pipeline(TfidfVectorizer(), TruncatedSVD(n_topics))
        transformers.append((f"text {name}", words_to_numbers, name))
        steps.append(f"{name!r}: TF-IDF of its words in {counted(n_topics, 'dimension')}")
    if all(kind == "left out" for kind in kinds.values()):
        raise ValueError("no feature column is left; every one has a single value or names")
    transformer = ColumnTransformer(transformers, sparse_threshold=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # A trial; only the width is kept.
        width = np.shape(clone(transformer).fit_transform(table, y))[1]
    return Preparation(table, transformer, steps, width)


def _encoders() -> list[tuple[str, Any, str]]:
    """For each kind of column its transformer, and what that does in words."""
    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return [
        ("number", "passthrough", ""),
        ("holes", imputer, "missing values by the median, and a column that marks them"),
        ("one-hot", one_hot, "one-hot"),
        ("many values", TargetEncoder(), "by the share of each class"),
        ("left out", "drop", "left out (one value, or another in nearly every row)"),
    ]


def cleaned(values: pd.Series) -> pd.Series:
    """Numbers as float64, anything else as text; None or NaN where a value is missing."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values):
        return values.astype("float64")
    text = values.astype(object).where(values.notna(), None).map(_text, na_action="ignore")
    text = text.mask(text.isin(_MISSING), None)
    numbers = pd.to_numeric(text, errors="coerce").astype("float64")
    if text.notna().any() and numbers.notna().equals(text.notna()):
        return numbers
    return text.astype(object)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return str(value).strip()


def _kind(values: pd.Series) -> str:
    present = values.dropna()
    n_different = present.nunique()
    if values.dtype == "float64":
        if n_different == 0:
            return "left out"
        return "number" if len(present) == len(values) else "holes"
    if n_different == 0 or (n_different == 1 and len(present) == len(values)):
        return "left out"
    if n_different <= _MOST_ONE_HOT:
        return "one-hot"
    if present.map(lambda text: len(text.split())).mean() >= _LEAST_WORDS:
        return "text"
    return "left out" if n_different > len(values) / 2 else "many values"


def _topics(texts: pd.Series) -> int:
    """Dimensions that the words of any training part can fill."""
    n_words = len(TfidfVectorizer().fit(texts).vocabulary_)
    return max(1, min(_MOST_TOPICS, len(texts) // 10, n_words // 4))

"""What a fitted aligner holds and gives, beneath fit and transform."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skmiaug.representation._align_fit import AlignedSpace, FittedSpace
from skmiaug.representation._align_parameters import AlignerParameters
from skmiaug.representation._align_rows import present_modalities
from skmiaug.representation._align_state import aligner_from_state, aligner_to_state
from skmiaug.representation._retrieval import score_pairs
from skmiaug.utils._containers import check_numeric_columns, polars_to_pandas

_ROWS = {"dtype": (np.float64, np.float32), "ensure_all_finite": "allow-nan"}


class FittedAligner(AlignerParameters):
    """Checks rows, gives codes, and becomes plain values and arrays."""

    _space: AlignedSpace
    modalities_: dict[str, np.ndarray]

    def transform_modalities(self, X: Any) -> dict[str, np.ndarray]:
        """Project rows, and keep the modalities apart.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)

        Returns
        -------
        dict of str to ndarray of shape (n_samples, n_components)
            NaN where a row lacks the modality.
        """
        codes, _, present, dtype = self._codes(X)
        codes = np.where(present[:, :, None], codes, np.nan).astype(dtype, copy=False)
        return {name: codes[:, i] for i, name in enumerate(self.modalities_)}

    def score_retrieval(self, X: Any, *, k: Sequence[int] = (1, 5, 10)) -> dict[str, float]:
        """Recall at k: how often a row's partner is among the k nearest.

        For each pair of modalities and both directions, the share of rows whose code in
        the one has their own code in the other among the k of highest cosine. Codes as
        near as the partner's count by the odds of their order, so that texts that occur
        several times give chance among them.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows that lack one of the two modalities are left out.
        k : sequence of int, default=(1, 5, 10)

        Returns
        -------
        dict of str to float
            Keys such as ``"audio_to_text_at_5"``. Chance is k / n_samples.

        Raises
        ------
        ValueError
            There is only one modality, or no row has both of two.

        Examples
        --------
        As the scorer of a cross-validation::

            cross_validate(aligner, X, y, scoring=lambda a, X, y: a.score_retrieval(X))
        """
        codes, _, present, _ = self._codes(X)
        return score_pairs(codes, present, list(self.modalities_), k)

    def _codes(self, X: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.dtype]:
        """Codes by modality, shared codes, what is there, and the type of the rows."""
        check_is_fitted(self, "_space")
        X = self._checked(X)
        present = present_modalities(X, self.modalities_)
        codes, shared = self._space.codes(X, present)
        return codes.numpy(), shared.numpy(), present, X.dtype

    def _checked_X_y(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        X, y = polars_to_pandas(X), polars_to_pandas(y)
        check_numeric_columns(X)
        X, y = validate_data(self, X, y, **_ROWS)
        check_classification_targets(y)
        return X, y

    def _checked(self, X: Any) -> np.ndarray:
        X = polars_to_pandas(X)
        check_numeric_columns(X)
        return validate_data(self, X, reset=False, **_ROWS)

    def _take_over(self, fitted: FittedSpace) -> None:
        record = fitted.record
        self._space = fitted.space
        self.n_iter_ = record.n_iter
        self.best_iter_ = record.best_iter
        self.loss_curve_ = record.loss
        self.class_error_curve_ = record.class_error
        self.pair_error_curve_ = record.pair_error
        self.information_curve_ = record.information
        self.score_curve_ = record.validation_scores
        self.temperature_ = fitted.temperature
        self.mutual_information_ = fitted.information.value
        self.mutual_information_ceiling_ = fitted.information.ceiling

    def _to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what ``skmiaug.save`` writes: plain values and arrays."""
        check_is_fitted(self, "_space")
        return aligner_to_state(self)

    def _from_state(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take over what :meth:`_to_state` gave."""
        aligner_from_state(self, header, arrays)

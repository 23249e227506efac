"""Fitting an augmenter: checks, training, and what is known afterwards."""

import os
from typing import Any

import numpy as np
import torch
from imblearn.utils import check_sampling_strategy
from imblearn.utils._validation import check_target_type
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from skmiaug.exceptions import TinyClassWarning
from skmiaug.over_sampling._counts import expanded_counts, whole_counts
from skmiaug.over_sampling._drawing import DrawsRows
from skmiaug.over_sampling._joint_settings import JointSettings
from skmiaug.over_sampling._modal_input import (
    check_condition,
    check_whole_rows,
    missing_parts,
)
from skmiaug.over_sampling._pairing import rows_of_all_combinations
from skmiaug.over_sampling._settings import FitSettings
from skmiaug.over_sampling._training_run import (
    TrainingData,
    TrainingPlan,
    TrainingRun,
    run_training,
)
from skmiaug.utils._containers import (
    check_numeric_columns,
    mixed_dtypes,
    polars_to_pandas,
)
from skmiaug.utils._device import resolve_device
from skmiaug.utils._labels import check_labels
from skmiaug.utils._modalities import resolve_modalities
from skmiaug.utils._warning import warn_caller


class FitsModel(DrawsRows):
    """How a :class:`MIGANAugmenter` gets from checked rows to a fitted sampler."""

    def _rows_to_make(self, y: np.ndarray) -> dict[Any, int]:
        """Rows to make of each class: the strategy's, the expansion's and the pairing's."""
        if self.expansion != 1 and not isinstance(self.sampling_strategy, str):
            raise ValueError(
                "expansion grows every class to the same size, so sampling_strategy must "
                f"be text such as 'auto', got {self.sampling_strategy!r}. Leave expansion "
                "at 1, or name the wanted rows of each class in a dict."
            )
        labels, counts = np.unique(y, return_counts=True)
        present = dict(zip(labels.tolist(), counts.tolist(), strict=True))
        wanted = whole_counts(self.sampling_strategy_, present)
        to_make = expanded_counts(wanted, present, self.expansion)
        if self.modalities is None or self.pairing == "generated":
            return to_make
        return {
            c: rows_of_all_combinations(len(self.modalities), n, to_make.get(c, 0))
            for c, n in present.items()
        }

    def _train(
        self, X: np.ndarray, y: np.ndarray, condition: Any = None
    ) -> np.ndarray | None:
        """Fit the sampler, set the fitted attributes, return the checked condition."""
        plan = self._plan(X, y, condition)
        run = run_training(self, plan)
        self._take_over(plan.device, run)
        parts = plan.data.parts
        return None if condition is None or parts is None else parts[1]

    def _check_rows(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Check rows and classes, and settle how many rows each class is to get."""
        X, y = polars_to_pandas(X), polars_to_pandas(y)
        check_labels(y)
        check_classification_targets(y)
        X, y, _ = self._check_X_y(X, y)
        self.sampling_strategy_ = check_sampling_strategy(
            self.sampling_strategy, y, self._sampling_type
        )
        self.sampling_strategy_ = self._rows_to_make(y)
        return X, y

    def _plan(self, X: np.ndarray, y: np.ndarray, condition: Any = None) -> TrainingPlan:
        """Resolve the parameters for checked rows, up to where training begins."""
        self.classes_, classes, counts = np.unique(
            y, return_inverse=True, return_counts=True
        )
        self._warn_of_tiny_classes(counts)
        device = resolve_device(self.device)
        if self.data_parallel:
            device = self._device_of_process(device, condition)
        parts = self._parts(X, condition)
        settings: FitSettings | JointSettings
        if parts is None:
            settings = self._settings(X, device)
        else:
            check_whole_rows(parts, classes, self.classes_)
            n_made = len(parts) if condition is None else 1
            settings = self._joint_settings(parts, n_made, device)
        self._class_shares = counts / counts.sum()
        return TrainingPlan(TrainingData(X, y, classes, parts), settings, device)

    def _device_of_process(self, device: torch.device, condition: Any) -> torch.device:
        """Give each process of a machine a GPU of its own; refuse what it cannot do."""
        if self.modalities is not None or condition is not None:
            raise ValueError(
                "data_parallel=True is not supported with modalities or a condition. Set "
                "data_parallel=False, or fit the rows without them."
            )
        if device.type != "cuda" or str(self.device) != "auto":
            return device
        return resolve_device(f"cuda:{os.environ.get('LOCAL_RANK', device.index)}")

    def _parts(self, X: np.ndarray, condition: Any) -> list[np.ndarray] | None:
        """Return the rows of each modality; None where there is but one."""
        for name in ("modalities_", "n_condition_features_in_"):
            if hasattr(self, name):
                delattr(self, name)
        if condition is not None:
            if self.modalities is not None:
                raise ValueError(
                    "Pass either a condition or modalities: with modalities, what rows go "
                    "with is among the columns of X."
                )
            if self.pairing != "generated":
                raise ValueError(
                    f"pairing={self.pairing!r} combines modalities that are made, and a "
                    "condition is given. Set pairing='generated', or put the condition "
                    "among the columns of X and name both as modalities."
                )
            rows = check_condition(condition, len(X))
            self.n_condition_features_in_ = rows.shape[1]
            return [X, rows]
        if self.modalities is None:
            if self.pairing != "generated":
                raise ValueError(
                    f"pairing={self.pairing!r} combines modalities, and none are named. "
                    "Set modalities, for example {'audio': slice(0, 768), 'text': "
                    "slice(768, 1152)}."
                )
            return None
        names = getattr(self, "feature_names_in_", None)
        self.modalities_ = resolve_modalities(self.modalities, X.shape[1], names)
        if len(self.modalities_) == 1:
            raise ValueError(
                "modalities names a single one: there is nothing for it to go with. Name "
                "at least two, or leave modalities=None."
            )
        missing_parts(X, self.modalities_)
        return [X[:, columns] for columns in self.modalities_.values()]

    def _take_over(self, device: Any, run: TrainingRun) -> None:
        """Set the attributes that a fit leaves, and drop those of an older one's rows."""
        for name in ("synthetic_mask_", "condition_"):
            self.__dict__.pop(name, None)
        fitted, record = run.fitted, run.fitted.record
        self._seed = run.seed
        self.device_ = str(device)
        self._sampler = fitted.sampler
        self.n_iter_ = record.n_iter
        self.best_iter_ = record.best_iter
        self.loss_curve_ = record.generator_loss
        self.critic_loss_curve_ = record.critic_loss
        self.mi_curve_ = record.information
        self.score_curve_ = record.validation_scores
        self.held_out_score_ = fitted.held_out_score
        self.pair_mi_curve_ = getattr(record, "pair_information", None)
        self.mutual_information_ = fitted.information.value
        self.mutual_information_ceiling_ = fitted.information.ceiling
        self.spread_ = fitted.sampler.spread
        self.residual_strength_ = fitted.sampler.residual_strength

    def _warn_of_tiny_classes(self, counts: np.ndarray) -> None:
        single = self.classes_[counts == 1]
        if len(single):
            warn_caller(
                f"Classes of a single row: {', '.join(map(str, single))}. Their new rows "
                "are that row with scaled noise of the other classes; collect more rows "
                "or leave the class out of sampling_strategy.",
                TinyClassWarning,
            )

    def _check_X_y(
        self, X: Any, y: Any, accept_sparse: Any = None
    ) -> tuple[np.ndarray, np.ndarray, bool]:
        """Validate as imbalanced-learn does, dense numbers only."""
        check_numeric_columns(X)
        self._column_dtypes = mixed_dtypes(X)
        if getattr(y, "ndim", 1) == 2:
            # imbalanced-learn looks for the classes of a frame as if it were an array.
            y = np.asarray(y)
        y, binarize_y = check_target_type(y, indicate_one_vs_all=True)
        # A missing modality is NaN, and looked at later.
        finite = True if self.modalities is None else "allow-nan"
        X, y = validate_data(
            self, X=X, y=y, reset=True, accept_sparse=False, ensure_all_finite=finite
        )
        return X, y, binarize_y

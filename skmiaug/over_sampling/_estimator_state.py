"""A fitted augmenter as a JSON header and arrays, and back."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skmiaug.over_sampling._fitting import FitsModel
from skmiaug.over_sampling._joint_sampler import JointSampler
from skmiaug.over_sampling._joint_state import (
    joint_sampler_from_state,
    joint_sampler_to_state,
)
from skmiaug.over_sampling._row_state import row_sampler_from_state, row_sampler_to_state
from skmiaug.over_sampling._state_checks import check_augmenter, check_finite

_LAST_RESULT = ("synthetic_mask_", "condition_")
_MAX_LABEL_BYTES = 2**28
_PLAIN_ATTRIBUTES = (
    "best_iter_",
    "critic_loss_curve_",
    "device_",
    "loss_curve_",
    "mi_curve_",
    "mutual_information_",
    "mutual_information_ceiling_",
    "n_features_in_",
    "n_iter_",
    "pair_mi_curve_",
    "residual_strength_",
    "score_curve_",
    "spread_",
)


class SavesModel(FitsModel):
    """How a fitted :class:`MIGANAugmenter` is written to a file, and read from one."""

    def _to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what ``skmiaug.save`` writes: plain values and arrays."""
        check_is_fitted(self, "_sampler")
        if isinstance(self._sampler, JointSampler):
            sampler, arrays = joint_sampler_to_state(self._sampler)
        else:
            sampler, arrays = row_sampler_to_state(self._sampler)
        modalities = getattr(self, "modalities_", None)
        names = getattr(self, "feature_names_in_", None)
        dtypes = self._column_dtypes
        header = {name: getattr(self, name) for name in _PLAIN_ATTRIBUTES}
        header |= {
            "held_out_score_": self.held_out_score_,
            "sampler": sampler,
            "joint": isinstance(self._sampler, JointSampler),
            "modalities": modalities and [[k, v.tolist()] for k, v in modalities.items()],
            "n_condition_features": getattr(self, "n_condition_features_in_", None),
            "seed": self._seed,
            "classes": [self.classes_.dtype.str, self.classes_.tolist()],
            "class_shares": self._class_shares.tolist(),
            "sampling_strategy": [
                [_item(c), int(n)] for c, n in self.sampling_strategy_.items()
            ],
            "feature_names": None if names is None else names.tolist(),
            "column_dtypes": None if dtypes is None else [dtype.str for dtype in dtypes],
        }
        for name in _LAST_RESULT:
            if hasattr(self, name):
                arrays[name.rstrip("_")] = getattr(self, name)
        return header, arrays

    def _from_state(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take over what :meth:`_to_state` gave."""
        check_finite(arrays, but=("condition",))
        rebuild = joint_sampler_from_state if header["joint"] else row_sampler_from_state
        self._sampler = rebuild(header["sampler"], arrays)
        if header["modalities"] is not None:
            self.modalities_ = {
                name: np.array(columns, dtype=np.intp)
                for name, columns in header["modalities"]
            }
        if header["n_condition_features"] is not None:
            self.n_condition_features_in_ = header["n_condition_features"]
        self._seed = header["seed"]
        self.classes_ = _labels(*header["classes"])
        self._class_shares = np.array(header["class_shares"])
        self.sampling_strategy_ = dict(header["sampling_strategy"])
        if header["feature_names"] is not None:
            self.feature_names_in_ = np.array(header["feature_names"], dtype=object)
        dtypes = header["column_dtypes"]
        self._column_dtypes = None if dtypes is None else tuple(map(np.dtype, dtypes))
        for name in _LAST_RESULT:
            if name.rstrip("_") in arrays:
                setattr(self, name, arrays[name.rstrip("_")])
        for name in _PLAIN_ATTRIBUTES:
            setattr(self, name, header[name])
        check_augmenter(self)
        # Files of before there was one lack it.
        self.held_out_score_ = header.get("held_out_score_")


def _labels(dtype: str, labels: list[Any]) -> np.ndarray:
    """Class labels as an array, after a look at what the type would take."""
    if np.dtype(dtype).itemsize * len(labels) > _MAX_LABEL_BYTES:
        raise ValueError(f"{len(labels)} labels of type {dtype} are too large")
    return np.array(labels, dtype=dtype)


def _item(label: Any) -> Any:
    """A class label as a plain value."""
    return label.item() if isinstance(label, np.generic) else label

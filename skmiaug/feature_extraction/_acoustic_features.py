"""The scikit-learn transformer around openSMILE."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.feature_extraction._base import BaseFeatureExtractor
from skmiaug.feature_extraction._extraction import Extractor
from skmiaug.feature_extraction._items import Item, read_samples
from skmiaug.utils import require
from skmiaug.utils.audio import resample

# Functionals by the name of the set.
_SIZES = {"eGeMAPSv02": 88, "ComParE_2016": 6373}


@dataclass(kw_only=True, eq=False, repr=False)
class AcousticFeatures(BaseFeatureExtractor):
    """Hand-crafted acoustic features of speech from openSMILE.

    Functionals (means, deviations, percentiles, slopes) of pitch, loudness, voice quality
    and spectrum over the whole input: one vector per recording, whatever its length. They
    need neither a GPU nor a pretrained model, and are the usual baseline in speech emotion
    recognition.

    Parameters
    ----------
    feature_set : {"eGeMAPSv02", "ComParE_2016"}, default="eGeMAPSv02"
        The extended Geneva minimalistic set with 88 features [1]_, or the set of the
        Computational Paralinguistics Challenge with 6,373 features [2]_.
    target_rate : int or None, default=16000
        Rate in Hz to which each input is resampled first (soxr, high quality), since the
        features depend on it. None keeps the rate of each input.
    sampling_rate : int, default=None
        Rate in Hz of arrays given without one.
    max_duration : float, default=600.0
        As of :class:`TransformerFeatures`.
    cache_dir : str or path-like, default=None
        Folder in which features are cached by the content of the input and the parameters
        that affect the result; :class:`TransformerFeatures` may use the same one. Damaged
        entries are computed again, with one warning.
    trusted : bool, default=False
        As of :class:`TransformerFeatures`.
    decode_timeout : float, default=30.0
        Seconds after which decoding a file is abandoned.
    on_error : {"raise", "nan"}, default="raise"
        As of :class:`TransformerFeatures`; an input must have an analysis window, 60 ms.
    n_jobs : int, default=None
        Number of processes, through joblib (any backend).
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    modality_ : str
        "audio".
    n_features_out_ : int
        Columns of the result.

    See Also
    --------
    TransformerFeatures : Features of pretrained transformers.

    Notes
    -----
    openSMILE is installed by the extra ``opensmile``. Its own licence permits research and
    personal use, not commercial use.

    References
    ----------
    .. [1] F. Eyben et al., "The Geneva Minimalistic Acoustic Parameter Set (GeMAPS) for
       voice research and affective computing", IEEE Transactions on Affective Computing
       7(2), 2016.
    .. [2] B. Schuller et al., "The INTERSPEECH 2016 Computational Paralinguistics
       Challenge: Deception, sincerity & native language", Interspeech 2016.

    Examples
    --------
    >>> from skmiaug.feature_extraction import AcousticFeatures
    >>> features = AcousticFeatures("eGeMAPSv02")
    >>> X = features.fit_transform(["a.wav", "b.flac"])  # doctest: +SKIP
    """

    _parameter_constraints: ClassVar[dict[str, list]] = {
        **BaseFeatureExtractor._parameter_constraints,
        "feature_set": [StrOptions(set(_SIZES))],
        "target_rate": [Interval(Integral, 8000, 192_000, closed="both"), None],
    }

    feature_set: str = field(default="eGeMAPSv02", kw_only=False)
    target_rate: int | None = 16_000

    def _resolved(self) -> "AcousticFeatures":
        job = super()._resolved()
        _opensmile()
        job.modality_ = "audio"
        job.n_features_out_ = _SIZES[self.feature_set]
        return job

    def _recipe(self) -> dict[str, Any]:
        return {
            **super()._recipe(),
            "opensmile": _opensmile().__version__,
            "feature_set": self.feature_set,
            "target_rate": self.target_rate and int(self.target_rate),
        }

    def _feature_names(self) -> list[str]:
        return list(_open_smile(self.feature_set).feature_names)

    def _open(self) -> Extractor:
        return _SmileExtractor(self)


class _SmileExtractor:
    n_truncated = 0

    def __init__(self, job: AcousticFeatures) -> None:
        self.job = job
        self._smile = _open_smile(job.feature_set)

    def read(self, item: Item) -> tuple[list[np.ndarray], float]:
        samples, rate = read_samples(item, self.job)
        seconds, target = len(samples) / rate, self.job.target_rate or rate
        samples = resample(samples, rate, target)
        with warnings.catch_warnings():
            # It warns where it gives NaN.
            warnings.filterwarnings("ignore", message="Segment too short")
            vector = self._smile.process_signal(samples, target).to_numpy(np.float32)[0]
        if np.isnan(vector).all():
            raise ValueError(
                f"expected at least 60 ms, an analysis window of openSMILE, got "
                f"{1000 * seconds:.0f} ms; leave it out or join it with its neighbour"
            )
        return [vector], seconds

    def batches(self, units: Sequence[np.ndarray]) -> list[list[int]]:
        return [[k] for k in range(len(units))]

    def encode(self, units: list[np.ndarray]) -> list[np.ndarray]:
        return units

    def merge(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        return parts[0]


def _opensmile() -> Any:
    return require("opensmile", extra="opensmile", purpose="extract acoustic features")


def _open_smile(feature_set: str) -> Any:
    opensmile = _opensmile()
    return opensmile.Smile(
        feature_set=opensmile.FeatureSet[feature_set],
        feature_level=opensmile.FeatureLevel.Functionals,
    )

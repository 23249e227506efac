"""What the feature extractors share: inputs, cache, errors, jobs."""

import copy
import os
from dataclasses import dataclass, field, fields
from importlib import metadata
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.feature_extraction._extraction import Extractor, extract
from skmiaug.feature_extraction._items import check_modality, read_items
from skmiaug.utils.files._untrusted import absolute_path


@dataclass(kw_only=True, eq=False, repr=False)
class BaseFeatureExtractor(TransformerMixin, BaseEstimator):
    """A transformer from files, samples or texts to feature vectors.

    Parameters are the fields of a dataclass, whose ``__init__`` scikit-learn reads. A
    subclass sets the number of features in ``_resolved``, and returns what they depend
    on from ``_recipe``, their names from ``_feature_names``, and the object that computes
    them from ``_open``.
    """

    _parameter_constraints: ClassVar[dict[str, list]] = {
        "sampling_rate": [Interval(Integral, 1, None, closed="left"), None],
        "max_duration": [Interval(Real, 0, None, closed="neither")],
        "cache_dir": [str, os.PathLike, None],
        "trusted": ["boolean"],
        "decode_timeout": [Interval(Real, 0, None, closed="neither")],
        "on_error": [StrOptions({"raise", "nan"})],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    sampling_rate: int | None = None
    max_duration: float = 600.0
    cache_dir: str | os.PathLike[str] | None = None
    trusted: bool = False
    decode_timeout: float = 30.0
    on_error: str = "raise"
    n_jobs: int | None = None
    verbose: int = 0

    modality_: str = field(init=False)
    n_features_out_: int = field(init=False)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any = None, y: Any = None) -> Any:
        """Check the parameters; weights of a model are not read yet.

        Parameters
        ----------
        X : list, array, Series or one-column DataFrame, default=None
            Inputs. Nothing is learned from them; paths given to a text model and texts
            given to a speech model are refused before any work begins.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object

        Raises
        ------
        OSError
            The model cannot be found, or ``cache_dir`` is a file.
        TypeError
            X is of the other modality.
        ValueError
            A parameter does not fit the model.
        DeviceUnavailableError
            The device is not there.
        MissingExtraError
            A package that is needed is not installed.
        """
        job = self._resolved()
        for fitted in fields(job):
            if not fitted.init:
                setattr(self, fitted.name, getattr(job, fitted.name))
        # An iterator would be used up.
        if X is not None and hasattr(X, "__len__"):
            check_modality(X, job.modality_)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Extract the features of each input.

        Parameters
        ----------
        X : list, array, Series or one-column DataFrame of length n_inputs
            Audio: paths, ``(array, rate)`` pairs, dicts with ``array`` and
            ``sampling_rate`` (in Hz), decoders of torchcodec, or 1-D arrays if
            ``sampling_rate`` is set. An array holds one channel. Float samples have full
            scale at ±1, and values beyond ±100 are refused; int8, int16, int32 and uint8
            are PCM, and other integers are refused. For a text model strings.

        Returns
        -------
        features : ndarray of shape (n_inputs, n_features_out_), float32
            Rows in the order of X. A DataFrame if ``set_output`` asks for one, with the
            index of X.

        Raises
        ------
        AudioDecodeError
            With ``on_error="raise"``, an audio input cannot be used.
        ValueError
            With ``on_error="raise"``, a text cannot be used or the features of an input are
            not finite; or X has the wrong shape, an array has no rate, or the model is not
            supported.
        TypeError
            X, or an input in it, is of the wrong kind for the model.
        """
        self._validate_params()
        job = self._resolved()
        items = read_items(X, modality=job.modality_, sampling_rate=self.sampling_rate)
        return extract(job, items, n_jobs=self.n_jobs, verbose=bool(self.verbose))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns, for example "layer3_mean_0".

        Parameters
        ----------
        input_features : object, default=None
            Ignored.

        Returns
        -------
        names : ndarray of shape (n_features_out_,), str objects
        """
        return np.asarray(self._resolved()._feature_names(), dtype=object)

    def _resolved(self) -> Any:
        """A copy with resolved parameters, which has the same meaning in every process."""
        job = copy.copy(self)
        if self.cache_dir is not None:
            job.cache_dir = absolute_path(self.cache_dir)
            if os.path.exists(job.cache_dir) and not os.path.isdir(job.cache_dir):
                raise NotADirectoryError(
                    "expected cache_dir to be a folder, or none yet, got the file "
                    f"{job.cache_dir!r}; name another"
                )
        return job

    def _recipe(self) -> dict[str, Any]:
        """Everything that a vector depends on besides its input: JSON values."""
        return {"skmiaug": metadata.version("skmiaug")}

    def _feature_names(self) -> list[str]:
        raise NotImplementedError

    def _open(self) -> Extractor:
        raise NotImplementedError

    def __sklearn_is_fitted__(self) -> bool:
        # Nothing is learned: transform works on an unfitted estimator too.
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

"""The contract of a scikit-learn transformer: its common checks skip two_d_array=False."""

import inspect
import logging
import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.utils import get_tags
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import check_param_validation
from sklearn.utils.validation import check_is_fitted

import skmiaug
from skmiaug import TransformerFeatures
from skmiaug.exceptions import DeviceUnavailableError
from skmiaug.feature_extraction import AcousticFeatures

from ._helpers import RATE, voice

SETTINGS = {"layer": [1, 2], "pooling": "max", "sampling_rate": RATE}


@pytest.fixture
def estimator(tiny):
    return TransformerFeatures(model=tiny("wav2vec2-group"), **SETTINGS)


def test_init_only_assigns_and_takes_keywords_only():
    marks = {name: object() for name in TransformerFeatures._get_param_names()}
    estimator = TransformerFeatures(**marks)
    assert vars(estimator) == marks
    kinds = {p.kind for p in inspect.signature(TransformerFeatures).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}
    assert set(TransformerFeatures._parameter_constraints) == set(marks)


def test_every_parameter_has_a_default_that_is_valid():
    estimator = TransformerFeatures()
    estimator._validate_params()
    assert clone(estimator).model == "openai/whisper-base"


@pytest.mark.parametrize(
    ("family", "layer"), [("whisper", 1), ("wav2vec2-group", 1), ("bert", 3), ("gpt2", 3)]
)
def test_layer_auto_is_in_the_middle_for_speech_and_at_the_end_for_text(
    tiny, family, layer
):
    estimator = TransformerFeatures(model=tiny(family)).fit()
    assert estimator.n_layers_ == 3
    assert estimator.layers_ == (layer,)
    assert estimator.get_feature_names_out()[0] == f"layer{layer}_mean_0"
    X = ["a few words"] if family in {"bert", "gpt2"} else [(voice(0.5), RATE)]
    explicit = clone(estimator).set_params(layer=layer)
    np.testing.assert_array_equal(estimator.transform(X), explicit.transform(X))


def test_layers_are_counted_from_0(tiny):
    estimator = TransformerFeatures(model=tiny("bert"))
    assert estimator.set_params(layer=[-1, 0]).fit().layers_ == (3, 0)
    assert estimator.set_params(layer="all").fit().layers_ == (0, 1, 2, 3)


def test_get_set_params_and_clone(estimator, tiny):
    copy = clone(estimator)
    assert copy is not estimator
    assert copy.get_params() == estimator.get_params()
    copy.set_params(model=tiny("bert"), layer=0)
    assert copy.get_params()["layer"] == 0
    assert estimator.layer == [1, 2]
    with pytest.raises(ValueError, match="Invalid parameter 'layers'"):
        copy.set_params(layers=1)


@pytest.mark.parametrize("kind", [TransformerFeatures, AcousticFeatures])
def test_parameters_are_validated(kind):
    check_param_validation(kind.__name__, kind())
    with pytest.raises(InvalidParameterError, match="The 'on_error' parameter"):
        kind(on_error="ignore").transform([])


def test_unavailable_device(estimator):
    if not torch.cuda.is_available():
        with pytest.raises(DeviceUnavailableError, match="no CUDA device here"):
            estimator.set_params(device="cuda").fit([])
    with pytest.raises(ValueError, match="device must be 'auto'"):
        estimator.set_params(device="abacus").fit([])


@pytest.mark.parametrize(
    "layer", [4, -5, [0, 9], [], [1, "2"], [True], [1.5], [None]], ids=str
)
def test_layers_out_of_range(estimator, layer):
    with pytest.raises(
        ValueError, match=r"expected (layers from -4 to 3|at least one layer)"
    ):
        estimator.set_params(layer=layer).fit([])


@pytest.mark.parametrize("layer", [[-1, 3], (1, 0, 1)], ids=str)
def test_duplicate_layers_are_refused(estimator, layer):
    with pytest.raises(ValueError, match=r"expected different layers.*(-1 is 3|-3 is 1)"):
        estimator.set_params(layer=layer).fit([])


def test_layers_from_the_end(estimator):
    clip = [voice(0.5)]
    estimator.set_params(layer=[-1, -2, -4])
    np.testing.assert_array_equal(
        estimator.transform(clip),
        clone(estimator).set_params(layer=[3, 2, 0]).transform(clip),
    )


def test_no_weights_before_they_are_needed(estimator, no_models, reads, clips):
    estimator.fit(clips).get_feature_names_out()
    assert estimator.n_features_out_ == 48
    assert estimator.n_layers_ == 3
    assert estimator.modality_ == "audio"
    assert not reads
    estimator.transform(clips)
    assert reads


def test_weights_are_read_once_in_a_process(estimator, no_models, reads, clips):
    for layer in (1, 2):
        clone(estimator).set_params(layer=layer).fit(clips).transform(clips)
    pickle.loads(pickle.dumps(estimator)).transform(clips)
    assert len(reads) == 1
    skmiaug.feature_extraction.clear_model_cache()
    estimator.transform(clips)
    assert len(reads) == 2


def test_pickles_carry_no_weights(estimator, clips, tmp_path):
    expected = estimator.fit(clips).transform(clips)
    data = pickle.dumps(estimator)
    assert len(data) < 2000
    np.testing.assert_array_equal(pickle.loads(data).transform(clips), expected)
    joblib.dump(estimator, tmp_path / "a.joblib")
    np.testing.assert_array_equal(
        joblib.load(tmp_path / "a.joblib").transform(clips), expected
    )


def test_transform_is_idempotent_and_needs_no_fit(estimator, clips):
    first = estimator.transform(clips)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(estimator.transform(clips), first)
    np.testing.assert_array_equal(estimator.fit(clips).transform(clips), first)
    np.testing.assert_array_equal(clone(estimator).fit_transform(clips), first)
    check_is_fitted(estimator)


def test_tags(estimator):
    tags = get_tags(estimator)
    assert not tags.requires_fit
    assert not tags.input_tags.two_d_array
    assert tags.input_tags.string
    assert repr(estimator).startswith("TransformerFeatures(")
    assert "TransformerFeatures" in estimator._repr_html_()


def test_feature_names(tiny):
    estimator = TransformerFeatures(model=tiny("bert"), layer=[0, -1], pooling="mean_std")
    names = estimator.get_feature_names_out()
    assert names[[0, 24, 48, 95]].tolist() == [
        "layer0_mean_0",
        "layer0_std_0",
        "layer3_mean_0",
        "layer3_std_23",
    ]
    assert len(set(names)) == 96
    averaged = estimator.set_params(layer="all", pooling="max").get_feature_names_out()
    assert averaged[0] == "layers_max_0"
    assert len(averaged) == 24


def test_pandas_output_keeps_the_index(estimator, clips):
    for X in (pd.Series(clips, index=[5, 3, 9, 1, 2, 8, 7]), pd.Series(clips)):
        got = clone(estimator).set_output(transform="pandas").fit_transform(X)
        assert isinstance(got, pd.DataFrame)
        assert got.index.tolist() == X.index.tolist()
        assert got.columns.tolist() == estimator.get_feature_names_out().tolist()
        np.testing.assert_array_equal(got.to_numpy(), estimator.transform(clips))


def test_polars_output(estimator, clips):
    got = clone(estimator).set_output(transform="polars").fit_transform(clips)
    assert isinstance(got, pl.DataFrame)
    np.testing.assert_array_equal(got.to_numpy(), estimator.transform(clips))


def test_progress_bar_only_on_request(estimator, clips, capfd):
    estimator.transform(clips)
    assert capfd.readouterr() == ("", "")
    estimator.set_params(verbose=1).transform(clips)
    assert "7/7" in capfd.readouterr().err


def test_speed_is_logged(estimator, clips, caplog):
    with caplog.at_level(logging.INFO, logger="skmiaug.feature_extraction"):
        estimator.transform(clips)
    (record,) = caplog.records
    assert "7 inputs in " in record.message
    assert "a second, 0 from the cache, real-time factor " in record.message
    assert "(5.7 s of audio)" in record.message

"""Finding models, and the errors if they are missing or damaged."""

import sys

import numpy as np
import pytest

from skmiaug import TransformerFeatures
from skmiaug.exceptions import MissingExtraError

from ._helpers import RATE, save_tiny

SETTINGS = {"layer": [1, 2], "pooling": "max", "sampling_rate": RATE}
_NORM = "encoder.layers.0.layer_norm.weight"


@pytest.fixture
def estimator(tiny):
    return TransformerFeatures(model=tiny("wav2vec2-group"), **SETTINGS)


@pytest.mark.parametrize(
    "name", ["/nowhere/model", "nobody/no-such-model", "no-such-model"]
)
def test_a_model_that_cannot_be_found_offline(name):
    estimator = TransformerFeatures(model=name, local_files_only=True)
    with pytest.raises(
        OSError, match=f"(?s)expected the model '{name}'.*snapshot_download"
    ):
        estimator.fit([])


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("whisper-base", "openai/whisper-base"),
        ("wavlm-large", "microsoft/wavlm-large"),
        ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"),
        ("Whisper-Base", "openai/whisper-base"),
    ],
)
def test_a_short_name_gets_a_suggestion_without_a_network(short, full, monkeypatch):
    monkeypatch.setattr("transformers.AutoConfig.from_pretrained", None)
    with pytest.raises(OSError, match=f"got '{short}'; did you mean '{full}'\\?"):
        TransformerFeatures(model=short).fit()


def test_a_misspelt_name_gets_a_suggestion():
    for name in ("openai/whisperbase", "facebok/hubert-base-ls960", "wavlm-larg"):
        with pytest.raises(OSError, match=r"Did you mean '(openai|facebook|microsoft)/"):
            TransformerFeatures(model=name, local_files_only=True).fit()


def test_a_local_folder_with_a_short_name_is_used(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "whisper-base").symlink_to(tiny("whisper"))
    assert TransformerFeatures(model="whisper-base").fit().n_layers_ == 3


def test_a_folder_that_holds_no_model(tmp_path):
    with pytest.raises(
        OSError, match=r"transformers model in the folder.*could not be read"
    ):
        TransformerFeatures(model=tmp_path).fit([])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda w: {k: v for k, v in w.items() if "layers.1." not in k},
            "16 are not there",
        ),
        (lambda w: {f"x.{k}": v for k, v in w.items()}, "48 are not there"),
        (lambda w: w | {_NORM: w[_NORM][:5].clone()}, "could not be read"),
    ],
)
def test_weights_of_another_model_are_refused(tmp_path, clips, change, message):
    # transformers only logs this and continues with random weights.
    from safetensors.torch import load_file, save_file

    save_tiny("wav2vec2-group", tmp_path)
    file = tmp_path / "model.safetensors"
    save_file(change(load_file(file)), file, {"format": "pt"})
    with pytest.raises(OSError, match=message):
        TransformerFeatures(model=tmp_path, **SETTINGS).transform(clips)


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda data: b"version https://git-lfs"]
)
def test_a_file_of_weights_that_is_damaged(tmp_path, clips, damage):
    save_tiny("wav2vec2-group", tmp_path)
    file = tmp_path / "model.safetensors"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(
        OSError, match=r"transformers model in the folder.*could not be read"
    ):
        TransformerFeatures(model=tmp_path, **SETTINGS).transform(clips)


def test_a_model_of_images(tmp_path):
    import transformers

    transformers.ViTConfig(hidden_size=8, num_hidden_layers=1).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"expected a speech model.*'vit'.*'pixel_values'"):
        TransformerFeatures(model=tmp_path).fit([])


def test_a_hub_name_is_found_in_the_local_cache(tiny, clips, tmp_path, monkeypatch):
    import shutil

    import huggingface_hub
    import transformers

    commit = "0123456789abcdef0123456789abcdef01234567"
    repo = tmp_path / "models--someone--tiny"
    shutil.copytree(tiny("wav2vec2-group"), repo / "snapshots" / commit)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text(commit)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(
        transformers.utils.hub, "TRANSFORMERS_CACHE", str(tmp_path), raising=False
    )
    estimator = TransformerFeatures(
        model="someone/tiny", cache_dir=tmp_path / "features", **SETTINGS
    )
    expected = TransformerFeatures(model=tiny("wav2vec2-group"), **SETTINGS).transform(
        clips
    )
    np.testing.assert_array_equal(estimator.transform(clips), expected)
    other = commit[::-1]
    shutil.copytree(repo / "snapshots" / commit, repo / "snapshots" / other)
    (repo / "refs" / "main").write_text(other)
    estimator.transform(clips)
    # Each commit has its own entries.
    assert len(list((tmp_path / "features").rglob("*.feat"))) == 2 * len(clips)


def test_the_home_directory_is_expanded(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "model").symlink_to(tiny("bert"))
    assert TransformerFeatures(model="~/model").fit([]).n_features_out_ == 24


def test_without_transformers_the_remedy_is_named(estimator, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"transformers.*skmiaug\[audio\]"):
        estimator.fit([])

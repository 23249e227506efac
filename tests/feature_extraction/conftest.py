"""Fixtures: tiny models on disk, clips, and the real models if available."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
import torch
import transformers

from skmiaug.feature_extraction import clear_model_cache
from skmiaug.feature_extraction.encoders import TransformerExtractor

from ._helpers import SHARED, WHISPER_BASE, save_tiny, voice


@pytest.fixture
def whisper_base():
    if not WHISPER_BASE.is_dir():
        pytest.skip(f"needs the Whisper encoder in {WHISPER_BASE}")
    return WHISPER_BASE


@pytest.fixture
def nemo_clips():
    folder = SHARED / "data" / "nemo_flac" / "samples"
    if not folder.is_dir():
        pytest.skip(f"needs the nEMO clips in {folder}")
    return sorted(map(str, folder.glob("*.flac")))


@pytest.fixture(autouse=True)
def _few_threads():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def clips():
    """Seven clips at 16 kHz of different length and loudness, in no order."""
    return [
        voice(seconds, seed)
        for seed, seconds in enumerate((0.5, 1.3, 0.2, 0.9, 0.5, 2.0, 0.31))
    ]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Function: path of the tiny model of a family."""
    made = {}

    def path(family):
        if family not in made:
            made[family] = save_tiny(family, tmp_path_factory.mktemp(family))
        return made[family]

    return path


@pytest.fixture
def encoded(monkeypatch):
    """Batches that a model was given, as lists of the lengths of their inputs."""
    batches = []
    encode = TransformerExtractor.encode

    def counted(self, units):
        batches.append([self.encoder.length(unit) for unit in units])
        return encode(self, units)

    monkeypatch.setattr(TransformerExtractor, "encode", counted)
    return batches


@pytest.fixture
def reads(monkeypatch):
    """Calls that read weights."""
    calls = []
    read = transformers.AutoModel.from_pretrained
    monkeypatch.setattr(
        transformers.AutoModel,
        "from_pretrained",
        lambda *args, **kwargs: calls.append(args) or read(*args, **kwargs),
    )
    return calls


@pytest.fixture
def no_models():
    """No model is loaded before a test."""
    clear_model_cache()

"""EmoDB and nEMO from real audio through a real encoder to the table."""

import json
from pathlib import Path

import pandas as pd
import pytest

from skmiaug.evaluation.cli import main

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
MODEL = SHARED / "models" / "whisper-base-encoder"

# A minute or two each on a free core, most of it the encoder's and the augmenter's.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("corpus", ["emodb", "nemo"])
def test_from_audio_to_table(corpus, tmp_path, capsys):
    audio = SHARED / "data" / f"{corpus}_flac"
    if not (audio.is_dir() and MODEL.is_dir()):
        pytest.skip(f"needs {audio.name} and the Whisper encoder in ../shared")
    arguments = ["benchmark", corpus, str(audio), "--model", str(MODEL)]
    arguments += ["--samplers", "none,smote,migan", "--no-tune", "--output", str(tmp_path)]
    assert main(arguments) == 0
    print(capsys.readouterr().out)
    means = {}
    for setting in ("natural", "imbalanced"):
        folder = tmp_path / f"audio-{setting}"
        assert (folder / "plot.png").read_bytes().startswith(b"\x89PNG")
        table = pd.read_csv(folder / "table.csv")
        assert (table["status"] == "ok").all()
        means[setting] = 100 * table.groupby("sampler")["uar"].mean()
    imbalanced = means["imbalanced"]
    assert imbalanced["MIGANAugmenter"] > imbalanced["SMOTE"] + 3
    assert imbalanced["MIGANAugmenter"] > imbalanced["none"] + 3
    # Where classes are balanced there is little to gain; no more than noise may be lost.
    assert means["natural"]["MIGANAugmenter"] > means["natural"]["SMOTE"] - 1.5
    report = json.loads((tmp_path / "benchmark.json").read_text())
    assert report["layer"] == 3
    assert report["manifest"]["rows"] == {"emodb": 535, "nemo": 424}[corpus]

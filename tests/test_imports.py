"""Importing parts of the package leaves out what they do not use (one process for all)."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys

def absent(*names):
    found = set(names) & set(sys.modules)
    assert not found, found

import skmiaug.utils.tables._modalities
absent("sklearn", "imblearn", "pandas", "torch")

import numpy
from skmiaug.utils.tables._labels import read_labels
from skmiaug.utils.tables._tables import read_table
read_table(numpy.eye(2))
absent("polars", "torch")

import skmiaug.base
from skmiaug import GaussianAugmenter
GaussianAugmenter().fit_resample(numpy.eye(9), [0, 0, 0, 0, 0, 1, 1, 1, 1])
absent("torch", "matplotlib")

# Optional packages are missing.
sys.modules |= dict.fromkeys(("transformers", "soundfile", "soxr"))
from skmiaug import TransformerFeatures
TransformerFeatures(model="x").get_params()

# The compiler of torch takes two seconds: torch's own AdamW needs it at the first step.
from skmiaug.training.gan import gan_step
from tests.training._toy import ONE, toy_batches, toy_networks, toy_weights
gan_step(toy_networks(), toy_batches().draw(), toy_weights(), ONE)
absent("torch._dynamo", "transformers.models")
"""


def test_packages_are_imported_where_they_are_used():
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

"""Loaders of the corpora, one module each, and what they share.

Whatever is not as it should be in a file is a `FileFormatError` with its name and line.
"""

from skmiaug.datasets.corpora._cmu_mosei import dominant, load_cmu_mosei
from skmiaug.datasets.corpora._corpus import EMOTIONS
from skmiaug.datasets.corpora._csd import open_csd
from skmiaug.datasets.corpora._emodb import load_emodb
from skmiaug.datasets.corpora._iemocap import load_iemocap
from skmiaug.datasets.corpora._mosei_frames import (
    AcousticSegments,
    overlapping,
    pad_left,
    pooled_frames,
    split_of_videos,
    standard_folds,
)
from skmiaug.datasets.corpora._msp_improv import load_msp_improv
from skmiaug.datasets.corpora._msp_podcast import load_msp_podcast
from skmiaug.datasets.corpora._nemo import load_nemo

__all__ = [
    "EMOTIONS",
    "AcousticSegments",
    "dominant",
    "load_cmu_mosei",
    "load_emodb",
    "load_iemocap",
    "load_msp_improv",
    "load_msp_podcast",
    "load_nemo",
    "open_csd",
    "overlapping",
    "pad_left",
    "pooled_frames",
    "split_of_videos",
    "standard_folds",
]

"""Loaders of the corpora, one module each, and what they share."""

from skmiaug.datasets.corpora._cmu_mosei import load_cmu_mosei
from skmiaug.datasets.corpora._emodb import load_emodb
from skmiaug.datasets.corpora._iemocap import load_iemocap
from skmiaug.datasets.corpora._labels import EMOTIONS
from skmiaug.datasets.corpora._mosei_frames import AcousticSegments, pad_left, pooled_frames
from skmiaug.datasets.corpora._msp_improv import load_msp_improv
from skmiaug.datasets.corpora._msp_podcast import load_msp_podcast
from skmiaug.datasets.corpora._nemo import load_nemo

__all__ = [
    "EMOTIONS",
    "AcousticSegments",
    "load_cmu_mosei",
    "load_emodb",
    "load_iemocap",
    "load_msp_improv",
    "load_msp_podcast",
    "load_nemo",
    "pad_left",
    "pooled_frames",
]

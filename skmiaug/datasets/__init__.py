"""Corpora on disk as manifests, and their protocols as scikit-learn splitters.

Nothing is downloaded: every loader takes the folder of a corpus that you have.
"""

from skmiaug.datasets._cmu_mosei import load_cmu_mosei
from skmiaug.datasets._disjoint import check_disjoint
from skmiaug.datasets._emodb import load_emodb
from skmiaug.datasets._iemocap import load_iemocap
from skmiaug.datasets._manifest import Manifest
from skmiaug.datasets._mosei_frames import AcousticSegments, pad_left, pooled_frames
from skmiaug.datasets._msp_improv import load_msp_improv
from skmiaug.datasets._msp_podcast import load_msp_podcast
from skmiaug.datasets._nemo import load_nemo
from skmiaug.datasets._sequences import make_emotion_sequences
from skmiaug.datasets._splitters import (
    LeaveOneSessionOut,
    LeaveOneSpeakerOut,
    OfficialSplit,
)
from skmiaug.datasets._synthetic_pairs import (
    AudioTextPairs,
    make_circle_pairs,
    make_gaussian_pairs,
    make_joint_class_pairs,
)

__all__ = [
    "AcousticSegments",
    "AudioTextPairs",
    "LeaveOneSessionOut",
    "LeaveOneSpeakerOut",
    "Manifest",
    "OfficialSplit",
    "check_disjoint",
    "load_cmu_mosei",
    "load_emodb",
    "load_iemocap",
    "load_msp_improv",
    "load_msp_podcast",
    "load_nemo",
    "make_circle_pairs",
    "make_emotion_sequences",
    "make_gaussian_pairs",
    "make_joint_class_pairs",
    "pad_left",
    "pooled_frames",
]

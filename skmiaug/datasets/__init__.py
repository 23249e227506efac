"""Corpora on disk as manifests, and their protocols as scikit-learn splitters.

Nothing is downloaded: every loader takes the folder of a corpus that you have.
"""

from skmiaug.datasets._splitters import (
    LeaveOneSessionOut,
    LeaveOneSpeakerOut,
    OfficialSplit,
    check_disjoint,
)
from skmiaug.datasets._synthetic import (
    AudioTextPairs,
    make_circle_pairs,
    make_emotion_sequences,
    make_gaussian_pairs,
    make_joint_class_pairs,
)
from skmiaug.datasets.corpora import (
    AcousticSegments,
    load_cmu_mosei,
    load_emodb,
    load_iemocap,
    load_msp_improv,
    load_msp_podcast,
    load_nemo,
    pad_left,
    pooled_frames,
)
from skmiaug.datasets.manifest import Manifest

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

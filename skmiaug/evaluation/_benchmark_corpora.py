"""What ``skmiaug benchmark`` knows of each corpus."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["CORPORA", "Corpus", "Published", "default_skew", "load_corpus"]

NATURAL, SKEWED = "natural", "skewed"


@dataclass(frozen=True)
class Published:
    """A figure from the literature.

    Parameters
    ----------
    modality : str
    uar : float
        In percent.
    method : str
    source : str
    """

    modality: str
    uar: float
    method: str
    source: str


@dataclass(frozen=True)
class Corpus:
    """A corpus and the choices that are usual for it.

    Parameters
    ----------
    title : str
    loader : str
        Name in `skmiaug.datasets`.
    labels : str
        Default label set.
    skew : mapping from label set to mapping from class to fraction
        What is kept of each class in the training parts of the skewed setting. A label
        set that is not named has `default_skew`; None in its place means that the corpus
        is skewed as it is, and has no such setting.
    published : tuple of Published
    """

    title: str
    loader: str
    labels: str
    skew: Mapping[str, Mapping[str, float] | None] = field(default_factory=dict)
    published: tuple[Published, ...] = ()


_EMODB_SKEW = {
    "anger": 1.0,
    "boredom": 0.5,
    "disgust": 0.3,
    "fear": 0.2,
    "happiness": 0.25,
    "neutral": 0.4,
    "sadness": 0.15,
}
_NEMO_SKEW = {
    "anger": 0.5,
    "fear": 0.3,
    "happiness": 1.0,
    "neutral": 0.15,
    "sadness": 0.1,
    "surprise": 0.2,
}
CORPORA: dict[str, Corpus] = {
    "emodb": Corpus("EmoDB", "load_emodb", "7class", {"7class": _EMODB_SKEW}),
    "nemo": Corpus("nEMO", "load_nemo", "6class", {"6class": _NEMO_SKEW}),
    "iemocap": Corpus(
        "IEMOCAP",
        "load_iemocap",
        "4class",
        published=(
            Published(
                "audio+text",
                76.54,
                "mutual-information regularised generator",
                "Ahn et al., arXiv 2510.10078",
            ),
            Published("audio+text", 75.65, "CIF-MMIN", "as given in arXiv 2510.10078"),
        ),
    ),
    "msp_improv": Corpus("MSP-IMPROV", "load_msp_improv", "4class"),
    "msp_podcast": Corpus(
        "MSP-Podcast", "load_msp_podcast", "4class", {"4class": None, "8class": None}
    ),
    "cmu_mosei": Corpus(
        "CMU-MOSEI", "load_cmu_mosei", "dominant", {"dominant": None, "6class": None}
    ),
    "manifest": Corpus("manifest", "", "all"),
}
# No class is thinned out below this part of its rows by the general rule.
_LEAST = 0.1


def default_skew(counts: Mapping[str, int]) -> dict[str, float]:
    """The most frequent class whole, and half as much of each next one, at least 0.1.

    Parameters
    ----------
    counts : mapping from class to number of rows

    Examples
    --------
    >>> default_skew({"anger": 20, "joy": 10, "neutral": 50})
    {'anger': 0.5, 'joy': 0.25, 'neutral': 1.0}
    """
    order = sorted(counts, key=lambda name: (-counts[name], name))
    kept = {name: max(_LEAST, 0.5**place) for place, name in enumerate(order)}
    return {name: kept[name] for name in sorted(counts)}


def skew_of(
    corpus: str, labels: str, counts: Mapping[str, int]
) -> Mapping[str, float] | None:
    """Fractions of the skewed setting; None where the corpus is skewed as it is."""
    known = CORPORA[corpus].skew
    return known[labels] if labels in known else default_skew(counts)


def load_corpus(
    corpus: str,
    path: str,
    *,
    labels: str,
    text: bool,
    audio: bool,
    audio_folder: str | None,
) -> Any:
    """The manifest of a corpus on disk.

    Parameters
    ----------
    corpus : str
        One of `CORPORA`.
    path : str
        Its folder; for "manifest" the JSONL file.
    labels : str
    text, audio : bool
        Whether transcripts and audio files are needed.
    audio_folder : str or None
        Where the audio is, for the corpora that come without.

    Returns
    -------
    data : Bunch or Manifest
        With ``frame``.
    """
    from skmiaug import datasets

    if corpus == "manifest":
        return datasets.Manifest.read(path, root=audio_folder, check_files=audio)
    options: dict[str, Any] = {"labels": labels}
    if corpus == "msp_podcast":
        options["transcripts"] = text
    if corpus == "cmu_mosei":
        options |= {"audio_folder": audio_folder, "acoustic": not audio}
    elif audio_folder is not None:
        raise ValueError(
            "--audio is for manifests and CMU-MOSEI; other corpora come with theirs."
        )
    if corpus in ("iemocap", "msp_improv", "msp_podcast"):
        options["audio"] = audio
    return getattr(datasets, CORPORA[corpus].loader)(path, **options)

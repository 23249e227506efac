"""The corpora that ``skmiaug benchmark`` knows. Imports nothing heavy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

NATURAL, IMBALANCED = "natural", "imbalanced"


@dataclass(frozen=True)
class Published:
    """A result from the literature, UAR in percent."""

    modality: str
    uar: float
    method: str
    source: str


@dataclass(frozen=True)
class Corpus:
    """A corpus and its usual settings.

    `imbalance` goes from label set to the fraction of each class that the training parts of
    the imbalanced setting keep. A label set that is not named follows a general rule; None
    in its place means that the corpus is imbalanced by nature, and has no such setting.
    """

    title: str
    loader: str
    labels: str
    imbalance: Mapping[str, Mapping[str, float] | None] = field(default_factory=dict)
    published: tuple[Published, ...] = ()


_EMODB = {
    "anger": 1.0, "boredom": 0.5, "disgust": 0.3, "fear": 0.2, "happiness": 0.25,
    "neutral": 0.4, "sadness": 0.15,
}  # fmt: skip
_NEMO = {
    "anger": 0.5, "fear": 0.3, "happiness": 1.0, "neutral": 0.15, "sadness": 0.1,
    "surprise": 0.2,
}  # fmt: skip
CORPORA: dict[str, Corpus] = {
    "emodb": Corpus("EmoDB", "load_emodb", "7class", {"7class": _EMODB}),
    "nemo": Corpus("nEMO", "load_nemo", "6class", {"6class": _NEMO}),
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
# What loaders call the targets of other types than classes.
TARGET_OF = {
    "distribution": "votes",
    "multilabel": "multilabel",
    "continuous": "attributes",
}
# The general rule keeps at least this part of each class.
_MIN_FRACTION = 0.1


def imbalance_of(
    corpus: str, labels: str, counts: Mapping[str, int]
) -> Mapping[str, float] | None:
    """Fractions of the imbalanced setting; None where the corpus is imbalanced by nature.

    The general rule keeps the most frequent class whole and half as much of each next one,
    at least 0.1.

    Examples
    --------
    >>> imbalance_of("manifest", "all", {"anger": 20, "joy": 10, "neutral": 50})
    {'anger': 0.5, 'joy': 0.25, 'neutral': 1.0}
    """
    known = CORPORA[corpus].imbalance
    if labels in known:
        return known[labels]
    order = sorted(counts, key=lambda name: (-counts[name], name))
    return {name: max(_MIN_FRACTION, 0.5 ** order.index(name)) for name in sorted(counts)}


def load_corpus(args: Any, labels: str) -> Any:
    """The manifest that the arguments name, or what else its loader returns with ``frame``.

    Raises
    ------
    ValueError
        An argument does not go with the corpus.
    """
    from skmiaug import datasets

    corpus, path, kind = args.corpus, args.path, args.target_type
    audio, folder = args.model is not None, args.audio
    named = {"audio": args.audio_column, "target": args.target, "speaker": args.speaker}
    columns = {key: name for key, name in named.items() if name is not None}
    # A manifest has no loader of its own.
    load: Any = getattr(datasets, CORPORA[corpus].loader, datasets.Manifest.read)
    if kind in TARGET_OF and "target" not in signature(load).parameters:
        raise ValueError(
            f"--target-type {kind}: rows of {CORPORA[corpus].title} have one class "
            "each; IEMOCAP, MSP-IMPROV and MSP-Podcast have votes and attributes, "
            "CMU-MOSEI label sets and attributes."
        )
    if corpus == "manifest" and path.lower().endswith((".csv", ".tsv")):
        return datasets.Manifest.from_csv(path, **columns, root=folder, check_files=audio)
    if columns:
        raise ValueError(
            "--audio-column, --target and --speaker name columns of a CSV table only."
        )
    if corpus == "manifest":
        return load(path, root=folder, check_files=audio)
    if corpus != "cmu_mosei" and folder is not None:
        raise ValueError(
            "--audio is for manifests and CMU-MOSEI; other corpora include their audio."
        )
    options: dict[str, dict[str, Any]] = {
        "cmu_mosei": {"audio_folder": folder, "acoustic": not audio},
        "iemocap": {"audio": audio},
        "msp_improv": {"audio": audio},
        "msp_podcast": {"audio": audio, "transcripts": args.text_model is not None},
    }
    own = options.get(corpus, {})
    if kind in TARGET_OF:
        own["target"] = TARGET_OF[kind]
    return load(path, labels=labels, **own)

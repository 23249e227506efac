"""EmoDB, the Berlin Database of Emotional Speech."""

import os
import re
from collections.abc import Mapping

import pandas as pd
from sklearn.utils import Bunch

from skmiaug.datasets.corpora._corpus import (
    AUDIO_SUFFIXES,
    FOUR,
    Corpus,
    corpus_folder,
    index_tree,
    keep_labelled,
    same,
)
from skmiaug.datasets.manifest import make_frame
from skmiaug.exceptions import FileFormatError

CODES = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
LABEL_SETS: dict[str, Mapping[str, str]] = {"7class": same(*CODES.values()), "4class": FOUR}
# The ten sentences of the corpus. They are neutral on purpose.
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes "
    "besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
_SPEAKERS = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")
_WOMEN = frozenset({"08", "09", "13", "14", "16"})
_NAME = re.compile(r"(\d\d)([ab]\d\d)([A-Z])([a-z]?)")
DESCRIPTION = """\
EmoDB: ten sentences spoken by ten actors in seven emotions, in German. `session` pairs the
speakers in the order of their numbers, for five folds; the corpus itself has no sessions.
Burkhardt et al., "A database of German emotional speech", Interspeech 2005.
"""
CORPUS = Corpus("EmoDB", "session", LABEL_SETS, DESCRIPTION)


def load_emodb(
    path: str | os.PathLike[str], *, labels: str | Mapping[str, str | int] = "7class"
) -> Bunch:
    """Load EmoDB from its release (``wav/03a01Fa.wav``) or from a folder of its clips.

    Parameters
    ----------
    path : path-like
        Folder with the clips, WAV or FLAC, in it or in ``wav``.
    labels : str or mapping, default="7class"
        "7class", "4class" (anger, happiness, neutral, sadness), "all", or a mapping from
        emotion to class, whose other rows are dropped.

    Returns
    -------
    data : Bunch
        As of `load_iemocap`, without raters. ``sentence`` is the corpus's name of the
        sentence ("a01"), ``transcript`` its text; ``session`` pairs the speakers.

    Raises
    ------
    FileFormatError
        There are no clips, or the name of one is not of the corpus's form; names it.
    ValueError
        `labels` is none of the above.

    See Also
    --------
    LeaveOneSessionOut : Folds of the corpus.
    Manifest.from_csv : The same for recordings of your own.

    Examples
    --------
    >>> from skmiaug.datasets import load_emodb
    >>> data = load_emodb("EmoDB")  # doctest: +SKIP
    >>> data.frame[["path", "emotion", "speaker"]], data.target  # doctest: +SKIP
    """
    mapping = CORPUS.resolve(labels)
    root = corpus_folder(path, "EmoDB")
    inner = corpus_folder(root, "EmoDB", "wav")
    files = index_tree(inner, AUDIO_SUFFIXES)
    if not files:
        raise FileFormatError(
            f"EmoDB: expected clips such as 03a01Fa.wav in {str(inner)!r}; there are none."
        )
    rows = [{"id": n, "path": files[n], **_fields(n, files[n])} for n in sorted(files)]
    return CORPUS.bunch(keep_labelled(make_frame(pd.DataFrame(rows)), mapping), root)


def _fields(name: str, file: str) -> dict[str, str]:
    found = _NAME.fullmatch(name)
    if found is None or found[1] not in _SPEAKERS or found[2] not in SENTENCES:
        raise FileFormatError(
            f"EmoDB: expected a name of speaker ({', '.join(_SPEAKERS)}), sentence "
            f"({', '.join(SENTENCES)}), emotion and version, such as 03a01Fa; got {file!r}."
        )
    speaker, sentence, code, _ = found.groups()
    if code not in CODES:
        raise FileFormatError(
            f"EmoDB: expected one of the emotion letters {' '.join(CODES)} in the sixth "
            f"place of the name; got {code!r} in {file!r}."
        )
    return {
        "transcript": SENTENCES[sentence],
        "emotion": CODES[code],
        "speaker": speaker,
        "gender": "female" if speaker in _WOMEN else "male",
        "session": str(_SPEAKERS.index(speaker) // 2 + 1),
        "sentence": sentence,
    }

"""What is read, from which good files, and which errors are documented for it."""

import json
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from skmiaug.exceptions import FileFormatError
from tests.datasets import _trees
from tests.fuzz._mutations import changed_value, damaged


class Target(NamedTuple):
    """A reader to be tried.

    Attributes
    ----------
    make : callable
        Writes good files into a folder; returns those to damage.
    read : callable
        Reads the damaged file, or the folder of it.
    documented : tuple of exception classes
    damage : callable
        Writes a damaged variant of a file, by default of its bytes.
    """

    make: Callable[[Path], list[Path]]
    read: Callable[[Path, Path], Any]
    documented: tuple[type[Exception], ...] = (FileFormatError,)
    damage: Callable[[Path, bytes, list[bytes], random.Random], None] | None = None


def damage_bytes(file: Path, data: bytes, others: list[bytes], rng: random.Random) -> None:
    file.write_bytes(damaged(data, others, rng))


# ---------------------------------------------------------------- manifests and corpora


def _manifest(folder: Path) -> list[Path]:
    from skmiaug.datasets import Manifest

    rows = {
        "id": ["a", "b", "c"], "path": ["a.wav", "wav/b.wav", None], "emotion": ["joy"] * 3,
        "valence": [1.5, np.nan, 2], "start": [0, np.nan, 1], "end": [1, np.nan, 2],
        "speaker": ["s", None, "t"], "take": [1, 2, 3], "é": ["ü", "ß", None],
    }  # fmt: skip
    Manifest.from_columns(rows, name="mine", root=folder).write(folder / "m.jsonl")
    return [folder / "m.jsonl"]


def _read_manifest(folder: Path, file: Path) -> None:
    from skmiaug.datasets import Manifest

    manifest = Manifest.read(file, check_files=False)
    manifest.counts(), manifest.groups(), repr(manifest)
    manifest.write(folder / "again.jsonl")
    again = Manifest.read(folder / "again.jsonl", check_files=False)
    assert len(again) == len(manifest)


def _damage_rows(file: Path, data: bytes, others: list[bytes], rng: random.Random) -> None:
    if rng.random() < 0.5:
        damage_bytes(file, data, others, rng)
        return
    lines = data.decode().splitlines()
    number = rng.randrange(len(lines))
    lines[number] = json.dumps(changed_value(json.loads(lines[number]), rng))
    file.write_text("\n".join(lines) + "\n", "utf-8")


def _table(folder: Path) -> list[Path]:
    for number, separator in enumerate(",;\t"):
        text = "path,emotion,speaker,start,end,note\na.wav,joy,s1,0,1,\"a, 'b'\"\n"
        text += "wav/b.wav,anger,,1,2,\nwav/b.wav,anger,-1,2,3.5,ü\n"
        (folder / f"{number}.csv").write_text(text.replace(",", separator), "utf-8")
    return sorted(folder.glob("*.csv"))


def _read_own(folder: Path, file: Path) -> None:
    from skmiaug.datasets import Manifest

    manifest = Manifest.from_csv(file, check_files=False)
    manifest.counts(), manifest.groups()


def _corpus(tree: Callable[[Path], Path], *suffixes: str) -> Callable[[Path], list[Path]]:
    def make(folder: Path) -> list[Path]:
        tree(folder)
        return sorted(p for p in folder.rglob("*") if p.suffix in suffixes and p.is_file())

    return make


def _loader(name: str, inside: str, **options: Any) -> Callable[[Path, Path], None]:
    def read(folder: Path, file: Path) -> None:
        from skmiaug import datasets

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = getattr(datasets, f"load_{name}")(folder / inside, **options)
        data.manifest.counts(), data.manifest.groups()
        if getattr(data, "sequences", None) is not None:
            datasets.pooled_frames(data.sequences)

    return read


def _mosei(folder: Path) -> Path:
    from tests.datasets._csd_files import mosei

    return mosei(folder)


# ---------------------------------------------------------------- features and models


def _features(folder: Path) -> list[Path]:
    import pandas as pd

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 3)), np.array(["joy", "anger", "01"] * 4)
    np.savez(folder / "a.npz", X=X, y=y, groups=np.arange(12) % 4)
    np.savez_compressed(folder / "b.npz", X=X.astype("f4"), y=np.arange(12) % 2)
    table = pd.DataFrame(X, columns=list("abc")).assign(emotion=y, n=range(12))
    table.to_csv(folder / "a.csv", index=False)
    table.to_parquet(folder / "a.parquet")
    return sorted(folder.iterdir())


def _read_features(folder: Path, file: Path) -> None:
    from skmiaug.evaluation.features import FileOptions, read_features

    target = None if file.suffix == ".npz" else "emotion"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read_features(file, FileOptions(target=target))


def _check_size(folder: Path, file: Path) -> None:
    from skmiaug.utils.files._untrusted import check_unpacked_size

    check_unpacked_size(file)


def _documents(folder: Path) -> list[Path]:
    from skmiaug.utils.files._untrusted import write_json_file

    cells = {
        "nEMO": [0.5, None, 1e-9],
        "n": 3,
        "names": ["ü", "b"],
        "deep": {"a": {"b": 1}},
    }
    write_json_file(folder / "a.json", cells)
    return [folder / "a.json"]


def _read_document(folder: Path, file: Path) -> None:
    from skmiaug.utils.files._untrusted import read_json_file

    original = {
        "nEMO": [0.5, None, 1e-9],
        "n": 3,
        "names": ["ü", "b"],
        "deep": {"a": {"b": 1}},
    }
    assert read_json_file(file) == original


_N_FEATURES = 4
_ROWS = np.random.default_rng(0).normal(size=(30, _N_FEATURES))
_SEQUENCES = [_ROWS[:n].astype(np.float32) for n in (5, 8, 6, 9, 7, 10)]


def _models(folder: Path) -> list[Path]:
    """One of each estimator, some in several forms."""
    import skmiaug

    y, parts = np.repeat(["a", "b"], [20, 10]), {"a": [0, 1], "b": [2, 3]}
    seed = {"random_state": 0}
    short = {"max_iter": 2, "validation_fraction": 0.0, **seed}
    shape = {"hidden_size": 8, "n_layers": 1, "n_heads": 2, **short}
    encoder = skmiaug.MaskedTimestepEncoder(**shape).fit(_SEQUENCES)
    aligner = skmiaug.ContrastiveAligner(modalities=parts, n_components=4, **short)
    fitted = [
        skmiaug.MIGANAugmenter(max_iter=0, **seed).fit(_ROWS, y),
        skmiaug.MIGANAugmenter(modalities=parts, **short).fit(_ROWS, y == "a"),
        skmiaug.GaussianAugmenter(bandwidth=0.5, **seed).fit(_ROWS, y, condition=_ROWS),
        aligner.fit(_ROWS, y),
        encoder,
        skmiaug.SequenceEmotionClassifier(pretrained=encoder, **short).fit(
            _SEQUENCES, list("aabbab")
        ),
        skmiaug.SequenceEmotionRegressor(backbone="gru", **shape).fit(
            _SEQUENCES, np.arange(6) / 6
        ),
    ]
    for number, estimator in enumerate(fitted):
        skmiaug.save(estimator, folder / f"{number}.skmiaug")
    return sorted(folder.iterdir())


def _load(folder: Path, file: Path) -> None:
    import skmiaug

    skmiaug.load(file)


def _load_and_use(folder: Path, file: Path) -> None:
    import skmiaug

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = skmiaug.load(file)
        except FileFormatError:
            return
        if hasattr(model, "sample"):
            X, y = model.sample(3)
            assert X.shape[0] == len(y) == 3
            return
        rows = _ROWS if isinstance(model, skmiaug.ContrastiveAligner) else _SEQUENCES
        use = model.predict if hasattr(model, "predict") else model.transform
        assert len(use(rows)) == len(rows)


def _damage_model(file: Path, data: bytes, others: list[bytes], rng: random.Random) -> None:
    """Change the header or an array, with a checksum that fits."""
    from skmiaug.utils.files._tensor_file import read_tensor_file, write_tensor_file

    file.write_bytes(data)
    header, arrays = read_tensor_file(file)
    if rng.random() < 0.7 or not arrays:
        header = changed_value(header, rng)
    else:
        name = rng.choice(sorted(arrays))
        array = arrays[name]
        kind = rng.randrange(4)
        if kind == 0:
            arrays[name] = array[..., :-1] if array.ndim else array
        elif kind == 1:
            arrays[name] = array.astype(rng.choice(["f4", "f8", "i8", "u1"]))
        elif kind == 2:
            arrays[name] = np.full_like(array, rng.choice([0, 1]))
        else:
            del arrays[name]
    write_tensor_file(file, header, arrays)


TARGETS: dict[str, tuple[int, Target]] = {
    "manifest": (1500, Target(_manifest, _read_manifest, damage=_damage_rows)),
    "table of recordings": (800, Target(_table, _read_own)),
    "IEMOCAP": (
        500,
        Target(
            _corpus(_trees.iemocap, ".txt"),
            _loader("iemocap", "IEMOCAP_full_release", labels="all", sessions=1),
        ),
    ),
    "MSP-IMPROV": (
        600,
        Target(
            _corpus(_trees.msp_improv, ".txt"),
            _loader("msp_improv", "MSP-IMPROV", labels="all"),
        ),
    ),
    "MSP-Podcast": (
        600,
        Target(
            _corpus(_trees.msp_podcast, ".txt", ".csv"),
            _loader(
                "msp_podcast", "MSP-Podcast", labels="all", raters=True, transcripts=True
            ),
        ),
    ),
    "MSP-Podcast, old": (
        400,
        Target(
            _corpus(
                lambda folder: _trees.msp_podcast(folder, consensus=None, detailed=None),
                ".txt",
            ),
            _loader("msp_podcast", "MSP-Podcast", labels="all", raters=True),
        ),
    ),
    "nEMO": (
        500,
        Target(_corpus(_trees.nemo, ".tsv"), _loader("nemo", "nEMO", labels="all")),
    ),
    "CMU-MOSEI": (
        1500,
        Target(_corpus(_mosei, ".csd"), _loader("cmu_mosei", "CMU_MOSEI", labels="all")),
    ),
    "features": (1200, Target(_features, _read_features)),
    "declared sizes": (800, Target(_features, _check_size)),
    "documents": (600, Target(_documents, _read_document)),
    "models": (800, Target(_models, _load)),
    "models, changed": (1200, Target(_models, _load_and_use, damage=_damage_model)),
}

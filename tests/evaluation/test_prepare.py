"""Tables of mixed columns, made numbers inside the folds."""

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression

from skmiaug.evaluation import compare_samplers
from skmiaug.evaluation.cli import main
from skmiaug.evaluation.features import FileOptions, read_features
from skmiaug.exceptions import FileFormatError

LR = {"lr": LogisticRegression()}
FAST = ["--samplers", "none,smote", "--classifiers", "lr", "--no-tune", "--cv", "3"]


@pytest.fixture
def mixed():
    """A table with every kind of column; the class is told by the review alone."""
    rng = np.random.default_rng(0)
    n = 150
    y = rng.choice(["no", "yes"], n, p=[0.7, 0.3])
    words = {"yes": ["late", "broken", "angry"], "no": ["fine", "good", "quick"]}
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, n),
            "score": rng.integers(0, 9, n).astype(str),
            "member": rng.choice([True, False], n),
            "city": rng.choice(list("abcd"), n),
            "street": [f"s{i % 40}" for i in range(n)],
            "review": [" ".join(rng.choice([*words[c], "the", "it"], 8)) for c in y],
            "file": [f"f{i}.wav" for i in range(n)],
            "same": "x",
            "label": y,
        }
    )
    frame.loc[::7, "age"] = np.nan
    frame.loc[::10, "score"] = "NA"
    frame.loc[::11, "city"] = None
    return frame


def read(tmp_path, frame):
    frame.to_csv(tmp_path / "a.csv", index=False)
    return read_features(tmp_path / "a.csv", FileOptions(target="label", prepare=True))


def test_every_column_is_encoded_by_its_kind_and_told(tmp_path, mixed):
    features = read(tmp_path, mixed)
    kinds = {name: columns for name, _, columns in features.prepare.transformers}
    assert kinds == {
        "number": ["member"],
        "holes": ["age", "score"],
        "one-hot": ["city"],
        "many values": ["street"],
        "left out": ["file", "same"],
        "text review": "review",
    }
    for name in ("age", "score", "city", "street", "file", "same", "review"):
        assert repr(name) in features.note
    assert features.note.endswith(f"8 columns become {features.width}")
    found = features.prepare.fit_transform(features.X, features.y)
    assert found.shape == (len(mixed), features.width)
    assert np.isfinite(found).all()


def test_what_is_learned_comes_from_the_training_part_alone(tmp_path, mixed):
    """A median, categories and words of test rows must not reach the training part."""
    features = read(tmp_path, mixed)
    seen = []

    class Watching(SimpleImputer):
        def fit(self, X, y=None):
            seen.append(len(X))
            return super().fit(X, y)

        def fit_transform(self, X, y=None):
            seen.append(len(X))
            return super().fit_transform(X, y)

    split = np.arange(0, 150, 2), np.arange(1, 150, 2)
    found = compare_samplers(
        mixed[["age"]], mixed["label"], ["none"], LR, cv=[split], prepare=Watching()
    )
    assert set(seen) == {75}
    assert found["status"].item() == "ok"
    # A category and a word that only test rows have, and an outlier there.
    changed = features.X.copy()
    changed.loc[1::2, "city"] = "elsewhere"
    changed.loc[1::2, "age"] = 1e6
    fitted = features.prepare.fit(features.X.iloc[::2], features.y[::2])
    expected = fitted.transform(features.X.iloc[::2])
    again = features.prepare.fit(changed.iloc[::2], features.y[::2])
    np.testing.assert_allclose(again.transform(changed.iloc[::2]), expected, atol=1e-6)
    assert np.isfinite(again.transform(changed.iloc[1::2])).all()


def test_the_command_prints_the_steps_and_finds_the_words(tmp_path, mixed, capsys):
    path = tmp_path / "a.csv"
    mixed.to_csv(path, index=False)
    command = ["compare", str(path), "--target", "label", *FAST]
    assert main(command) == 2
    assert "--prepare auto" in capsys.readouterr().err
    assert main([*command, "--prepare", "auto", "--scoring", "macro_f1"]) == 0
    out, err = capsys.readouterr()
    assert "note: prepared inside each fold: 'age', 'score': missing" in " ".join(
        out.split()
    )
    (line,) = (line for line in out.splitlines() if line.startswith("none "))
    assert float(line.split()[1]) > 90
    assert err == ""


def test_holes_of_arrays_are_filled(tmp_path, imbalanced, capsys):
    X, y = imbalanced
    X[::9, 0] = np.nan
    np.savez(tmp_path / "a.npz", X=X, y=y)
    command = ["compare", str(tmp_path / "a.npz"), *FAST]
    assert main(command) == 2
    assert "--prepare auto" in capsys.readouterr().err
    assert main([*command, "--prepare", "auto"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "'0': missing values by the median" in out


def test_what_cannot_be_prepared_is_named(tmp_path, mixed):
    with pytest.raises(FileFormatError, match=r"cannot be prepared \(no feature column"):
        read(tmp_path, mixed[["file", "same", "label"]])
    mixed.loc[3, "age"] = np.inf
    with pytest.raises(FileFormatError, match=r"row 3 .*'age' holds inf"):
        read(tmp_path, mixed)
    with pytest.raises(ValueError, match="prepare must be an estimator; got the class"):
        compare_samplers(mixed[["age"]], mixed["label"], prepare=SimpleImputer)


def test_same_seed_same_scores(tmp_path, mixed):
    features = read(tmp_path, mixed)
    one, two = (
        compare_samplers(
            features.X, features.y, ["none"], LR, cv=3, prepare=features.prepare
        )["uar"]
        for _ in range(2)
    )
    assert list(one) == list(two)

"""load of files that were changed: an error at once, or an estimator that works.

Each change keeps the file in good form, with a right checksum: what is tested is whether
the pieces are looked at, not whether damage by chance is found.
"""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import skmiaug
from skmiaug.exceptions import FileFormatError
from tests._internals import read_tensor_file, write_tensor_file
from tests.representation._pairs import pairs
from tests.representation._pairs import small as small_aligner
from tests.representation._sequences import (
    small_classifier,
    small_encoder,
    small_regressor,
    toy,
)

SEQUENCES, CLASSES = toy()


def aligned(aligner):
    X, _ = pairs(5)
    return [aligner.transform(X), *aligner.transform_modalities(X).values()]


def embedded(encoder):
    masks = [np.arange(len(x)) % 2 == 0 for x in SEQUENCES]
    restored = np.concatenate(encoder.restore(SEQUENCES, masks))
    return [encoder.transform(SEQUENCES), restored, np.array(encoder.score(SEQUENCES))]


def classified(classifier):
    assert set(classifier.predict(SEQUENCES)) <= set(classifier.classes_)
    return [classifier.predict_proba(SEQUENCES)]


CASES = {
    "aligner": (lambda: small_aligner(max_iter=5).fit(*pairs()), aligned),
    "encoder": (lambda: small_encoder().fit(SEQUENCES), embedded),
    "classifier": (
        lambda: small_classifier(
            pretrained=small_encoder(backbone="gru").fit(SEQUENCES), validation_fraction=0.3
        ).fit(SEQUENCES, np.array(["a", "b", "c"])[CLASSES]),
        classified,
    ),
    "regressor": (
        lambda: small_regressor().fit(SEQUENCES, CLASSES),
        lambda regressor: [regressor.predict(SEQUENCES)],
    ),
}
VALUES = [None, True, -1, 0, 10**12, 0.5, -1e300, "x", [], {}, [1], {"float": "nan"}]


def places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Yield the place of every value in nested dicts and lists."""
    items = value.items() if isinstance(value, dict) else ()
    for key, item in list(enumerate(value)) if isinstance(value, list) else items:
        yield (*path, key)
        yield from places(item, (*path, key))


def header_changes(header: dict, rng: np.random.Generator) -> Iterator[dict]:
    """Yield headers with one value replaced, left out, or added."""
    for path in list(places(header["estimator"])):
        for change in rng.choice(len(VALUES) + 2, size=1):
            changed = copy.deepcopy(header)
            place = changed["estimator"]
            for key in path[:-1]:
                place = place[key]
            if change < len(VALUES):
                place[path[-1]] = VALUES[change]
            elif change == len(VALUES):
                del place[path[-1]]
            elif isinstance(place, dict):
                place["more"] = 1
            yield changed


def array_changes(arrays: dict, rng: np.random.Generator) -> Iterator[dict]:
    """Yield arrays of which one has another shape, type or value, or is left out."""
    changes = [
        lambda a: a[..., :-1],
        lambda a: np.concatenate([a, a]),
        lambda a: a[None],
        lambda a: a.reshape(-1)[0],
        lambda a: a.astype(np.float16),
        lambda a: a.astype(np.float64),
        lambda a: a.astype(np.int32),
        lambda a: a.astype(bool),
        lambda a: np.full(a.shape, np.nan),
        lambda a: np.full(a.shape, np.inf, dtype=np.float32),
        lambda a: -a,
        lambda a: a * 0,
        lambda a: a + np.array(10**6, dtype=a.dtype),
    ]
    for name, array in arrays.items():
        yield {k: a for k, a in arrays.items() if k != name}
        yield arrays | {f"{name}/more": array}
        for i in rng.choice(len(changes), size=2, replace=False):
            try:
                with np.errstate(all="ignore"):
                    changed = np.asarray(changes[i](array))
            except (IndexError, TypeError, ValueError):
                continue
            yield arrays | {name: changed}


@pytest.mark.parametrize("case", CASES)
def test_a_changed_file_is_refused_or_gives_a_working_estimator(case, tmp_path, seed):
    make, used = CASES[case]
    path = tmp_path / "model"
    fitted = make()
    skmiaug.save(fitted, path)
    for one, other in zip(used(skmiaug.load(path)), used(fitted), strict=True):
        np.testing.assert_array_equal(one, other)
    header, arrays = read_tensor_file(path)
    rng = np.random.default_rng(seed)
    changed = [(h, arrays) for h in header_changes(header, rng)]
    changed += [(header, a) for a in array_changes(arrays, rng)]
    n_refused, failed = 0, []
    for one, others in changed:
        write_tensor_file(path, one, others)
        try:
            back = skmiaug.load(path)
        except FileFormatError:
            n_refused += 1
            continue
        try:
            assert all(np.isfinite(a).all() for a in used(back))
        except Exception as error:
            failed.append(
                (one, [k for k in others if others[k] is not arrays.get(k)], error)
            )
    assert not failed, f"{len(failed)} of {len(changed)}: {failed[0]}"
    assert n_refused > 0.5 * len(changed)


def test_columns_beyond_all_memory_are_refused(tmp_path):
    path = tmp_path / "model"
    skmiaug.save(small_aligner(max_iter=5).fit(*pairs()), path)
    header, arrays = read_tensor_file(path)
    (place,) = (p for p in places(header["estimator"]) if p[-1] == "n_features_in_")
    state = header["estimator"]
    for key in place[:-1]:
        state = state[key]
    state[place[-1]] = 10**12
    write_tensor_file(path, header, arrays)
    with pytest.raises(FileFormatError, match="modalities_"):
        skmiaug.load(path)

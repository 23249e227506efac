"""Groups (speakers) are held out as a whole wherever they are given."""

import numpy as np
import pytest
import sklearn
from imblearn.pipeline import Pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, StratifiedKFold
from sklearn.model_selection import cross_validate as sklearn_cross_validate

from skmiaug import MIGANAugmenterCV
from skmiaug.over_sampling import BaseAugmenter, _migan
from tests._helpers import small


class Recorder(BaseAugmenter):
    """Keeps the rows that a fit holds out, in ``held_out``."""

    held_out: list = []  # noqa: RUF012 (shared by clones)

    def __init__(self, *, sampling_strategy="auto", random_state=None):
        super().__init__(sampling_strategy=sampling_strategy, random_state=random_state)

    validation_fraction = 0.25

    def _fit_generator(self, Z, T, *, rng, validation, groups):
        Recorder.held_out.append(validation)
        return Copies(Z, T)


class Copies:
    def __init__(self, Z, T):
        self.Z, self.T = Z, T

    def sample(self, T, *, rng):
        own = self.T.argmax(axis=1)
        return np.stack([self.Z[rng.choice(np.flatnonzero(own == c))] for c in T.argmax(1)])


@pytest.fixture
def speakers(skewed):
    """A speaker for each row, ten in all, each with rows of all classes."""
    X, y = skewed
    groups = np.empty(len(y), dtype=object)
    for c in np.unique(y):
        own = np.flatnonzero(y == c)
        groups[own] = [f"s{k % 10}" for k in range(len(own))]
    Recorder.held_out.clear()
    return X, y, groups


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
def test_the_split_within_a_fit_keeps_groups_whole(speakers, method):
    X, y, groups = speakers
    getattr(Recorder(random_state=0), method)(X, y, groups=groups)
    (held,) = Recorder.held_out
    assert 0 < held.sum() < len(y) / 2
    assert not set(groups[held]) & set(groups[~held])


def test_without_groups_rows_are_drawn(speakers):
    X, y, groups = speakers
    Recorder(random_state=0).fit(X, y)
    (held,) = Recorder.held_out
    assert set(groups[held]) & set(groups[~held])


def test_groups_of_another_length_are_refused(speakers):
    X, y, groups = speakers
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        Recorder().fit(X, y, groups=groups[:-1])


def test_metadata_routing_brings_groups_without_a_request(speakers):
    X, y, groups = speakers
    pipeline = Pipeline([("aug", Recorder(random_state=0)), ("clf", LogisticRegression())])
    with sklearn.config_context(enable_metadata_routing=True):
        result = sklearn_cross_validate(
            pipeline, X, y, cv=GroupKFold(3), params={"groups": groups},
            return_indices=True, error_score="raise",
        )  # fmt: skip
    for train, held in zip(result["indices"]["train"], Recorder.held_out, strict=True):
        own = groups[train]
        assert held.any()
        assert not set(own[held]) & set(own[~held])


def search(**parameters) -> MIGANAugmenterCV:
    return MIGANAugmenterCV(
        mi_weights=[0, 1], augmenter=small(), random_state=0, **parameters
    )


@pytest.mark.parametrize("cv", [None, 3, StratifiedGroupKFold(3), GroupKFold(3)])
def test_the_search_keeps_groups_whole(speakers, cv):
    X, y, groups = speakers
    fitted = search(cv=cv).fit(X, y, groups=groups)
    n_folds = {None: 5}.get(cv, 3) if cv is None or cv == 3 else 3
    assert f"split{n_folds - 1}_test_score" in fitted.cv_results_


def test_the_search_refuses_a_splitter_that_breaks_groups(speakers):
    X, y, groups = speakers
    with pytest.raises(ValueError, match=r"same group in both parts.*StratifiedGroupKFold"):
        search(cv=StratifiedKFold(3)).fit(X, y, groups=groups)


@pytest.mark.parametrize("with_groups", [False, True])
def test_held_out_rows_are_not_trained_on(speakers, monkeypatch, with_groups):
    X, y, groups = speakers
    trained_on = []
    train = _migan.train_gan

    def recorded(networks, batches, *args, **others):
        trained_on.append(batches)
        return train(networks, batches, *args, **others)

    monkeypatch.setattr(_migan, "train_gan", recorded)
    small(validation_fraction=0.25).fit(X, y, groups=groups if with_groups else None)
    (batches,) = trained_on
    kept, held = (
        {tuple(row) for row in rows.values.tolist()}
        for rows in (batches.rows, batches.held_out)
    )
    assert len(kept) + len(held) == len(y)
    assert held
    assert not kept & held

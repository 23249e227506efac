"""The augmenter of the page "Write your own augmenter" is complete."""

import pickle
import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from imblearn.utils.estimator_checks import estimator_checks_generator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)

PAGE = Path(__file__).parents[2] / "docs" / "own_augmenter.md"


def source() -> str:
    return PAGE.read_text().split("```python\n")[1].split("```")[0]


@pytest.fixture(scope="module")
def augmenter_class():
    module = types.ModuleType("own_augmenter_of_the_page")
    sys.modules[module.__name__] = module
    exec(source(), module.__dict__)
    yield module.SmoothedBootstrap
    del sys.modules[module.__name__]


def test_it_has_at_most_forty_lines():
    assert len(source().splitlines()) <= 40


def test_it_passes_all_estimator_checks(augmenter_class):
    augmenter = augmenter_class(random_state=0)
    for estimator, check in estimator_checks_generator(augmenter):
        name = getattr(check, "func", check).__name__
        if name == "check_samplers_pandas_sparse":
            continue  # X must be dense, as for every augmenter here
        check(estimator)
    check_param_validation("SmoothedBootstrap", augmenter)
    check_dataframe_column_names_consistency("SmoothedBootstrap", augmenter)


def test_it_works_where_users_put_it(augmenter_class, skewed):
    X, y = skewed
    frame = pd.DataFrame(X, columns=[f"f{k}" for k in range(X.shape[1])])
    X_new, y_new = augmenter_class(random_state=0).fit_resample(frame, y)
    assert list(X_new.columns) == list(frame.columns)
    assert len(set(np.bincount(y_new))) == 1
    pipeline = Pipeline(
        [("aug", augmenter_class(random_state=0)), ("clf", LogisticRegression())]
    )
    search = GridSearchCV(pipeline, {"aug__bandwidth": [0.1, 0.9]}, cv=2).fit(X, y)
    assert search.best_score_ > 0.3
    fitted = augmenter_class(random_state=0).fit(X, y)
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.sample(5)[0], fitted.sample(5)[0])


def test_what_it_lacks_is_refused_by_name(augmenter_class, skewed):
    X, y = skewed
    with pytest.raises(TypeError, match="neither modalities nor a condition"):
        augmenter_class(random_state=0).fit(X[:, :6], y, condition=X[:, 6:])

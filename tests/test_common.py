"""scikit-learn's and imbalanced-learn's own checks of every estimator."""

import pytest
from imblearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)
from imblearn.utils.estimator_checks import estimator_checks_generator as imblearn_checks
from sklearn.utils.estimator_checks import estimator_checks_generator as sklearn_checks

from skmiaug import (
    ContrastiveAligner,
    GaussianAugmenter,
    MIGANAugmenter,
    MIGANAugmenterCV,
)

# Each entry: name of a check and why it cannot pass. At most two.
EXPECTED_FAILURES = {
    "check_samplers_pandas_sparse": (
        "sparse frames are refused with the remedy, like sparse matrices: features of "
        "transformers are dense, and a Gaussian draw has no zeros"
    ),
}


def small() -> MIGANAugmenter:
    return MIGANAugmenter(
        generator_hidden_layer_sizes=(8,),
        critic_hidden_layer_sizes=(8,),
        max_iter=5,
        noise="gaussian",  # the checks of GaussianAugmenter are of noise="auto"
        random_state=0,
        device="cpu",
    )


def small_aligner() -> ContrastiveAligner:
    return ContrastiveAligner(n_components=4, max_iter=5, random_state=0, device="cpu")


def small_search() -> MIGANAugmenterCV:
    # The checks are of the search: its augmenter, checked above, is as quick as can be.
    augmenter = small().set_params(max_iter=1)
    return MIGANAugmenterCV(mi_weights=(0, 1), augmenter=augmenter, cv=2, random_state=0)


def name_of(case: object) -> str:
    check = getattr(case, "func", case)
    return getattr(check, "__name__", str(case))


@pytest.mark.parametrize(
    ("estimator", "check"),
    list(sklearn_checks(small(), expected_failed_checks=EXPECTED_FAILURES, mark="xfail")),
    ids=name_of,
)
@pytest.mark.filterwarnings("ignore::skmiaug.exceptions.TinyClassWarning")
def test_sklearn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("estimator", "check"),
    list(imblearn_checks(small(), expected_failed_checks=EXPECTED_FAILURES, mark="xfail")),
    ids=name_of,
)
@pytest.mark.filterwarnings("ignore::skmiaug.exceptions.TinyClassWarning")
def test_imblearn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("augmenter", "check"),
    [
        case
        for checks in (sklearn_checks, imblearn_checks)
        for case in checks(
            GaussianAugmenter(random_state=0),
            expected_failed_checks=EXPECTED_FAILURES,
            mark="xfail",
        )
    ],
    ids=name_of,
)
@pytest.mark.filterwarnings("ignore::skmiaug.exceptions.TinyClassWarning")
def test_the_closed_form(augmenter, check):
    check(augmenter)


@pytest.mark.parametrize(
    ("aligner", "check"), list(sklearn_checks(small_aligner())), ids=name_of
)
def test_the_aligner(aligner, check):
    check(aligner)


@pytest.mark.parametrize(
    ("search", "check"),
    [
        case
        for checks in (sklearn_checks, imblearn_checks)
        for case in checks(
            small_search(), expected_failed_checks=EXPECTED_FAILURES, mark="xfail"
        )
    ],
    ids=name_of,
)
@pytest.mark.filterwarnings("ignore::skmiaug.exceptions.TinyClassWarning")
def test_the_search(search, check):
    check(search)


def test_few_failures_are_expected():
    assert len(EXPECTED_FAILURES) <= 2


@pytest.mark.parametrize(
    "check", [check_param_validation, check_dataframe_column_names_consistency]
)
def test_checks_that_the_suites_leave_out(check):
    check("MIGANAugmenter", small())
    check("GaussianAugmenter", GaussianAugmenter(random_state=0))
    check("ContrastiveAligner", small_aligner())
    check("MIGANAugmenterCV", small_search())

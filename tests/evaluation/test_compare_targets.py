"""compare_samplers and its command on votes, label sets and attributes."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    label_ranking_average_precision_score,
)
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from skmiaug import GaussianAugmenter
from skmiaug.evaluation import (
    compare_samplers,
    comparison_markdown,
    default_classifiers,
    default_samplers,
    format_comparison,
    load_comparison,
    paired_tests,
    plot_comparison,
    save_comparison,
    summarize_comparison,
)
from skmiaug.evaluation.cli import main
from skmiaug.metrics import (
    concordance_correlation_coefficient,
    jensen_shannon_distance,
    mean_absolute_error_by_band,
    plurality_f1_score,
)
from skmiaug.model_selection import LogitAdjustedClassifier, SoftLabelClassifier

NAMES = ["joy", "anger", "fear"]
FOLDS = list(KFold(3, shuffle=True, random_state=0).split(np.zeros((180, 1))))
LR = {"lr": LogisticRegression()}


@pytest.fixture(scope="module")
def rated():
    """Rows, votes of five raters, label sets, and an attribute with rare extremes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(180, 5))
    logits = 1.5 * X[:, :3] + [1, 0, -1.5]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    votes = pd.DataFrame(rng.multinomial(5, shares), columns=NAMES)
    labels = X[:, :3] + rng.normal(size=(180, 3)) > [0, 0.5, 1.5]
    attribute = X[:, 0] + X[:, 1] + 0.5 * rng.normal(size=180)
    return X, votes, pd.DataFrame(labels.astype(int), columns=NAMES), attribute


def compared(X, y, target_type, samplers, models, **options):
    options = {"cv": FOLDS, "scale": False, "on_error": "raise"} | options
    return compare_samplers(X, y, samplers, models, target_type=target_type, **options)


def one(votes):
    return np.eye(3)[votes.to_numpy().argmax(axis=1)]


# ---- figures are those of the same steps by hand


def soft(**options):
    return SoftLabelClassifier(LogisticRegression(), **options)


def plurality(X, votes):
    shares = np.sort(votes.to_numpy(), axis=1)
    clear = shares[:, -1] > shares[:, -2]
    return X[clear], one(votes)[clear]


def resampled_classes(X, votes):
    X, shares = plurality(X, votes)
    X, labels = RandomOverSampler(random_state=0).fit_resample(X, shares.argmax(axis=1))
    return X, np.eye(3)[labels]


def generated(X, votes):
    augmenter = GaussianAugmenter(target_type="distribution", random_state=0)
    return augmenter.fit_resample(X, votes.to_numpy() / 5)


@pytest.mark.parametrize(
    ("method", "model", "rows"),
    [
        (None, soft(), None),
        ("hard_labels", soft(), plurality),
        ("balanced", soft(class_weight="balanced"), None),
        ("logit_adjustment", LogitAdjustedClassifier(soft()), None),
        (RandomOverSampler(), soft(), resampled_classes),
        (GaussianAugmenter(target_type="distribution"), soft(), generated),
    ],
)
def test_votes(rated, method, model, rows):
    X, votes, _, _ = rated
    found = compared(X, votes, "distribution", {"m": method}, LR)
    for (train, test), (_, row) in zip(FOLDS, found.iterrows(), strict=True):
        part = X[train], votes.iloc[train]
        X_train, y_train = rows(*part) if rows else (part[0], part[1].to_numpy() / 5)
        fitted = model.fit(X_train, y_train)
        true, predicted = votes.iloc[test].to_numpy() / 5, fitted.predict_proba(X[test])
        assert row["macro_f1"] == pytest.approx(plurality_f1_score(true, predicted))
        assert row["jensen_shannon"] == pytest.approx(
            jensen_shannon_distance(true, predicted)
        )
        X_clear, hard = plurality(X[test], votes.iloc[test])
        uar = balanced_accuracy_score(hard.argmax(axis=1), fitted.predict(X_clear))
        assert row["uar"] == pytest.approx(uar)
        assert np.mean(list(row["recalls"].values())) == pytest.approx(uar)
        assert list(row["recalls"]) == NAMES
        assert np.sum(row["confusion"]) == len(hard)
        assert row["n_train_resampled"] == len(y_train)


def test_one_hot_shares_have_the_uar_of_classes(rated):
    X, votes, _, _ = rated
    samplers = {"none": None, "RandomOverSampler": RandomOverSampler()}
    shares = compared(X, one(votes), "distribution", samplers, LR)
    classes = compared(X, one(votes).argmax(axis=1), "multiclass", samplers, LR)
    np.testing.assert_allclose(shares["uar"], classes["uar"])
    np.testing.assert_allclose(shares["g_mean"], classes["g_mean"])


def test_classifiers_that_cannot_be_fitted_to_votes_are_not_applicable(rated):
    X, votes, _, _ = rated
    models = {"knn": KNeighborsClassifier(), "svm": SVC()}
    found = compared(X, votes, "distribution", ["none", "logit"], models)
    states = found.set_index(["classifier", "sampler"])["status"]
    assert set(states["knn"]) == {"n/a"}
    assert set(states["svm", "none"]) == {"ok"}
    assert set(states["svm", "logit adjustment"]) == {"n/a"}
    assert "KNeighborsClassifier takes no sample_weight" in set(found["message"])
    # Without probabilities there is no distance of shares.
    assert found["jensen_shannon"].isna().all()


def test_pipelines_and_searches_are_fitted_to_votes(rated):
    X, votes, _, _ = rated
    shifted = 1000 * X + 500
    search = GridSearchCV(LogisticRegression(), {"C": [1e-9, 1.0]})
    models = {"pipeline": make_pipeline(StandardScaler(), LogisticRegression())}
    models |= {"search": search, "soft": SoftLabelClassifier(LogisticRegression())}
    found = compared(shifted, votes, "distribution", ["none"], models, scale=True)
    uar = found.pivot_table("uar", "fold", "classifier")
    np.testing.assert_allclose(uar["pipeline"], uar["soft"])
    # The useless C of the grid was not chosen.
    np.testing.assert_allclose(uar["search"], uar["soft"])


def test_candidates_are_scored_by_the_main_score(rated):
    X, votes, _, _ = rated
    # Of rare classes, weights raise the UAR and lower the accuracy by about 20 points.
    search = GridSearchCV(LogisticRegression(), {"class_weight": [None, "balanced"]})
    models = {"search": search, "lr": LogisticRegression(class_weight="balanced")}
    found = compared(X, votes, "distribution", ["none"], models)
    uar = found.pivot_table("uar", "fold", "classifier")
    np.testing.assert_allclose(uar["search"], uar["lr"])


def test_labels_of_a_network_are_not_weighted_by_rows(rated):
    X, _, labels, _ = rated
    network = {"MLP": MLPClassifier((4,), max_iter=5)}
    found = compared(X, labels, "multilabel", ["none", "label weights"], network)
    assert found.groupby("sampler")["status"].unique().map(list).to_dict() == {
        "none": ["ok"],
        "label weights": ["n/a"],
    }


@pytest.mark.parametrize("weights", [False, True])
def test_label_sets(rated, weights):
    X, _, labels, _ = rated
    method = "balanced" if weights else None
    found = compared(X, labels, "multilabel", {"m": method}, LR)
    model = LogisticRegression(class_weight="balanced" if weights else None)
    for (train, test), (_, row) in zip(FOLDS, found.iterrows(), strict=True):
        fitted = OneVsRestClassifier(model).fit(X[train], labels.iloc[train])
        true, values = labels.iloc[test].to_numpy(), fitted.predict_proba(X[test])
        precision = average_precision_score(true, values, average="macro")
        ranking = label_ranking_average_precision_score(true, values)
        assert row["average_precision"] == pytest.approx(precision)
        assert row["ranking_precision"] == pytest.approx(ranking)
        hits = (fitted.predict(X[test]) * true).sum(axis=0)
        assert list(row["recalls"].values()) == pytest.approx(hits / true.sum(axis=0))


def test_a_label_that_the_test_part_lacks_is_left_out_of_the_mean(rated):
    X, _, labels, _ = rated
    test = np.flatnonzero(labels["fear"] == 0)[:40]
    fold = [(np.setdiff1d(np.arange(len(X)), test), test)]
    models = {"lr": LogisticRegression(), "knn": KNeighborsClassifier(), "svm": SVC()}
    found = compared(X, labels, "multilabel", ["none"], models, cv=fold)
    fitted = OneVsRestClassifier(LogisticRegression()).fit(
        X[fold[0][0]], labels.iloc[fold[0][0]]
    )
    expected = average_precision_score(
        labels.iloc[test, :2], fitted.predict_proba(X[test])[:, :2], average="macro"
    )
    assert found["average_precision"][0] == pytest.approx(expected)
    assert found["average_precision"].between(0.2, 1).all()
    assert [row["fear"] for row in found["recalls"]] == [None] * 3


def standardised(model, X, y, X_test, **weights):
    fitted = model.fit(X, (y - y.mean()) / y.std(), **weights)
    return fitted.predict(X_test) * y.std() + y.mean()


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("model", [Ridge(), SVR()])
def test_attributes(rated, columns, model):
    X, _, _, attribute = rated
    y = attribute if columns == 1 else np.column_stack([attribute, X[:, 2] ** 3])
    found = compared(X, y, "continuous", ["none"], {"m": model})
    low, high = y.min(axis=0), y.max(axis=0)
    for (train, test), (_, row) in zip(FOLDS, found.iterrows(), strict=True):
        parts = np.reshape(y, (180, -1)).T
        predicted = np.transpose(
            [standardised(model, X[train], part[train], X[test]) for part in parts]
        )
        true = np.reshape(y[test], (len(test), -1))
        assert row["ccc"] == pytest.approx(
            concordance_correlation_coefficient(true, predicted), rel=1e-3
        )
        scaled = [(part - low) / (high - low) for part in (true, predicted)]
        assert row["mae"] == pytest.approx(np.abs(scaled[0] - scaled[1]).mean(), rel=1e-3)
        bands = [
            mean_absolute_error_by_band(*pair, [0.2, 0.4, 0.6, 0.8])
            for pair in zip(scaled[0].T, scaled[1].T, strict=True)
        ]
        assert row["band_mae"] == pytest.approx(np.nanmean(bands), rel=1e-3)


def test_attributes_of_another_unit_have_the_same_scores(rated):
    X, _, _, attribute = rated
    models = {"svr": SVR(), "ridge": Ridge()}
    names = ["none", "weights", "random oversampling"]
    samplers = default_samplers(
        ["none", "inverse-density weights", "random oversampling"], target_type="continuous"
    )
    samplers = dict(zip(names, samplers.values(), strict=True))
    one = compared(X, attribute, "continuous", samplers, models)
    other = compared(X, 100 + 8 * attribute, "continuous", samplers, models)
    scores = ["ccc", "band_mae", "mae"]
    np.testing.assert_allclose(one[scores], other[scores], atol=1e-6)


def test_rare_attributes_count_more(rated):
    X, _, _, attribute = rated
    words = {"none": None, "w": "balanced", "r": "random_oversampling"}
    found = compared(X, attribute, "continuous", words, {"ridge": Ridge(alpha=100)})
    means = found.groupby("sampler")[["band_mae", "n_train_resampled"]].mean()
    # By several standard deviations over the folds.
    assert means["band_mae"]["w"] < 0.9 * means["band_mae"]["none"]
    assert means["band_mae"]["r"] < 0.9 * means["band_mae"]["none"]
    augmenter = GaussianAugmenter(target_type="continuous")
    number = len(augmenter.fit_resample(X[FOLDS[0][0]], attribute[FOLDS[0][0]])[1])
    own = found[(found["sampler"] == "r") & (found["fold"] == 0)]
    assert own["n_train_resampled"].item() == number
    found = compared(X, attribute, "continuous", words, {"knn": KNeighborsRegressor()})
    assert found.groupby("sampler")["status"].first()["w"] == "n/a"


# ---- folds, groups, names


def test_folds_are_stratified_by_plurality_and_groups_stay_whole(rated):
    X, votes, _, _ = rated
    seen = []

    class Recording(LogisticRegression):
        def predict_proba(self, X):
            seen.append(X[:, 0])
            return super().predict_proba(X)

    numbered = np.column_stack([np.arange(180), X])
    groups = np.arange(180) % 20
    compared(
        numbered, votes, "distribution", ["none"], {"r": Recording()}, cv=4, groups=groups
    )
    tests = [part.astype(int) for part in seen]
    assert np.array_equal(np.sort(np.concatenate(tests)), np.arange(180))
    assert all(len(np.unique(groups[part])) == 5 for part in tests)
    seen.clear()
    compared(numbered, votes, "distribution", ["none"], {"r": Recording()}, cv=4)
    counts = [np.bincount(one(votes)[part.astype(int)].argmax(axis=1)) for part in seen]
    assert np.ptp(counts, axis=0).max() <= 1


def test_samplers_of_classes_get_the_groups_of_their_rows(rated):
    X, votes, _, _ = rated
    groups, seen = np.arange(180) % 20, []

    class Recording(RandomOverSampler):
        def fit_resample(self, X, y, groups=None):
            seen.append((X[:, 0].astype(int), groups))
            return super().fit_resample(X, y)

    numbered = np.column_stack([np.arange(180), X])
    compared(numbered, votes, "distribution", {"r": Recording()}, LR, groups=groups, cv=3)
    assert len(seen) == 3
    shares = np.sort(votes.to_numpy(), axis=1)
    for rows, own in seen:
        assert (own == groups[rows]).all()
        assert (shares[rows, -1] > shares[rows, -2]).all()


def test_a_class_of_few_votes_does_not_limit_the_folds(rated):
    X, votes, _, _ = rated
    wide = votes.assign(rare=np.r_[5, np.zeros(179)])
    found = compare_samplers(X, wide, ["none"], LR, target_type="distribution")
    assert len(found) == 5
    assert set(found["status"]) == {"ok"}
    assert "no training row of class 'rare'" in "".join(found["message"])


@pytest.mark.parametrize("target_type", ["distribution", "multilabel", "continuous"])
def test_the_default_sets_run_and_can_be_combined(rated, target_type):
    X, *targets = rated
    y = dict(zip(["distribution", "multilabel", "continuous"], targets, strict=True))
    models = default_classifiers(tune=False, n_features=5, target_type=target_type)
    if "MLP" in models:
        models["MLP"].set_params(max_iter=5)
    fold = FOLDS[:1]
    found = compared(X, y[target_type], target_type, None, models, cv=fold)
    assert set(found["status"]) == {"ok"}
    assert list(found["sampler"].unique()) == list(
        default_samplers(target_type=target_type)
    )
    augmenters = found[found["sampler"].isin(["prior", "MIGANAugmenter"])]
    assert (augmenters["n_train_resampled"] > augmenters["n_train"]).all()


# ---- tables, plots, files


def test_results_of_votes_as_text_picture_and_files(rated, tmp_path):
    X, votes, _, attribute = rated
    found = compared(X, votes, "distribution", ["none", "weights", "prior"], LR)
    assert format_comparison(found).startswith("UAR % ± SD over 3 folds")
    assert "joy" in format_comparison(found, scoring="recall")
    text = format_comparison(found, scoring="jensen_shannon")
    assert text.startswith("Jensen-Shannon distance × 100 ± SD")
    assert "(the best without synthetic samples)" in comparison_markdown(found)
    save_comparison(found, tmp_path, scoring="jensen_shannon")
    pd.testing.assert_frame_equal(load_comparison(tmp_path), found, check_dtype=False)
    found = compared(X, attribute, "continuous", ["none", "prior"], {"ridge": Ridge()})
    assert plot_comparison(found).axes[0].get_xlabel().startswith("concordance correlation")
    save_comparison(found, tmp_path)
    pd.testing.assert_frame_equal(load_comparison(tmp_path), found, check_dtype=False)
    tests = paired_tests(found, "none")
    means = summarize_comparison(found).set_index(["sampler", "classifier"])
    means = means["score_percent"].unstack("sampler")["prior"]
    means -= summarize_comparison(found).query("sampler == 'none'")["score_percent"].mean()
    np.testing.assert_allclose(100 * tests["mean_difference"], means)
    with pytest.raises(ValueError, match="one of ccc, band_mae, mae; got 'uar'"):
        summarize_comparison(found, "uar")
    with pytest.raises(ValueError, match="have no confusion"):
        format_comparison(found, scoring="confusion")


# ---- bad input


@pytest.mark.parametrize(
    ("target_type", "change", "message"),
    [
        ("distribution", lambda v: v.iloc[:, 0], "'distribution' needs y of shape"),
        ("distribution", lambda v: -v, "'distribution': votes and shares are not negative"),
        ("distribution", lambda v: v * 0.3, "y must hold votes, whole numbers, or shares"),
        (
            "distribution",
            lambda v: v.assign(none=0),
            "'distribution': no row has a vote for",
        ),
        ("distribution", lambda v: v.iloc[1:], "inconsistent numbers of samples"),
        ("distribution", lambda v: None, "'distribution' requires y to be passed"),
        ("multilabel", lambda v: v, "'multilabel': y must hold 0 and 1 alone"),
        ("continuous", lambda v: v * 0, "'continuous': an attribute has the same value"),
        (
            "continuous",
            lambda v: v.replace(5, np.nan),
            "'continuous': an attribute is miss",
        ),
        ("votes", lambda v: v, "target_type must be one of multiclass, distribution,"),
    ],
)
def test_targets_of_another_type_are_named(rated, target_type, change, message):
    X, votes, _, _ = rated
    with pytest.raises(ValueError, match=message):
        compare_samplers(X, change(votes), ["none"], LR, target_type=target_type)


@pytest.mark.parametrize(
    ("target_type", "sampler", "message"),
    [
        ("distribution", "thresholds", "'hard_labels', 'balanced', 'logit_adjustment' or"),
        ("distribution", GaussianAugmenter(target_type="continuous"), "is compared as"),
        ("multilabel", "hard_labels", "must be None, 'balanced' or an object"),
        ("multilabel", RandomOverSampler(), "'s' resamples classes; target_type='multila"),
        ("continuous", GaussianAugmenter(), "has target_type='multiclass', and y is"),
        ("multiclass", GaussianAugmenter(target_type="multilabel"), "='multilabel', and y"),
    ],
)
def test_samplers_of_another_type_are_named(rated, target_type, sampler, message):
    X, votes, labels, attribute = rated
    y = {"distribution": votes, "multilabel": labels, "continuous": attribute}
    y["multiclass"] = one(votes).argmax(axis=1)
    with pytest.raises(ValueError, match=message):
        compare_samplers(X, y[target_type], {"s": sampler}, LR, target_type=target_type)


def test_names_of_another_type_are_unknown():
    with pytest.raises(ValueError, match="choose from: none, hard labels, class weights"):
        default_samplers(["thresholds"], target_type="distribution")
    with pytest.raises(ValueError, match="unknown regressor 'lda'; choose from: ridge,"):
        default_classifiers(["lda"], target_type="continuous")
    by_path = default_samplers(["skmiaug.GaussianAugmenter"], target_type="multilabel")
    assert next(iter(by_path.values())).target_type == "multilabel"


# ---- the command


@pytest.fixture
def files(rated, tmp_path):
    X, votes, labels, attribute = rated
    table = pd.DataFrame(X).add_prefix("f")
    table = pd.concat([table, votes.add_prefix("votes_"), labels], axis=1)
    table.assign(activation=attribute, speaker=np.arange(180) % 9).to_csv(
        tmp_path / "rated.csv", index=False
    )
    arrays = {"X": X, "y": votes, "labels": labels, "act": attribute, "classes": NAMES}
    np.savez(tmp_path / "rated.npz", **arrays)
    return tmp_path


def printed(capsys, *arguments):
    fast = ("--no-tune", "--cv", "3", "--samplers", "none,prior", "--classifiers")
    assert main(["compare", *map(str, arguments[:-1]), *fast, arguments[-1]]) == 0
    return capsys.readouterr().out


def test_votes_in_columns_that_a_pattern_names(files, capsys):
    path, folder = files / "rated.csv", files / "results"
    options = (
        "--target",
        "votes_*",
        "--group",
        "speaker",
        "--drop",
        "joy,anger,fear,activation",
    )
    out = printed(
        capsys, path, "--target-type", "distribution", *options, "--output", folder, "lr"
    )
    assert out.startswith(
        f"{path}: 180 rows of 5 features, 9 groups\nvotes per class, in rows"
    )
    assert "UAR % ± SD over 3 folds" in out
    found = load_comparison(folder)
    table = pd.read_csv(path)
    expected = compare_samplers(
        table.filter(regex=r"^f\d"),
        table.filter(like="votes_"),
        ["none", "prior"],
        ["lr"],
        target_type="distribution",
        cv=3,
        groups=table["speaker"],
        tune=False,
    )
    np.testing.assert_allclose(found["uar"], expected["uar"])


def test_label_sets_and_attributes_of_arrays(files, capsys):
    path = files / "rated.npz"
    out = printed(capsys, path, "--target-type", "multilabel", "--y-key", "labels", "lr")
    assert "rows per label: joy " in out
    assert "macro average precision % ± SD over 3 folds" in out
    out = printed(capsys, path, "--target-type", "continuous", "--y-key", "act", "ridge")
    assert "rows per fifth of the range: 0: " in out
    assert "concordance correlation × 100" in out
    options = (
        "--target",
        "activation",
        "--drop",
        "joy,anger,fear",
        "--scoring",
        "band_mae",
    )
    path = files / "rated.csv"
    out = printed(capsys, path, "--target-type", "continuous", *options, "ridge")
    assert "error, % of the range, mean of five bands ± SD over 3 folds" in out


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        ("", "--target-type continuous", "name the file as well"),
        ("rated.csv", "--target-type distribution", "name the columns of the targets"),
        ("rated.csv", "--target-type distribution --target vote_*", "no column 'vote_*'"),
        ("rated.csv", "--target-type multilabel --target f0,f1", "must hold 0 and 1 alone"),
        ("rated.npz", "--target-type multilabel --imbalance 1,.5", "--imbalance is for cl"),
        ("rated.npz", "--target-type distribution --prepare auto", "--prepare is for cl"),
        ("rated.npz", "--target-type distribution --scoring ccc", "one of uar, macro_f1"),
        ("rated.npz", "--target-type continuous --scoring recall", "one of ccc, band_mae"),
        ("rated.npz", "--target-type distribution --y-key classes", "expected numbers of"),
        ("rated.npz", "--target-type distribution --samplers adasyn", "unknown sampler"),
    ],
)
def test_wrong_arguments(files, capsys, file, options, message):
    given = [str(files / file)] if file else []
    assert main(["compare", *given, *options.split()]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1

"""The pages, examples and docstrings use the terms of the field, one for each thing."""

import re

import pytest

from tests.docs._pages import EXAMPLES, PAGES, ROOT, name_of

# What not to write, and what to write instead.
WORDS = {
    r"\bmade (?:rows?|samples?|ones?|pairs?|parts?|texts?|values?|data|sets?|corpus)\b":
        "synthetic samples, simulated data",
    r"\b(?:rows|what is|samples) made\b|\bmakes? (?:new |more )?rows\b":
        "generated samples",
    r"\bmade skewed\b|\bskewed\b": "imbalanced",
    r"\bcopying rows\b|\bcopies of (?:rare )?rows\b|\| copies \|": "random oversampling",
    r"\bthe start\b(?!-)|\b[Gg]aussian start\b|\bstart alone\b": "the prior",
    r"\bleash": "residual_penalty",
    r"`spread`|\bspread_\b|\bspread=": "bandwidth",
    r"`rejection`|\brejection=": "rejection_rate",
    r"residual_strength|\bstrength of the residual": "residual_scale_",
    r"\blooks? at (?:the )?held-out|\b(?:five|each|more) looks?\b": "validation check",
    r"\bscore_curve_|\bheld_out_score_|(?<!train_)(?<!pair_)\bmi_curve_":
        "validation_scores_, best_validation_score_, train_mi_curve_",
    r"ceiling": "upper bound, ..._max_",
    r"\btaught\b|\bteach(?:es|ing)?\b": "TSTR score, improve, train",
    r"\bplayers?\b|\bthe game\b": "generator and critic, training",
    r"\bcoherence\b": "cross-covariance",
    r"\bprobes?\b": "validation scorer",
    r"\bteams?\b": "process group",
    r"\bstrangers?\b|\bpartners?\b": "positive and negative pairs",
    r"\btell(?:s|ing)? of\b|\bto say of\b|\bsays? (?:nothing )?(?:of|hardly)\b":
        "informs, indicates",
    r"\bc(?:omes?|ame) to \d": "reaches",
    r"\brivals?\b|\bhonest\b": "baselines",
    r"\bbetter off with\b|\bare to go with\b|\bof use\b": "plain English",
    r"MIWeightSearchCV": "GridSearchCV over mi_weight, MIGANAugmenterCV",
}  # fmt: skip

# The other packages are being revised: add them when done.
PACKAGES = ("base", "nn", "over_sampling", "representation", "training/gan")
SKIPPED = {"docs/terms.md"}

FILES = [
    path
    for path in [
        *PAGES,
        *EXAMPLES,
        ROOT / "CITATION.cff",
        *sorted(p for name in PACKAGES for p in (ROOT / "skmiaug" / name).rglob("*.py")),
    ]
    if name_of(path) not in SKIPPED
]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_words_are_those_of_the_field(path):
    text = path.read_text(encoding="utf-8")
    found = [
        f"{match[0]!r} on line {text[: match.start()].count(chr(10)) + 1}: write {better}"
        for pattern, better in WORDS.items()
        for match in re.finditer(pattern.replace(" ", r"\s+"), text)
    ]
    assert not found


def test_every_pattern_finds_what_it_is_for():
    old = """made rows; rows made; made skewed; copying rows; the start; leash; `spread`;
    `rejection`; residual_strength_; looks at held-out rows; score_curve_;
    mi_curve_ceiling_; taught; players; coherence; probe; team;
    strangers; tells of; comes to 3; rivals;
    better off with; MIWeightSearchCV"""
    missed = [pattern for pattern in WORDS if not re.search(pattern, old)]
    assert not missed

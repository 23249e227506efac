"""Pages, examples, docstrings, help and messages use the terms of the field."""

import re
import tokenize

import pytest

from tests.docs._pages import EXAMPLES, PAGES, ROOT, name_of

_PROSE = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)}

# What not to write, and what to write instead.
WORDS = {
    r"\bmade (?:rows?|samples?|ones?|pairs?|parts?|texts?|values?|data|sets?|corpus)\b":
        "synthetic samples, simulated data",
    r"\b(?:rows|what is|samples) made\b|\bmakes? (?:new |more )?rows\b":
        "generated samples",
    r"\bmade skewed\b|\bskewed\b": "imbalanced",
    r"\bcopying rows\b|\bcopies of (?:rare )?rows\b|\| copies \|": "random oversampling",
    r"(?<!from.)\bthe start\b(?!-)|\b[Gg]aussian start\b|\bstart alone\b": "the prior",
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
    r"\bof a dog\b|\bversion and leave\b|\bwhat \w+ is what\b": "plain English",
    r"\bsays\b|\bcomes to\b(?! \w+ing)": "indicates, states, reaches",
    r"\bbeside\b": "compared with, next to, with",
    r"\bgood / look / bad\b": "pass / warn / fail",
    r"MIWeightSearchCV": "GridSearchCV over mi_weight, MIGANAugmenterCV",
}  # fmt: skip

SKIPPED = {"docs/terms.md", "tests/docs/test_words.py"}
FILES = [
    path
    for path in [
        *PAGES,
        *EXAMPLES,
        ROOT / "CHANGELOG.md",
        ROOT / "CITATION.cff",
        *sorted((ROOT / "skmiaug").rglob("*.py")),
        *sorted((ROOT / "tests").rglob("*.py")),
    ]
    if name_of(path) not in SKIPPED
]


def written(path):
    """The text of a page; of code the comments, docstrings, help and messages."""
    if path.suffix != ".py":
        return path.read_text(encoding="utf-8")
    lines: list[str] = []
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type in _PROSE:
                lines += [""] * (token.start[0] - len(lines) - 1)
                lines.append(token.string)
    return "\n".join(lines)


FOLDERS = sorted({path.parent for path in FILES})


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_the_words_are_those_of_the_field(folder):
    found = [
        f"{match[0]!r} on line {text[: match.start()].count(chr(10)) + 1} of {path.name}: "
        f"write {better}"
        for path in FILES
        if path.parent == folder
        for text in [written(path)]
        for pattern, better in WORDS.items()
        for match in re.finditer(pattern.replace(" ", r"\s+"), text)
    ]
    assert not found


def test_every_pattern_finds_what_it_is_for():
    old = """made rows; rows made; made skewed; copying rows; the start; leash; `spread`;
    `rejection`; residual_strength_; looks at held-out rows; score_curve_;
    mi_curve_ceiling_; taught; players; coherence; probe; team;
    strangers; tells of; comes to 3; rivals;
    better off with; MIWeightSearchCV; 0.37 of a dog; it says; beside;
    good / look / bad"""
    missed = [pattern for pattern in WORDS if not re.search(pattern, old)]
    assert not missed

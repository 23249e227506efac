"""The messages that the troubleshooting page explains are those of the code."""

import ast
import re

import pytest

from tests.docs._pages import DOCS, ROOT

PAGE = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
OURS, OTHERS = [], []
for term in re.findall(r"^(`.+)\n: ", PAGE, flags=re.MULTILINE):
    message, _, note = term.strip("`").partition("`")
    (OTHERS if re.search(r"\((scikit|imbalanced)-learn\)", note) else OURS).append(message)


def texts_of_the_code():
    """All literal text in skmiaug, the parts of f-strings joined with a hole between."""
    found = []
    for path in (ROOT / "skmiaug").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    v.value if isinstance(v, ast.Constant) else "…" for v in node.values
                ]
                found.append("".join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


@pytest.fixture(scope="module")
def texts():
    return texts_of_the_code()


@pytest.mark.parametrize("message", OURS)
def test_the_message_exists(message, texts):
    # Pieces between the holes, of a message that may be built from several strings.
    pieces = [piece.strip(" '\"") for piece in message.split("…")]
    missing = [p for p in pieces if len(p) > 3 and not any(p in text for text in texts)]
    assert not missing


def test_most_of_the_page_is_about_our_own_messages():
    assert len(OURS) >= 30
    assert len(OTHERS) >= 3

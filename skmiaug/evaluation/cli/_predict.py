"""``skmiaug predict``: classes and probabilities of new rows."""

import argparse
import sys
from typing import Any

import numpy as np
import pandas as pd

from skmiaug.evaluation.cli._parser import UsageError
from skmiaug.evaluation.cli._recordings import find_audio
from skmiaug.evaluation.cli._saved_model import load_model, version_note
from skmiaug.evaluation.cli._shared import check_output, show
from skmiaug.evaluation.features import FileOptions, read_unlabelled
from skmiaug.utils.files._atomic import write_text_atomically
from skmiaug.utils.files._untrusted import safe_cell


def run(args: argparse.Namespace) -> int:
    """Load, read, predict, write."""
    target = check_output(args.output, overwrite=args.overwrite)
    if not args.quiet:
        print(
            f"skmiaug: note: loading {args.model_file} runs whatever code it holds; use "
            "only models of your own, or of people you trust.",
            file=sys.stderr,
        )
    model = load_model(args.model_file)
    note = version_note(model)
    if note and not args.quiet:
        print(f"skmiaug: note: {note}", file=sys.stderr)
    try:
        table = _predicted(args, model)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error
    write_text_atomically(target, table.to_csv(index=False, lineterminator="\n"))
    if not args.quiet:
        counts = table["predicted"].value_counts()
        show(", ".join(f"{name} {count}" for name, count in counts.items()))
        show(f"written: {target}")
    return 0


def _predicted(args: argparse.Namespace, model: dict[str, Any]) -> pd.DataFrame:
    search, extractor = model["search"], model["extractor"]
    table: dict[str, Any] = {}
    if extractor is not None:
        files = find_audio(args.inputs, args.audio_column)
        X = extractor.transform(files)
        table["file"] = [safe_cell(name) for name in files]
    else:
        if len(args.inputs) > 1:
            raise UsageError(f"expected one file of features; got {len(args.inputs)}.")
        options = FileOptions(**model["options"])
        X = read_unlabelled(
            args.inputs[0], options, model["columns"], search.n_features_in_
        )
        table["row"] = np.arange(len(X))
    table["predicted"] = [safe_cell(label) for label in search.predict(X).tolist()]
    if hasattr(search, "predict_proba"):
        for label, column in zip(search.classes_, search.predict_proba(X).T, strict=True):
            table[str(safe_cell(f"probability_{label}"))] = column
    return pd.DataFrame(table)

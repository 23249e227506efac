"""The aligned space: how it is fitted, how rows come into it and are found in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from numbers import Integral
from typing import Any

import numpy as np
import torch
from scipy.stats import entropy
from sklearn.preprocessing import normalize
from torch import Tensor

from skmiaug.base import (
    Session,
    checked_layer_sizes,
    register_state,
    require_state,
    torch_defaults,
    validation_mask,
)
from skmiaug.nn import AlignmentNetwork, shared_code
from skmiaug.representation._scale import FeatureScale
from skmiaug.training import (
    AlignmentBatch,
    AlignmentBatches,
    AlignmentModel,
    AlignmentRecord,
    AlignmentWeights,
    alignment_score,
    train_alignment,
)
from skmiaug.utils._device import precision, resolve_precision
from skmiaug.utils._random import isolated_torch_seed, numpy_generator, torch_generator

EVAL_INTERVAL = 25
_HOLD_OUT, _WEIGHTS, _BATCHES = range(3)
_MAX_HELD_OUT = 4096
_CHUNK_ROWS = 4096
# Cosines at a time, 32 MiB; all those of 100,000 rows would be 80 GB.
_CHUNK_CELLS = 2**22
# Cosines nearer than this are tied: equal rows may differ in their last bits.
_TIE = 1e-9

register_state(AlignmentNetwork)


@register_state
@dataclass
class AlignedSpace:
    """A fitted space."""

    scales: tuple[FeatureScale, ...]  # One for each modality
    # On the CPU, in float64, so that the codes of a row do not depend on the rows it comes
    # with
    network: AlignmentNetwork

    def check(self) -> None:
        widths = tuple(len(scale.center) for scale in self.scales)
        require_state(widths == self.network.n_features, "scales")
        require_state(self.network.log_scale.dtype == torch.float64, "network")

    @torch_defaults()
    def codes(
        self, X: np.ndarray, columns: Sequence[np.ndarray], present: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Project rows (n, n_features), of which ``present`` (n, n_modalities) are there.

        Returns the codes (n, n_modalities, n_components), not meaningful where a modality
        is missing, and the shared codes (n, n_components), both on the sphere in float64.
        """
        codes, shared = [], []
        for begin in range(0, len(X), _CHUNK_ROWS):
            chunk = slice(begin, begin + _CHUNK_ROWS)
            rows = [
                torch.from_numpy(scale.transform(X[chunk], own, np.float64)[0])
                for scale, own in zip(self.scales, columns, strict=True)
            ]
            with torch.inference_mode():
                parts = self.network.codes(rows)
                both = shared_code(parts, torch.from_numpy(present[chunk]))
                codes.append(torch.stack(parts, dim=1).numpy())
                shared.append(both.numpy())
        return np.concatenate(codes), np.concatenate(shared)


def largest_product(aligner: Any, n_features: int) -> int:
    """Multiply-adds of the largest matrix product of a training step."""
    hidden = checked_layer_sizes(aligner.hidden_layer_sizes)
    widths = (n_features, *hidden, aligner.n_components)
    return aligner.batch_size * max(a * b for a, b in pairwise(widths))


def fit_space(
    aligner: Any,
    X: np.ndarray,
    present: np.ndarray,
    classes: np.ndarray,
    modalities: dict[str, np.ndarray],
    session: Session,
    groups: np.ndarray | None,
) -> tuple[AlignedSpace, AlignmentRecord, tuple[float | None, float]]:
    """Fit scales and network by the parameters of ``aligner``.

    ``present`` (n, n_modalities) marks the modalities that a row has, ``classes`` (n,) are
    indices, each at least once, ``modalities`` the columns of each, and rows of one of the
    ``groups`` (n,) are held out together. Returns the space, the record of the run, and
    what :func:`validation_information` returns.
    """
    seed, device = session.seed, session.device
    columns = tuple(modalities.values())
    scales = tuple(FeatureScale.fit(X, own) for own in columns)
    rows = AlignmentBatch(
        tuple(
            torch.from_numpy(scale.transform(X, own)[0]).to(device)
            for scale, own in zip(scales, columns, strict=True)
        ),
        None if present.all() else torch.from_numpy(present).to(device),
        torch.from_numpy(classes).to(device),
    )
    held = validation_mask(
        classes,
        aligner.validation_fraction,
        numpy_generator(seed, _HOLD_OUT),
        groups=groups,
    )
    kept = rows.take(torch.from_numpy(np.flatnonzero(~held)).to(device))
    parts = _validation_parts(rows, held, aligner.batch_size, seed)
    shares = np.bincount(classes) / len(classes)
    weights = _weights(aligner, shares, device)
    model = _model(aligner, columns, len(shares), session)
    draws = torch_generator(seed, _BATCHES, device)
    record = train_alignment(
        model,
        AlignmentBatches(kept, aligner.batch_size, draws, aligner.dropout),
        weights,
        session.loop(alignment_score(parts, weights)),
    )
    information = validation_information(model.network, parts, shares, weights)
    network = model.network.cpu().double().eval().requires_grad_(False)
    return AlignedSpace(scales, network), record, information


def _weights(aligner: Any, shares: np.ndarray, device: torch.device) -> AlignmentWeights:
    return AlignmentWeights(
        classification=aligner.classification_weight,
        contrastive=aligner.contrastive_weight,
        information=aligner.mi_weight,
        same_class=aligner.same_class,
        entropy=_class_entropy(shares),
        autocast=resolve_precision(aligner.precision, device),
    )


def _model(
    aligner: Any, columns: Sequence[np.ndarray], n_classes: int, session: Session
) -> AlignmentModel:
    """The untrained network, on the device, and its optimiser."""
    torch_seed = int(numpy_generator(session.seed, _WEIGHTS).integers(2**31))
    with isolated_torch_seed(torch_seed):
        network = AlignmentNetwork(
            [len(own) for own in columns],
            n_classes,
            int(aligner.n_components),
            checked_layer_sizes(aligner.hidden_layer_sizes),
            aligner.temperature,
        )
    return AlignmentModel.build(
        network.to(session.device),
        learning_rate=aligner.learning_rate,
        weight_decay=aligner.weight_decay,
    )


def _validation_parts(
    rows: AlignmentBatch, held: np.ndarray, batch_size: int, seed: int
) -> list[AlignmentBatch]:
    """The held-out rows, shuffled, in parts of about the size of a batch."""
    which = numpy_generator(seed, _HOLD_OUT).permutation(np.flatnonzero(held))
    which = which[:_MAX_HELD_OUT]
    if len(which) == 0:
        return []
    n_parts = max(round(len(which) / batch_size), 1)
    device = rows.classes.device
    return [
        rows.take(torch.from_numpy(part).to(device))
        for part in np.array_split(which, n_parts)
    ]


def validation_information(
    network: AlignmentNetwork,
    parts: Sequence[AlignmentBatch],
    shares: np.ndarray,
    weights: AlignmentWeights,
) -> tuple[float | None, float]:
    """Lower bound of I(c; shared code) on held-out rows, and its maximum, nats.

    The bound is H(c) + E[log q(c | shared code)], in which both terms are of one
    distribution: the classes among the held-out rows ``parts``, by their ``shares`` of all
    rows (n_classes,). Classes too small to be split do not count, for q of them is unknown.
    The bound is None without held-out rows, and where q was not trained as its term has no
    weight; the maximum is H(c) of the classes that are held out, of all where none are.
    """
    if not parts:
        return None, _class_entropy(shares)
    classes = torch.cat([part.classes for part in parts]).cpu().numpy()
    held = np.unique(classes)
    likely = shares[held] / shares[held].sum()
    if weights.information == 0:
        return None, _class_entropy(likely)
    with torch.inference_mode():
        log_q = torch.cat([_log_q(network, part, weights) for part in parts])
    by_row = log_q.double().cpu().numpy()
    by_class = np.array([by_row[classes == c].mean() for c in held])
    return _class_entropy(likely) + float(likely @ by_class), _class_entropy(likely)


def _log_q(
    network: AlignmentNetwork, part: AlignmentBatch, weights: AlignmentWeights
) -> Tensor:
    with precision(part.classes.device, weights.autocast):
        logits = network(part.rows, part.present).shared_logits
    return logits.log_softmax(dim=1).gather(1, part.classes[:, None])[:, 0]


def _class_entropy(shares: np.ndarray) -> float:
    return float(entropy(shares))


# ---- retrieval


def recall_at(
    queries: np.ndarray, candidates: np.ndarray, k: Sequence[int]
) -> dict[int, float]:
    """Share of queries whose own candidate is among the k of highest cosine.

    Candidates as near as a query's own are in no order: the share is the expected one when
    they are shuffled, so that equal codes give chance, k / n. Row i of ``queries``
    (n, n_components) belongs to row i of ``candidates``; returns the recall by k.
    """
    queries, candidates = (
        normalize(rows.astype(np.float64)) for rows in (queries, candidates)
    )
    hits = dict.fromkeys(k, 0.0)
    n_rows = max(_CHUNK_CELLS // len(candidates), 1)
    for begin in range(0, len(queries), n_rows):
        cosines = queries[begin : begin + n_rows] @ candidates.T
        own = cosines[np.arange(len(cosines)), begin + np.arange(len(cosines))][:, None]
        nearer = (cosines > own + _TIE).sum(axis=1)
        level = (np.abs(cosines - own) <= _TIE).sum(axis=1)
        for n in hits:
            hits[n] += float(np.clip((n - nearer) / level, 0.0, 1.0).sum())
    return {n: hit / len(queries) for n, hit in hits.items()}


def score_pairs(
    codes: np.ndarray, present: np.ndarray, names: Sequence[str], k: Sequence[int]
) -> dict[str, float]:
    """Recall at each k from each modality to each other, over the rows that have both.

    Codes are (n, n_modalities, n_components), ``present`` is (n, n_modalities) and keys of
    the result are such as ``"audio_to_text_at_5"``. Raises a ValueError if there is only
    one modality, no row has both of two, or ``k`` is not a list of numbers.
    """
    ks = list(k) if np.iterable(k) else []
    if not ks or any(not isinstance(n, Integral) or n < 1 for n in ks):
        raise ValueError(f"k must list whole numbers above 0, as in k=(1, 5), got {k!r}.")
    if len(names) < 2:
        raise ValueError(
            "Retrieval needs two modalities, and this aligner was fitted with one. Set "
            "modalities."
        )
    scores: dict[str, float] = {}
    for i, j in permutations(range(len(names)), 2):
        whole = present[:, i] & present[:, j]
        if not whole.any():
            raise ValueError(
                f"No row of X has both {names[i]!r} and {names[j]!r}. Give rows that have "
                "both."
            )
        recall = recall_at(codes[whole, i], codes[whole, j], ks)
        scores |= {f"{names[i]}_to_{names[j]}_at_{n}": r for n, r in recall.items()}
    return scores

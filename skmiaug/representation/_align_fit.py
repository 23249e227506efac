"""From rows and settings to an aligned space."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from skmiaug.nn import AlignmentNetwork, shared_code
from skmiaug.representation._align_information import (
    HeldOutInformation,
    held_out_information,
)
from skmiaug.representation._align_rows import ModalityScale
from skmiaug.representation._align_settings import EVAL_INTERVAL, AlignSettings
from skmiaug.representation._hold_out import held_out_rows
from skmiaug.representation._session import Session
from skmiaug.training import (
    AlignmentBatch,
    AlignmentBatches,
    AlignmentModel,
    AlignmentRecord,
    AlignmentWeights,
    EarlyStopping,
    alignment_score,
    build_alignment,
    take_rows,
    train_alignment,
)
from skmiaug.utils._random import numpy_generator, torch_generator
from skmiaug.utils._threads import cpu_threads_for

_HOLD_OUT, _WEIGHTS, _BATCHES = range(3)
_MOST_HELD_OUT = 4096
_CHUNK_ROWS = 4096


@dataclass
class AlignedSpace:
    """A fitted space: how rows come into it.

    Attributes
    ----------
    scales : tuple of ModalityScale
        One for each modality.
    network : AlignmentNetwork
        On the CPU, in float64, so that the codes of a row do not depend on the rows it
        comes with.
    """

    scales: tuple[ModalityScale, ...]
    network: AlignmentNetwork

    def codes(self, X: np.ndarray, present: np.ndarray) -> tuple[Tensor, Tensor]:
        """Project rows.

        Parameters
        ----------
        X : ndarray of shape (n, n_features)
        present : ndarray of shape (n, n_modalities), bool

        Returns
        -------
        codes : Tensor of shape (n, n_modalities, n_components), float64
            On the sphere; what stands where a modality is missing means nothing.
        shared : Tensor of shape (n, n_components), float64
            Mean direction of those that are there.
        """
        begins = range(0, len(X), _CHUNK_ROWS)
        parts = [slice(begin, begin + _CHUNK_ROWS) for begin in begins]
        chunks = [self._codes(X[part], present[part]) for part in parts]
        codes, shared = zip(*chunks, strict=True)
        return torch.cat(codes), torch.cat(shared)

    def _codes(self, X: np.ndarray, present: np.ndarray) -> tuple[Tensor, Tensor]:
        rows = [
            torch.from_numpy(scale.transform(X, there, np.float64))
            for scale, there in zip(self.scales, present.T, strict=True)
        ]
        with torch.inference_mode():
            codes = self.network.codes(rows)
            return torch.stack(codes, dim=1), shared_code(codes, torch.from_numpy(present))


@dataclass
class FittedSpace:
    """What a fit returns.

    Attributes
    ----------
    space : AlignedSpace
    record : AlignmentRecord
    information : HeldOutInformation
    temperature : float
        What was learned.
    """

    space: AlignedSpace
    record: AlignmentRecord
    information: HeldOutInformation
    temperature: float


def fit_space(
    X: np.ndarray,
    present: np.ndarray,
    classes: np.ndarray,
    modalities: dict[str, np.ndarray],
    settings: AlignSettings,
    session: Session,
    device: torch.device,
) -> FittedSpace:
    """Fit scales and network.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
    present : ndarray of shape (n, n_modalities), bool
    classes : ndarray of shape (n,)
        Class indices, each of 0 to the highest at least once.
    modalities : dict of str to ndarray
        Columns of each modality.
    settings : AlignSettings
    session : Session
    device : torch.device
    """
    scales = tuple(
        ModalityScale.fit(X, columns, there)
        for columns, there in zip(modalities.values(), present.T, strict=True)
    )
    rows = _to_device(X, present, classes, scales, device)
    held = held_out_rows(
        classes, settings.validation_fraction, numpy_generator(session.seed, _HOLD_OUT)
    )
    kept = take_rows(rows, torch.from_numpy(np.flatnonzero(~held)).to(device))
    held_out = _parts(rows, held, settings.batch_size, session.seed)
    widest = max(len(columns) for columns in modalities.values())
    shares = np.bincount(classes) / len(classes)
    weights = _weights(shares, settings)
    with cpu_threads_for(settings.largest_product(widest), device):
        model = _build(rows, classes, settings, session.seed, device)
        record = train_alignment(
            model,
            AlignmentBatches(
                kept,
                settings.batch_size,
                torch_generator(session.seed, _BATCHES, device),
                settings.dropout,
            ),
            weights,
            max_iter=settings.max_iter,
            eval_interval=EVAL_INTERVAL,
            stopping=EarlyStopping(settings.n_iter_no_change, settings.tol),
            events=session.events(alignment_score(held_out, weights)),
        )
        information = held_out_information(model.network, held_out, shares, weights)
    network = model.network.cpu().double().eval()
    return FittedSpace(
        AlignedSpace(scales, network),
        record,
        information,
        float((-network.log_scale.detach()).exp()),
    )


def _to_device(
    X: np.ndarray,
    present: np.ndarray,
    classes: np.ndarray,
    scales: tuple[ModalityScale, ...],
    device: torch.device,
) -> AlignmentBatch:
    return AlignmentBatch(
        tuple(
            torch.from_numpy(scale.transform(X, there, np.float32)).to(device)
            for scale, there in zip(scales, present.T, strict=True)
        ),
        None if present.all() else torch.from_numpy(present).to(device),
        torch.from_numpy(classes).to(device),
    )


def _parts(
    rows: AlignmentBatch, held: np.ndarray, batch_size: int, seed: int
) -> list[AlignmentBatch]:
    """The held-out rows, shuffled, in parts of about the size of a batch."""
    which = numpy_generator(seed, _HOLD_OUT).permutation(np.flatnonzero(held))
    which = which[:_MOST_HELD_OUT]
    if len(which) == 0:
        return []
    n_parts = max(round(len(which) / batch_size), 1)
    device = rows.classes.device
    return [
        take_rows(rows, torch.from_numpy(part).to(device))
        for part in np.array_split(which, n_parts)
    ]


def _weights(shares: np.ndarray, settings: AlignSettings) -> AlignmentWeights:
    return AlignmentWeights(
        classification=settings.classification_weight,
        contrastive=settings.contrastive_weight,
        information=settings.mi_weight,
        same_class=settings.same_class,
        entropy=float(-(shares * np.log(shares)).sum()),
        autocast=settings.autocast,
    )


def _build(
    rows: AlignmentBatch,
    classes: np.ndarray,
    settings: AlignSettings,
    seed: int,
    device: torch.device,
) -> AlignmentModel:
    return build_alignment(
        n_features=[part.shape[1] for part in rows.rows],
        n_classes=int(classes.max()) + 1,
        n_components=settings.n_components,
        hidden_layer_sizes=settings.hidden_layer_sizes,
        temperature=settings.temperature,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        seed=int(numpy_generator(seed, _WEIGHTS).integers(2**31)),
        device=device,
    )

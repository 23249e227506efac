"""Training loops: they take modules, tensors and callbacks, and return records."""

from skmiaug.training.alignment._loop import (
    AlignmentBatches,
    AlignmentRecord,
    alignment_score,
    take_rows,
    train_alignment,
)
from skmiaug.training.alignment._model import AlignmentModel, build_alignment
from skmiaug.training.alignment._step import (
    AlignmentBatch,
    AlignmentWeights,
    align_step,
    alignment_terms,
)
from skmiaug.training.loop._checkpoint import Checkpoint
from skmiaug.training.loop._model_state import ModelState
from skmiaug.training.loop._record import RunRecord
from skmiaug.training.loop._run import TrainingEvents, run_loop
from skmiaug.training.loop._stopping import EarlyStopping
from skmiaug.training.sequences._batches import SequenceBatches, in_chunks
from skmiaug.training.sequences._embedding import embed_all
from skmiaug.training.sequences._head_start import solve_head
from skmiaug.training.sequences._label_task import LabelledSet, LabelSettings, LabelTask
from skmiaug.training.sequences._loop import SequenceRecord, train_sequences
from skmiaug.training.sequences._masked_task import (
    MaskedTask,
    MaskingSettings,
    restoration_loss,
)
from skmiaug.training.sequences._masking import REPLACEMENTS, corrupt, draw_spans
from skmiaug.training.sequences._model import (
    RateSchedule,
    SequenceModel,
    build_sequence_model,
)
from skmiaug.training.sequences._set import SequenceBatch, SequenceSet

__all__ = [
    "REPLACEMENTS",
    "AlignmentBatch",
    "AlignmentBatches",
    "AlignmentModel",
    "AlignmentRecord",
    "AlignmentWeights",
    "Checkpoint",
    "EarlyStopping",
    "LabelSettings",
    "LabelTask",
    "LabelledSet",
    "MaskedTask",
    "MaskingSettings",
    "ModelState",
    "RateSchedule",
    "RunRecord",
    "SequenceBatch",
    "SequenceBatches",
    "SequenceModel",
    "SequenceRecord",
    "SequenceSet",
    "TrainingEvents",
    "align_step",
    "alignment_score",
    "alignment_terms",
    "build_alignment",
    "build_sequence_model",
    "corrupt",
    "draw_spans",
    "embed_all",
    "in_chunks",
    "restoration_loss",
    "run_loop",
    "solve_head",
    "take_rows",
    "train_alignment",
    "train_sequences",
]

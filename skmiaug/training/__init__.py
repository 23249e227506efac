"""Training loops: they take modules, tensors and callbacks, and return records."""

from skmiaug.training.alignment._alignment import (
    AlignmentBatch,
    AlignmentBatches,
    AlignmentModel,
    AlignmentRecord,
    AlignmentWeights,
    align_step,
    alignment_score,
    alignment_terms,
    train_alignment,
)
from skmiaug.training.loop._checkpoint import Checkpoint
from skmiaug.training.loop._run import EarlyStopping, RunRecord, TrainingEvents
from skmiaug.training.sequences._data import (
    SequenceBatch,
    SequenceBatches,
    SequenceSet,
    in_chunks,
)
from skmiaug.training.sequences._model import (
    SequenceModel,
    SequenceRecord,
    build_sequence_model,
    embed_all,
    rate_factor,
    train_sequences,
)
from skmiaug.training.sequences._tasks import (
    REPLACEMENTS,
    LabelledSet,
    LabelTask,
    MaskedTask,
    corrupt,
    draw_spans,
)

__all__ = [
    "REPLACEMENTS",
    "AlignmentBatch",
    "AlignmentBatches",
    "AlignmentModel",
    "AlignmentRecord",
    "AlignmentWeights",
    "Checkpoint",
    "EarlyStopping",
    "LabelTask",
    "LabelledSet",
    "MaskedTask",
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
    "build_sequence_model",
    "corrupt",
    "draw_spans",
    "embed_all",
    "in_chunks",
    "rate_factor",
    "train_alignment",
    "train_sequences",
]

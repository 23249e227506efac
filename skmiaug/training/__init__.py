"""Training loops: they take modules, tensors and callbacks, and return records."""

# ruff: noqa: F401 (the imports are the names of this package)

from skmiaug.training.alignment import (
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
from skmiaug.training.loop._run import (
    EarlyStopping,
    LoopParameters,
    RunRecord,
)
from skmiaug.training.sequences._model import (
    SequenceBatch,
    SequenceBatches,
    SequenceModel,
    SequenceRecord,
    SequenceSet,
    build_sequence_model,
    embed_all,
    in_chunks,
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

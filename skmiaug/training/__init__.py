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
from skmiaug.training.gan._batches import GanBatches, draw_start, pull_of
from skmiaug.training.gan._distributed import ProcessTeam, Team
from skmiaug.training.gan._joint_batches import JointBatch, JointBatches, JointLayout
from skmiaug.training.gan._joint_step import (
    excess,
    generate,
    joint_step,
    judge,
    less_margin,
)
from skmiaug.training.gan._loop import GanRecord, JointRecord, train_gan, train_joint_gan
from skmiaug.training.gan._pairs import Pairs, read_pairs
from skmiaug.training.gan._players import (
    GanPlayers,
    JointPlayers,
    build_joint_players,
    build_players,
)
from skmiaug.training.gan._stack import GanStack, StackBatches, stack_players
from skmiaug.training.gan._stack_loop import StackedModel, train_gan_stack
from skmiaug.training.gan._step import GanWeights, gan_step
from skmiaug.training.loop._checkpoint import Checkpoint
from skmiaug.training.loop._model_state import ModelState
from skmiaug.training.loop._record import RunRecord
from skmiaug.training.loop._run import TrainingEvents, run_loop
from skmiaug.training.loop._stopping import EarlyStopping
from skmiaug.training.sequences._data import (
    SequenceBatch,
    SequenceBatches,
    SequenceSet,
    in_chunks,
)
from skmiaug.training.sequences._labels import (
    LabelledSet,
    LabelSettings,
    LabelTask,
)
from skmiaug.training.sequences._model import (
    RateSchedule,
    SequenceModel,
    SequenceRecord,
    build_sequence_model,
    embed_all,
    train_sequences,
)
from skmiaug.training.sequences._restoring import (
    REPLACEMENTS,
    MaskedTask,
    MaskingSettings,
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
    "GanBatches",
    "GanPlayers",
    "GanRecord",
    "GanStack",
    "GanWeights",
    "JointBatch",
    "JointBatches",
    "JointLayout",
    "JointPlayers",
    "JointRecord",
    "LabelSettings",
    "LabelTask",
    "LabelledSet",
    "MaskedTask",
    "MaskingSettings",
    "ModelState",
    "Pairs",
    "ProcessTeam",
    "RateSchedule",
    "RunRecord",
    "SequenceBatch",
    "SequenceBatches",
    "SequenceModel",
    "SequenceRecord",
    "SequenceSet",
    "StackBatches",
    "StackedModel",
    "Team",
    "TrainingEvents",
    "align_step",
    "alignment_score",
    "alignment_terms",
    "build_joint_players",
    "build_players",
    "build_sequence_model",
    "corrupt",
    "draw_spans",
    "draw_start",
    "embed_all",
    "excess",
    "gan_step",
    "generate",
    "in_chunks",
    "joint_step",
    "judge",
    "less_margin",
    "pull_of",
    "read_pairs",
    "run_loop",
    "stack_players",
    "train_alignment",
    "train_gan",
    "train_gan_stack",
    "train_joint_gan",
    "train_sequences",
]

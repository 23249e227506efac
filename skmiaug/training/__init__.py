"""Training loops: they take modules, tensors and callbacks, and return records."""

from skmiaug.training._align_loop import (
    AlignmentBatches,
    AlignmentRecord,
    alignment_score,
    take_rows,
    train_alignment,
)
from skmiaug.training._align_model import AlignmentModel, build_alignment
from skmiaug.training._align_step import (
    AlignmentBatch,
    AlignmentWeights,
    align_step,
    alignment_terms,
)
from skmiaug.training._checkpoint import Checkpoint
from skmiaug.training._distributed import ProcessTeam, Team
from skmiaug.training._gan_batches import GanBatches, draw_start, pull_of
from skmiaug.training._gan_joint_batches import JointBatch, JointBatches, JointLayout
from skmiaug.training._gan_joint_step import (
    excess,
    generate,
    joint_step,
    judge,
    less_margin,
)
from skmiaug.training._gan_loop import GanRecord, JointRecord, train_gan, train_joint_gan
from skmiaug.training._gan_pairs import Pairs, read_pairs
from skmiaug.training._gan_players import (
    GanPlayers,
    JointPlayers,
    build_joint_players,
    build_players,
)
from skmiaug.training._gan_stack import GanStack, StackBatches, stack_players
from skmiaug.training._gan_stack_loop import StackedModel, train_gan_stack
from skmiaug.training._gan_step import GanWeights, gan_step
from skmiaug.training._loop import TrainingEvents, run_loop
from skmiaug.training._model_state import ModelState
from skmiaug.training._record import RunRecord
from skmiaug.training._sequence_batches import SequenceBatches, in_chunks
from skmiaug.training._sequence_embedding import embed_all
from skmiaug.training._sequence_head_start import solve_head
from skmiaug.training._sequence_label_task import LabelledSet, LabelSettings, LabelTask
from skmiaug.training._sequence_loop import SequenceRecord, train_sequences
from skmiaug.training._sequence_masked_task import (
    MaskedTask,
    MaskingSettings,
    restoration_loss,
)
from skmiaug.training._sequence_masking import REPLACEMENTS, corrupt, draw_spans
from skmiaug.training._sequence_model import (
    RateSchedule,
    SequenceModel,
    build_sequence_model,
)
from skmiaug.training._sequence_set import SequenceBatch, SequenceSet
from skmiaug.training._stopping import EarlyStopping

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
    "build_alignment",
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
    "restoration_loss",
    "run_loop",
    "solve_head",
    "stack_players",
    "take_rows",
    "train_alignment",
    "train_gan",
    "train_gan_stack",
    "train_joint_gan",
    "train_sequences",
]

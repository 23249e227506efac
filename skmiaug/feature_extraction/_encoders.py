"""What all encoders share, and the one for text."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch

from skmiaug.feature_extraction._capture import find_layers, hidden_states
from skmiaug.feature_extraction._loading import LoadedModel

# One input of an encoder: samples (an array) or tokens (a dict of lists of int).
Unit = Any
# Hidden states by layer, each (batch, n_frames, dim), and the true frames of each row.
Encoded = tuple[dict[int, torch.Tensor], list[int]]


class Encoder:
    """A pretrained model that turns a batch of units into hidden states.

    Parameters
    ----------
    loaded : LoadedModel

    Attributes
    ----------
    may_pad : bool
        Whether units of different length may share a batch with no effect on each other.
    """

    may_pad: ClassVar[bool] = True

    def __init__(self, loaded: LoadedModel) -> None:
        self.loaded = loaded

    def length(self, unit: Unit) -> int:
        """What batches are sorted by: samples or tokens."""
        return len(unit)

    def cost(self, length: int) -> float:
        """What a unit of that length costs, in the measure of the batch budget."""
        return float(length)

    def encode(self, units: Sequence[Unit], wanted: Sequence[int]) -> Encoded:
        """Hidden states of the layers asked for.

        Raises whatever the model does; a unit that reaches it was checked before.
        """
        with self.loaded.lock, torch.inference_mode():
            return self._encode(units, tuple(wanted))

    def _encode(self, units: Sequence[Unit], wanted: tuple[int, ...]) -> Encoded:
        raise NotImplementedError

    def _run(
        self, wanted: tuple[int, ...], **inputs: torch.Tensor
    ) -> dict[int, torch.Tensor]:
        model = self.loaded.model
        depth = self.loaded.n_layers
        if wanted == (depth,):
            # No layer has to be found: some architectures (ALBERT) have no list of them.
            return {depth: model(**inputs).last_hidden_state}
        return hidden_states(lambda: model(**inputs), find_layers(model, depth), wanted)


class TextEncoder(Encoder):
    """BERT, RoBERTa, MiniLM and any other model with a tokenizer.

    Tokens are padded on the right and masked, whatever side the tokenizer prefers: then
    neither positions nor causal attention of the true tokens see the padding.

    Parameters
    ----------
    loaded : LoadedModel
    truncation : bool
        Whether a text beyond the limit of the model is cut; else it is an error.

    Attributes
    ----------
    limit : int or None
        Most tokens that the model takes, special tokens included.
    n_truncated : int
        Texts cut so far.
    """

    def __init__(self, loaded: LoadedModel, *, truncation: bool = False) -> None:
        super().__init__(loaded)
        self.truncation = truncation
        self.limit = _token_limit(loaded)
        # Tokenizers may give out more, such as types of tokens for a model without them.
        self._takes = _taken_by(loaded.model)
        self.n_truncated = 0

    def length(self, unit: Unit) -> int:
        return len(unit["input_ids"])

    def tokenize(self, text: str) -> Unit:
        """Tokens of one text.

        Raises
        ------
        ValueError
            The text is longer than the model's limit, or has no token at all.
        """
        tokens = dict(self.loaded.processor(text, truncation=False, verbose=False))
        count = len(tokens["input_ids"])
        if count == 0:
            raise ValueError("expected text, got one that the tokenizer finds empty")
        if self.limit is not None and count > self.limit:
            if not self.truncation:
                raise ValueError(
                    f"expected at most {self.limit} tokens, the limit of the model, got "
                    f"{count}; shorten the text or set truncation=True"
                )
            self.n_truncated += 1
            tokens = dict(
                self.loaded.processor(text, truncation=True, max_length=self.limit)
            )
        return {name: list(ids) for name, ids in tokens.items()}

    def _encode(self, units: Sequence[Unit], wanted: tuple[int, ...]) -> Encoded:
        lengths = [self.length(unit) for unit in units]
        pad_id = getattr(self.loaded.processor, "pad_token_id", None) or 0
        inputs = {}
        for name in units[0]:
            if not self._takes(name):
                continue
            fill = pad_id if name == "input_ids" else 0
            inputs[name] = torch.tensor(
                [
                    unit[name] + [fill] * (max(lengths) - n)
                    for unit, n in zip(units, lengths, strict=True)
                ],
                device=self.loaded.device,
            )
        inputs["attention_mask"] = torch.tensor(
            [[1] * n + [0] * (max(lengths) - n) for n in lengths], device=self.loaded.device
        )
        return self._run(wanted, **inputs), lengths


def _taken_by(model: Any) -> Callable[[str], bool]:
    """Return what tells whether a model's ``forward`` has an argument of a name."""
    parameters = inspect.signature(model.forward).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    return lambda name: takes_any or name in parameters


def _token_limit(loaded: LoadedModel) -> int | None:
    """The smallest of what tokenizer, configuration and position embeddings allow."""
    limits = []
    stated = getattr(loaded.processor, "model_max_length", None)
    # Tokenizers without a limit say 1e30.
    if stated is not None and stated < 1e9:
        limits.append(int(stated))
    # GPT-2, BART and OPT state it here alone; -1 (XLNet) is none.
    positions = getattr(loaded.config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        limits.append(positions)
    embeddings = getattr(
        getattr(loaded.model, "embeddings", None), "position_embeddings", None
    )
    if embeddings is not None:
        # RoBERTa's positions begin after the padding index.
        offset = 0 if embeddings.padding_idx is None else embeddings.padding_idx + 1
        limits.append(embeddings.num_embeddings - offset)
    return min(limits) if limits else None

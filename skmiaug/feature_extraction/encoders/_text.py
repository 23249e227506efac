"""The encoder of text."""

from collections.abc import Sequence

import torch

from skmiaug.feature_extraction.encoders._base import Encoded, Encoder, Unit, taken_by
from skmiaug.feature_extraction.encoders._loading import LoadedModel

_SHORT = "It is."
_LONG = "The quick brown fox jumps over the lazy dog, and then it rests for a while."


class TextEncoder(Encoder):
    """BERT, RoBERTa, MiniLM and any other model with a tokenizer.

    Tokens are padded on the right and masked, whatever side the tokenizer prefers: then
    neither positions nor causal attention of the true tokens see the padding. ``limit`` is
    the most tokens that the model takes, special tokens included; a longer text is cut with
    ``truncation`` and counted in ``n_truncated``, else it is an error.
    """

    def __init__(self, loaded: LoadedModel, *, truncation: bool = False) -> None:
        super().__init__(loaded)
        self.truncation = truncation
        self.limit = _token_limit(loaded)
        # Tokenizers may give out more, such as types of tokens for a model without them.
        self._takes = taken_by(loaded.model)
        self.n_truncated = 0
        short, long = self._tokens(_SHORT, cut=True), self._tokens(_LONG, cut=True)
        if 0 < self.length(short) < self.length(long):
            self._examine(short, long)
        else:
            self.most_rows = 1  # padding cannot be checked with this tokenizer

    def length(self, unit: Unit) -> int:
        return len(unit["input_ids"])

    def tokenize(self, text: str) -> Unit:
        """Tokens of one text."""
        tokens = self._tokens(text, cut=False)
        count = len(tokens["input_ids"])
        if count == 0:
            raise ValueError("expected text, got one without any token")
        if self.limit is not None and count > self.limit:
            if not self.truncation:
                raise ValueError(
                    f"expected at most {self.limit} tokens, the limit of the model, got "
                    f"{count}; shorten the text or set truncation=True"
                )
            self.n_truncated += 1
            return self._tokens(text, cut=True)
        return tokens

    def _tokens(self, text: str, *, cut: bool) -> Unit:
        options = (
            {"truncation": True, "max_length": self.limit} if cut and self.limit else {}
        )
        tokens = self.loaded.processor(text, verbose=False, **options)
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
        if self._takes("attention_mask"):
            mask = [[1] * n + [0] * (max(lengths) - n) for n in lengths]
            inputs["attention_mask"] = torch.tensor(mask, device=self.loaded.device)
        hidden = self._run(wanted, **inputs)
        return {layer: (states, lengths) for layer, states in hidden.items()}


def _token_limit(loaded: LoadedModel) -> int | None:
    """The smallest of what tokenizer, configuration and position embeddings allow."""
    limits = []
    stated = getattr(loaded.processor, "model_max_length", None)
    # Tokenizers without a limit state 1e30.
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

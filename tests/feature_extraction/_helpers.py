"""Tiny random models of each family, clips that resemble speech, and references."""

from pathlib import Path

import numpy as np
import soundfile
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors

SHARED = Path(__file__).parents[3] / "shared"
WHISPER_BASE = SHARED / "models" / "whisper-base-encoder"
RATE = 16_000
WORDS = [
    "this",
    "is",
    "a",
    "tiny",
    "model",
    "of",
    "text",
    "and",
    "it",
    "knows",
    "few",
    "words",
]


def voice(seconds, seed=0, rate=RATE):
    rng = np.random.RandomState(seed)
    time = np.arange(int(seconds * rate)) / rate
    pitch = rng.uniform(90, 250)
    tone = sum(
        np.sin(2 * np.pi * k * pitch * time + rng.uniform(0, 6)) / k for k in range(1, 8)
    )
    loud = rng.uniform(0.05, 0.2) * (1 + np.sin(2 * np.pi * 3 * time))
    return (loud * tone + 0.01 * rng.standard_normal(time.size)).astype(np.float32)


def write(path, samples, rate=RATE, **kwargs):
    soundfile.write(path, samples, rate, **kwargs)
    return str(path)


_WAVE = {
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 32,
    "conv_dim": (16, 16, 16),
    "conv_kernel": (10, 3, 3),
    "conv_stride": (5, 4, 4),
    "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "initializer_range": 0.3,
}
_GROUP = {"feat_extract_norm": "group", "do_stable_layer_norm": False}
_LAYER = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
# A receptive field of 400 samples, as the published models have.
_SEVEN = {
    "conv_dim": (16,) * 7,
    "conv_kernel": (10, 3, 3, 3, 3, 2, 2),
    "conv_stride": (5, 2, 2, 2, 2, 2, 2),
    "num_feat_extract_layers": 7,
}
_TEXT = {
    "vocab_size": 5 + len(WORDS),
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 32,
    "initializer_range": 0.3,
}
CONFIGS = {
    "wav2vec2-group": ("Wav2Vec2Config", _WAVE | _GROUP),
    "wav2vec2-layer": ("Wav2Vec2Config", _WAVE | _LAYER),
    "hubert-group": ("HubertConfig", _WAVE | _GROUP),
    "hubert-layer": ("HubertConfig", _WAVE | _LAYER),
    "wavlm-group": ("WavLMConfig", _WAVE | _GROUP),
    "wavlm-layer": ("WavLMConfig", _WAVE | _LAYER),
    "unispeech": ("UniSpeechConfig", _WAVE | _GROUP),
    "unispeech-sat": ("UniSpeechSatConfig", _WAVE | _GROUP),
    "hubert-batchnorm": ("HubertConfig", _WAVE | _GROUP | {"conv_pos_batch_norm": True}),
    "wav2vec2-adapter": ("Wav2Vec2Config", _WAVE | _GROUP | {"add_adapter": True}),
    "data2vec": ("Data2VecAudioConfig", _WAVE | {"num_conv_pos_embeddings": 2}),
    "whisper": (
        "WhisperConfig",
        {
            "d_model": 24,
            "encoder_layers": 3,
            "decoder_layers": 1,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 32,
            "decoder_ffn_dim": 8,
            "num_mel_bins": 16,
            "max_source_positions": 150,
            "vocab_size": 8,
            "init_std": 0.3,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 1,
        },
    ),
    "ast": (
        "ASTConfig",
        {
            "hidden_size": 24,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "intermediate_size": 32,
            "num_mel_bins": 16,
            "max_length": 64,
            "patch_size": 8,
            "frequency_stride": 8,
            "time_stride": 8,
        },
    ),
    "w2v-bert": (
        "Wav2Vec2BertConfig",
        {
            "hidden_size": 24,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "intermediate_size": 32,
            "feature_projection_input_dim": 32,
        },
    ),
    "sew": ("SEWConfig", _WAVE | _SEVEN),
    "sew-d": (
        "SEWDConfig",
        _WAVE | _SEVEN | {"position_buckets": 32, "max_position_embeddings": 64},
    ),
    "moonshine": (
        "MoonshineConfig",
        {
            "hidden_size": 24,
            "intermediate_size": 32,
            "encoder_num_hidden_layers": 3,
            "decoder_num_hidden_layers": 1,
            "encoder_num_attention_heads": 4,
            "decoder_num_attention_heads": 4,
            "vocab_size": 17,
        },
    ),
    "qwen2-audio": (
        "Qwen2AudioEncoderConfig",
        {
            "d_model": 24,
            "encoder_layers": 3,
            "encoder_attention_heads": 4,
            "encoder_ffn_dim": 32,
            "num_mel_bins": 16,
            "max_source_positions": 150,
            "init_std": 0.3,
        },
    ),
    "voxtral": (
        "VoxtralEncoderConfig",
        {
            "hidden_size": 24,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "intermediate_size": 32,
            "num_mel_bins": 16,
            "max_source_positions": 150,
            "initializer_range": 0.3,
        },
    ),
    "speecht5": (
        "SpeechT5Config",
        {
            "hidden_size": 24,
            "encoder_layers": 3,
            "encoder_attention_heads": 4,
            "encoder_ffn_dim": 32,
            "decoder_layers": 1,
            "decoder_attention_heads": 4,
            "decoder_ffn_dim": 8,
            "vocab_size": 17,
        },
    ),
    "clap": (
        "ClapConfig",
        {
            "text_config": {"hidden_size": 24, "num_hidden_layers": 1, "vocab_size": 17},
            "audio_config": {"hidden_size": 64, "depths": [1, 1, 1, 1]},
        },
    ),
    "fnet": (
        "FNetConfig",
        _TEXT | {"max_position_embeddings": 20, "pad_token_id": 1},
    ),
    "bert": ("BertConfig", _TEXT | {"max_position_embeddings": 20}),
    "roberta": (
        "RobertaConfig",
        _TEXT | {"max_position_embeddings": 22, "pad_token_id": 1},
    ),
    "albert": (
        "AlbertConfig",
        _TEXT | {"embedding_size": 8, "max_position_embeddings": 20, "pad_token_id": 1},
    ),
    "gpt2": (
        "GPT2Config",
        {"vocab_size": 17, "n_embd": 24, "n_layer": 3, "n_head": 4, "n_positions": 20},
    ),
    "bart": (
        "BartConfig",
        {
            "vocab_size": 17,
            "d_model": 24,
            "encoder_layers": 3,
            "decoder_layers": 1,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 32,
            "decoder_ffn_dim": 8,
            "max_position_embeddings": 20,
            "init_std": 0.3,
            "pad_token_id": 1,
        },
    ),
    "opt": (
        "OPTConfig",
        {
            "vocab_size": 17,
            "hidden_size": 24,
            "word_embed_proj_dim": 24,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "ffn_dim": 32,
            "max_position_embeddings": 20,
            "init_std": 0.3,
            "pad_token_id": 1,
        },
    ),
}
SPEECH = [
    "wav2vec2-group",
    "wav2vec2-layer",
    "hubert-group",
    "hubert-layer",
    "wavlm-group",
    "wavlm-layer",
    "unispeech",
    "unispeech-sat",
    "hubert-batchnorm",
    "wav2vec2-adapter",
    "data2vec",
    "sew",
    "sew-d",
]
TEXT = ["bert", "roberta", "gpt2"]


def _config(family):
    name, values = CONFIGS[family]
    module = {"Qwen2AudioEncoderConfig": "qwen2_audio", "VoxtralEncoderConfig": "voxtral"}
    home = transformers
    if name in module:
        home = getattr(transformers.models, module[name])
    return getattr(home, name)(**values)


def save_tiny(family, folder, seed=0):
    config = _config(family)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = transformers.AutoModel.from_config(config)
        for parameter in model.parameters():
            # Biases and norms that are not trivial, so that an error in them would show.
            if parameter.ndim == 1:
                parameter.data += 0.3 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    if family in {*TEXT, "albert", "bart", "opt", "fnet"}:
        _tokenizer(family).save_pretrained(folder)
    elif family == "ast":
        transformers.ASTFeatureExtractor(num_mel_bins=16, max_length=64).save_pretrained(
            folder
        )
    elif family == "w2v-bert":
        transformers.SeamlessM4TFeatureExtractor(
            feature_size=16, num_mel_bins=16
        ).save_pretrained(folder)
    elif family in {"whisper", "qwen2-audio", "voxtral"}:
        transformers.WhisperFeatureExtractor(
            feature_size=16, chunk_length=3
        ).save_pretrained(folder)
    elif family == "speecht5":
        transformers.SpeechT5FeatureExtractor().save_pretrained(folder)
    elif family == "clap":
        transformers.ClapFeatureExtractor().save_pretrained(folder)
    else:
        transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return str(folder)


def _tokenizer(family):
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    vocabulary = {word: i for i, word in enumerate(special + WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if family != "gpt2":
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
        )
    # GPT-2's has no padding token and pads on the left by habit of its users.
    names = {} if family == "gpt2" else {"pad_token": "<pad>"}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", padding_side="left", **names
    )


def reference(path, clip, layers):
    """Hidden states straight from transformers: one clip, no padding, float32."""
    model = transformers.AutoModel.from_pretrained(path, dtype=torch.float32).eval()
    processor = transformers.AutoFeatureExtractor.from_pretrained(path)
    inputs = processor(clip, sampling_rate=RATE, return_tensors="pt")
    with torch.inference_mode():
        output = model(**inputs, output_hidden_states=True)
    states = [*output.hidden_states[:-1], output.last_hidden_state]
    return [states[layer][0].numpy() for layer in layers]

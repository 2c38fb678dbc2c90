"""The proof's other side: the same 4-bit file as a sentence-transformers folder, to be run by torch and `tokenizers`.

The tensors are dequantised here a second time, straight from the format's description, so that a mistake in
`ntm_memory.embedding.weights` does not cancel out.
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np

from ntm_memory.embedding.weights import Weights

NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def tensors(weights: Weights) -> dict[str, np.ndarray]:
    """BertModel's tensors by name."""
    width, inner = weights.sizes.width, weights.sizes.inner
    names = dict(NAMES)
    for i in range(weights.sizes.layers):
        for ours, theirs in LAYER.items():
            for end, ending in (("w", "weight"), ("b", "bias")):
                names[f"l{i}.{ours}.{end}"] = f"encoder.layer.{i}.{theirs}.{ending}"
    raw = weights.path.read_bytes()
    found = {}
    for ours, theirs in names.items():
        offset, count = weights._directory[ours]
        is_matrix = ours == "emb.word" or (ours[0] == "l" and "ln" not in ours and ours.endswith(".w"))
        values = q4(raw, offset, count) if is_matrix else np.frombuffer(raw, "<f4", count, offset)
        columns = inner if ".fo.w" in ours else width
        is_flat = ours.endswith(".b") or "ln" in ours
        found[theirs] = np.ascontiguousarray(values if is_flat else values.reshape(-1, columns))
    return found


def q4(raw: bytes, offset: int, count: int) -> np.ndarray:
    """`count` weights in Q4_0 blocks of 18 bytes: a float16 scale; the low halves of 16 bytes, then their high ones."""
    blocks = np.frombuffer(raw, np.uint8, count // 32 * 18, offset).reshape(-1, 18)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    low, high = blocks[:, 2:] % 16, blocks[:, 2:] // 16
    return ((np.hstack([low, high]).astype(np.float32) - 8) * scale).ravel()


def tokenizer(weights: Weights):
    """XLM-R's tokenizer by the `tokenizers` library, from the vocabulary in the file."""
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    pieces = weights.pieces
    vocabulary = [
        (pieces.blob[a:b].decode(), float(score))
        for a, b, score in zip(pieces.starts, pieces.starts[1:], pieces.scores, strict=False)
    ]
    built = Tokenizer(models.Unigram(vocabulary, unk_id=pieces.unknown, byte_fallback=False))
    # What XLM-R's map does beyond NFKC: some characters become a space, others vanish.
    beyond = {c: made for c, made in pieces.normal.items() if unicodedata.normalize("NFKC", c) == c}
    assert set(beyond.values()) == {"", " "}
    gone, space = ("".join(rf"\x{{{ord(c):x}}}" for c, made in beyond.items() if made == each) for each in ("", " "))
    built.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex(f"[{gone}]"), ""),
            normalizers.Replace(Regex(f"[{space}]"), " "),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    built.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    ends = [("<s>", pieces.begin), ("</s>", pieces.end)]
    built.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    built.add_special_tokens([AddedToken(each, special=True, normalized=False) for each in SPECIAL])
    return built


def write(weights: Weights, folder: Path) -> Path:
    """The folder, complete with pooling, normalisation and E5's prompts."""
    from safetensors.numpy import save_file

    sizes, found = weights.sizes, tensors(weights)
    folder.mkdir(parents=True)
    save_file(found, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer(weights).save(str(folder / "tokenizer.json"))
    modules = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}
    contents = {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": sizes.width,
            "num_hidden_layers": sizes.layers,
            "num_attention_heads": sizes.heads,
            "intermediate_size": sizes.inner,
            "hidden_act": "gelu",
            "layer_norm_eps": sizes.epsilon,
            "max_position_embeddings": sizes.longest,
            "type_vocab_size": len(found["embeddings.token_type_embeddings.weight"]),
            "vocab_size": len(found["embeddings.word_embeddings.weight"]),
            "pad_token_id": 1,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": sizes.longest,
            **{f"{name}_token": text for name, text in zip(("bos", "pad", "eos", "unk", "mask"), SPECIAL, strict=True)},
            "cls_token": "<s>",
            "sep_token": "</s>",
        },
        "sentence_bert_config.json": {"max_seq_length": sizes.longest, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": {"query": "query: ", "passage": "passage: "}},
        "modules.json": [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (kind, path) in enumerate(modules.items())
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": sizes.width, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder

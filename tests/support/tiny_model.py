"""A very small Qwen with random weights: what is tried with it is how its server speaks.

Run by the Python of an engine, with its libraries: ``python tiny_model.py FOLDER``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

_WIDTH: Final = 64
_INNER: Final = 128
_LAYERS: Final = 2
_SPECIAL: Final = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_TEMPLATE: Final = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write(folder: Path) -> None:
    """Put the model into ``folder``."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    folder.mkdir(parents=True, exist_ok=True)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({one: place for place, one in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(_SPECIAL))
    tokenizer.save(str(folder / "tokenizer.json"))
    known = tokenizer.get_vocab_size()
    _json(
        folder / "tokenizer_config.json",
        tokenizer_class="PreTrainedTokenizerFast",
        eos_token=_SPECIAL[2],
        pad_token=_SPECIAL[0],
        chat_template=_TEMPLATE,
    )
    _json(
        folder / "config.json",
        architectures=["Qwen2ForCausalLM"],
        model_type="qwen2",
        hidden_size=_WIDTH,
        intermediate_size=_INNER,
        num_hidden_layers=_LAYERS,
        num_attention_heads=2,
        num_key_value_heads=2,
        hidden_act="silu",
        rms_norm_eps=1e-6,
        rope_theta=10_000.0,
        max_position_embeddings=4_096,
        vocab_size=known,
        tie_word_embeddings=True,
        torch_dtype="float32",
        eos_token_id=known - 1,
    )
    _weights(folder / "model.safetensors", known)


def _weights(file: Path, known: int) -> None:
    import numpy as np
    from safetensors.numpy import save_file  # type: ignore[import-not-found]

    chance = np.random.default_rng(1)

    def drawn(*shape: int) -> Any:
        return chance.normal(0, 0.02, shape).astype(np.float32)

    weights = {
        "model.embed_tokens.weight": drawn(known, _WIDTH),
        "model.norm.weight": drawn(_WIDTH),
    }
    for layer in range(_LAYERS):
        place = f"model.layers.{layer}."
        for name in ("q", "k", "v"):
            weights[f"{place}self_attn.{name}_proj.weight"] = drawn(_WIDTH, _WIDTH)
            weights[f"{place}self_attn.{name}_proj.bias"] = drawn(_WIDTH)
        weights[f"{place}self_attn.o_proj.weight"] = drawn(_WIDTH, _WIDTH)
        weights[f"{place}mlp.gate_proj.weight"] = drawn(_INNER, _WIDTH)
        weights[f"{place}mlp.up_proj.weight"] = drawn(_INNER, _WIDTH)
        weights[f"{place}mlp.down_proj.weight"] = drawn(_WIDTH, _INNER)
        for name in ("input", "post_attention"):
            weights[f"{place}{name}_layernorm.weight"] = drawn(_WIDTH) + 1
    save_file(weights, str(file), metadata={"format": "pt"})


def _json(file: Path, **values: Any) -> None:
    file.write_text(json.dumps(values), "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))

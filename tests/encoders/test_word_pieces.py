"""Texts are cut as the tokenizers library cuts them, piece by piece and place by place."""

from __future__ import annotations

import json
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from edgeroute.encoders.prepared import Prepared
from edgeroute.encoders.word_pieces import WordPieces, word_pieces

MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = ("an", "anna", "walk", "walks", "the", "caf", "cafe", "12", "1", "zu", "rich", "\u4e2d")
TEXTS = (
    "",
    " ",
    "Anna walked to the caf\u00e9, 12 times!",
    "caf\u00e9 cafe\u0301 CAF\u00c9 Z\u00fcrich \u0130stanbul stra\u00dfe",
    "a\x00b\x07c\x85d\u00a0e\u200bf\u3000g\ufffdh\tan\nan\r\nan",
    "\u4e2d\u6587an\u4e2d (\u201can\u201d) \u2014 an\u2026 \U0001f600 an",
    "[CLS] anna [SEP][MASK] [cls] [an] [[PAD]]",
    "x" * 100 + " " + "x" * 101 + " " + "an" * 60,
    "an1an 12an an_an an-an an'an an.an@an.an \\n\\u0041",
    "\u0430\u043d\u043d\u0430 \u03b1\u03bd \u05d0\u05b8 \u0928\u093e \uac00",
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small vocabulary as a model carries it."""
    signs = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    words = [*MARKS, *WORDS, *signs, *(f"##{one}" for one in (*WORDS, *signs))]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(words))}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.add_special_tokens(list(MARKS))
    path = tmp_path_factory.mktemp("model") / "tokenizer.json"
    made.save(str(path))
    return path


@pytest.fixture(scope="module")
def ours(file: Path) -> WordPieces:
    """What is tested."""
    return word_pieces(file, Prepared(file.parent, [file.name]))


@pytest.fixture(scope="module")
def theirs(file: Path) -> Tokenizer:
    """What it is compared with."""
    return Tokenizer.from_file(str(file))


def same(ours: WordPieces, theirs: Tokenizer, texts: list[str]) -> list[str]:
    """Those of ``texts`` that are not cut alike."""
    wrong = []
    known = theirs.encode_batch(texts, add_special_tokens=False)
    for text, other in zip(texts, known, strict=True):
        cut = ours.cut(text)
        joined = [one == two for one, two in pairwise(cut.word_ids)]
        alike = joined == [one == two for one, two in pairwise(other.word_ids)]
        if not alike or (cut.ids, cut.offsets) != (other.ids, list(other.offsets)):
            wrong.append(text)
    return wrong


def test_texts_are_cut_alike(ours: WordPieces, theirs: Tokenizer) -> None:
    """Accents, signs, other scripts, what shows nothing, marks of the model, and long words."""
    assert not same(ours, theirs, list(TEXTS))


def test_every_settled_character_is_read_alike(ours: WordPieces, theirs: Tokenizer) -> None:
    """Beside letters and alone, unless Unicode says of it now what it did not say before: the
    library's table of characters is an old one.
    """
    then, now = unicodedata.ucd_3_2_0.category, unicodedata.category
    signs = [sign for sign in map(chr, range(1, 0x3000)) if "Cn" != then(sign) == now(sign)]
    texts = [form.format(sign) for sign in signs for form in ("an{}an", "{}")]
    assert len(texts) > 10_000
    assert not same(ours, theirs, texts)


def test_a_word_has_its_number(ours: WordPieces, file: Path) -> None:
    """Only where the vocabulary has all of it."""
    numbers = json.loads(file.read_text("utf-8"))["model"]["vocab"]
    assert ours.number("anna") == numbers["anna"]
    assert ours.number("annas") is None


def test_a_file_without_a_vocabulary_is_said(tmp_path: Path) -> None:
    """Whoever loads a model learns that it is damaged."""
    file = tmp_path / "tokenizer.json"
    file.write_text("{}", "utf-8")
    with pytest.raises(LookupError):
        word_pieces(file, Prepared(tmp_path, [file.name]))

"""Markdown read as blocks: however it comes in, it is read the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.tui.widgets.transcript.markdown_blocks import Code, MarkdownText, Prose, Table

TEXT = """# Title

Words with `code`, *emphasis* and a [link](https://example.com/a).
They go on.

1. one
   - inner
2. two

   ```sh
   ls
   ```

> quoted

| a | b |
|---|--:|
| 1 | 2 |

---

```py
x = 1
"""


@given(st.lists(st.integers(1, 40), max_size=30))
def test_a_text_in_pieces_is_read_as_the_whole(sizes: list[int]) -> None:
    """Wherever it is cut, the blocks are the same, and what is settled never changes."""
    grown, at = MarkdownText(), 0
    for size in [*sizes, len(TEXT)]:
        before = list(grown.blocks)
        kept = grown.append(TEXT[at : at + size])
        assert list(map(repr, grown.blocks))[:kept] == list(map(repr, before))[:kept]
        at += size
    assert list(map(repr, grown.blocks)) == list(map(repr, MarkdownText(TEXT).blocks))


@given(st.text(st.sampled_from("#*_`~>-+|1. \n\t[]()<&;a\\!:"), max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    """No text breaks it, whole or a character at a time."""
    grown = MarkdownText()
    for sign in text:
        grown.append(sign)
    assert len(MarkdownText(text).blocks) >= 0


def test_blocks_are_what_they_are() -> None:
    """Marks, bullets, indents, languages and the sides of columns are kept."""
    blocks = MarkdownText(TEXT).blocks
    assert [block.words.plain for block in blocks if isinstance(block, Prose)] == [
        "Title",
        "Words with code, emphasis and a link (https://example.com/a). They go on.",
        "one",
        "inner",
        "two",
        "quoted",
    ]
    firsts = [block.first for block in blocks if isinstance(block, Prose)]
    assert firsts == ["", "", "1. ", "   ◦ ", "2. ", "▌ "]
    codes = [(b.text, b.language, b.indent) for b in blocks if isinstance(b, Code)]
    assert codes == [("ls", "sh", "   "), ("x = 1", "py", "")]
    (table,) = [block for block in blocks if isinstance(block, Table)]
    assert table.aligns == ("left", "right")
    assert table.copied == "| a | b |\n|---|--:|\n| 1 | 2 |"

"""Loading a model file: nothing that it brings along is run."""

from __future__ import annotations

import json
import mmap
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.model_files import SMALL, require

BEGINNING = b"{%- if tools %}"
# As long, and an error to whoever compiles it: a model that loads shows that nobody has.
BROKEN = b"{%- if (tools%}"
SCRIPT = """
import sys
from pathlib import Path
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from edgeroute.local.files.catalogue import load
from edgeroute.local.worker.host import Host
try:
    Jinja2ChatFormatter(template=sys.argv[2], eos_token="", bos_token="")
except Exception as error:
    print(type(error).__name__)
host = Host(load().builds["qwen2.5-coder-0.5b"], Path(sys.argv[1]), 256, 1)
print(host._context._llama.metadata["tokenizer.chat_template"][:15])
"""


@pytest.mark.model
def test_a_files_own_template_is_never_compiled(tmp_path: Path) -> None:
    """A chat template is a program: one that breaks whoever compiles it does no harm here."""
    copy = tmp_path / "model.gguf"
    shutil.copyfile(require(SMALL), copy)
    try:
        with copy.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
            at = content.find(BEGINNING, content.find(b"tokenizer.chat_template"))
            content[at : at + len(BROKEN)] = BROKEN
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(copy), BROKEN.decode()],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        copy.unlink()
    assert done.stdout.splitlines() == ["TemplateSyntaxError", BROKEN.decode()], done.stderr


TOGETHER = """
import json, sys
from pathlib import Path
from edgeroute.local.files.catalogue import load
from edgeroute.local.worker.host import Host, Run
from edgeroute.local.worker.sampler import Drawing
host = Host(load().builds["qwen2.5-coder-0.5b"], Path(sys.argv[1]), 256, 1, memory=8 << 30)
texts = ["Count: one, two, three,", "A, B, C, D,", "Monday, Tuesday,", "red, green,", "1, 2, 3,"]
def run(text, limit=10):
    return Run(host._context.tokenize(text), Drawing(temperature=0, repeat_penalty=1), limit=limit)
def told(*runs):
    drawings = [host.draw(one) for one in runs]
    said = [""] * len(runs)
    going = dict(enumerate(drawings))
    while going:
        for place, drawing in list(going.items()):
            try:
                token = next(drawing)
            except StopIteration:
                del going[place]
                continue
            said[place] += token.text if token else ""
    return said
reads = []
together = host._context.read_together
host._context.read_together = lambda rows: (reads.append(len(rows)), together(rows))
alone = [told(run(text))[0] for text in texts]
beside = told(*map(run, texts))
most = max(reads)
tight = told(*(run(text, 100) for text in texts[:3]))
first = host.draw(run(texts[0]))
begun = [next(first) for _ in range(4)]
host.give_way()
other = told(run(texts[1]))[0]
rest = [*begun, *first]
host.close()
print(json.dumps([alone, beside, most, [len(one) > 50 for one in tight],
                  other, "".join(one.text for one in rest if one)]))
"""


@pytest.mark.model
@pytest.mark.timeout(300)
def test_answers_side_by_side_are_those_that_come_alone() -> None:
    """Four at most are computed together, fewer where the window has no room; and one that gave
    way to another goes on where it was.
    """
    done = subprocess.run(
        [sys.executable, "-c", TOGETHER, str(require(SMALL))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    alone, beside, most, tight, other, rest = json.loads(done.stdout)
    assert beside == alone
    assert most == 4
    assert all(tight)
    assert (other, rest) == (alone[1], alone[0])

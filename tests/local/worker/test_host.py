"""Loading a model file: nothing that it brings along is run."""

from __future__ import annotations

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

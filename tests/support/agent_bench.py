"""Real coding agents, and a place to work in: a repository before an endpoint and a provider.

Each runs where it is installed, in a home folder and a network of its own that holds loopback only.
They were tried with Claude Code 2.1.197, Codex 0.171.0, OpenCode 1.18.33, Qwen Code 0.15.10, and
the command lines of Cline 3.0.65 and Continue 1.5.47.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import agent_repository, replies, scripted_agent
from tests.support.installation import ROOT, Installation
from tests.support.model_files import require
from tests.support.scripted_agent import Call
from tests.support.scripted_provider import ScriptedProvider, always

FIVE = (
    "Tidy up the sum of invoices: read it, find its callers, round it, run the tests, show the log."
)
DONE = "All tasks are done."
TOO_LONG = replies.error(400, "context_length_exceeded", message="The prompt is too long.")
WAIT = 150
"""Seconds that a client has."""
_ALONE = "EDGEROUTE_TEST_LOOPBACK"
Builder = Callable[..., Call]


@dataclass(frozen=True)
class Agent:
    """How an agent is asked, and how a model calls its tools; a file is named by its whole path."""

    program: str
    words: tuple[str, ...]
    read: Builder
    run: Builder
    edit: Builder
    search: Builder | None = None
    after: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def _patch(path: str, old: str, new: str) -> Call:
    """A call of Codex's custom tool, which takes a text."""
    return "apply_patch", (
        f"*** Begin Patch\n*** Update File: {path}\n@@\n-{old}\n+{new}\n*** End Patch"
    )


def _several(path: str, old: str, new: str) -> Call:
    """A call of the tool that Continue offers to models that it knows well."""
    return "MultiEdit", {"file_path": path, "edits": [{"old_string": old, "new_string": new}]}


_EDITS: dict[tuple[str, str], Builder] = {
    ("codex", "gpt-5.5"): _patch,
    ("continue", "gpt-5.5"): _several,
}


def _patch_in_shell(path: str, old: str, new: str) -> Call:
    """The same in a shell, for a model that Codex knows nothing of."""
    return "exec_command", {"cmd": f"apply_patch <<'EOF'\n{_patch(path, old, new)[1]}\nEOF"}


def _tool(name: str, *names: str, **fixed: Any) -> Builder:
    """Calls of tool ``name`` whose arguments have these names."""
    return lambda *values: (name, {**dict(zip(names, values, strict=True)), **fixed})


AGENTS = {
    "claude-code": Agent(
        "claude", ("--allowedTools", "Read Edit Bash", "-p"),
        _tool("Read", "file_path"), _tool("Bash", "command"),
        _tool("Edit", "file_path", "old_string", "new_string"),
        environment={"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"},
    ),
    "codex": Agent(
        "codex", ("exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"),
        lambda path: ("exec_command", {"cmd": f"cat {path}"}), _tool("exec_command", "cmd"),
        _patch_in_shell,
    ),
    "opencode": Agent(
        "opencode", ("run", "--auto"), _tool("read", "filePath"), _tool("bash", "command"),
        _tool("edit", "filePath", "oldString", "newString"),
    ),
    "qwen-code": Agent(
        "qwen", ("--approval-mode", "yolo", "-p"), _tool("read_file", "file_path"),
        _tool("run_shell_command", "command", is_background=False),
        _tool("edit", "file_path", "old_string", "new_string"), _tool("grep_search", "pattern"),
    ),
    "cline": Agent(
        "cline", (), lambda path: ("read_files", {"files": [{"path": path}]}),
        lambda command: ("run_commands", {"commands": [command]}),
        _tool("editor", "path", "old_text", "new_text"),
        lambda pattern: ("search_codebase", {"queries": [pattern]}),
    ),
    "continue": Agent(
        "cn", ("--auto", "-p"), _tool("Read", "filepath"), _tool("Bash", "command"),
        _tool("Edit", "file_path", "old_string", "new_string"),
    ),
}  # fmt: skip


def agent_of(case: tuple[str, str, str]) -> Agent:
    """The agent of ``case``, with the tool that it edits with when it asks for that model."""
    name, model, _ = case
    known = AGENTS[name]
    return replace(known, edit=_EDITS.get((name, model), known.edit))


def five(agent: Agent, project: Path) -> list[scripted_agent.Step]:
    """Read, search, edit, test, log."""
    code = str(project / "invoices.py")
    search = agent.search or (lambda pattern: agent.run(f"grep -rn '{pattern}' ."))
    edit = agent.edit(code, "    return sum(amounts)", f"    {agent_repository.EDITED}")
    tests = agent.run("python3 -m unittest test_invoices 2>&1")
    return [
        lambda _: agent.read(code),
        lambda _: search("total"),
        lambda _: edit,
        lambda _: tests,
        lambda _: agent.run("git --no-pager log -3 --stat"),
    ]


def private(agent: Agent, project: Path) -> list[scripted_agent.Step]:
    """Read the customers, edit one by what is shown of it, and search for it."""
    file = str(project / "fixtures/customers.yaml")

    def shown_mail(results: Sequence[str]) -> str:
        found = next(filter(None, (re.search(r"email: (<\w+>)", one) for one in results)))
        return found[1]

    def edit(results: Sequence[str]) -> Call:
        old = f"  email: {shown_mail(results)}"
        return agent.edit(file, old, f"{old} # verified")

    return [
        lambda _: agent.read(file),
        edit,
        lambda results: agent.run(
            f"grep -q '{shown_mail(results)}' fixtures/customers.yaml && expr 400 + 3"
        ),
    ]


@dataclass
class Bench:
    """An endpoint before a scripted provider, and a user with a repository."""

    installation: Installation
    user: Path
    provider: ScriptedProvider
    port: int

    def before(self, port: int) -> None:
        """From now on clients are connected to ``port``, where something stands before us."""
        written = self.installation.config.read_text()
        self.installation.configure(written.replace(f"port = {self.port}\n", f"port = {port}\n"))

    @property
    def project(self) -> Path:
        """The repository."""
        return self.user / "project"

    def connect(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """`edgeroute connect` and what comes of it."""
        return self.start([sys.executable, "-m", "edgeroute", "connect", *words], environment)

    def start(
        self, words: Sequence[str], environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """A program as the user starts it, in the repository."""
        own = {"HOME": str(self.user), "XDG_CONFIG_HOME": str(self.user / ".config"),
               "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
        return subprocess.run(
            words, capture_output=True, text=True, timeout=WAIT, check=False, cwd=self.project,
            env=self.installation.environment | own | environment, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def asks(self, case: tuple[str, str, str], mode: str, prompt: str) -> Any:
        """Connect the agent as ``case`` says, ask it, and what it says in the end."""
        name, model, way = case
        agent = AGENTS[name]
        words = (*agent.words, prompt)
        head = (name, "--privacy", mode, "--model", model)
        if way == "--run":
            return self.connect(*head, "--run", "--", *words, **agent.environment)
        done = self.connect(*head, "--yes")
        assert done.returncode == 0, done.stderr
        return self.start([agent.program, *words], agent.environment)

    @property
    def left(self) -> str:
        """Everything that the provider got, in small letters."""
        return "\n".join(
            f"{one.path} {dict(one.headers)} {one.body.decode()}" for one in self.provider.requests
        ).lower()


@contextlib.contextmanager
def benched(folder: Path) -> Iterator[Bench]:
    """Everything that runs; the local model's window is too small for any agent, and no file of
    another one lies here.
    """
    models = require("rampart").parent
    (folder / "models").mkdir()
    for name in ("rampart", "minilm", "e5"):
        (folder / "models" / name).symlink_to(models / name)
    port = random.randint(20_000, 30_000)  # none that the system gives away, to a provider perhaps
    installation = Installation(folder / "home")
    agent_repository.make(folder / "project")
    with contextlib.ExitStack() as stack:
        provider = stack.enter_context(ScriptedProvider())
        local = stack.enter_context(ScriptedProvider(always(TOO_LONG)))
        url = provider.base_url
        installation.configure(
            f'[providers.anthropic]\nwire = "anthropic-messages"\nbase_url = "{url}"\n'
            f'[providers.openai]\nwire = "openai-responses"\nbase_url = "{url}"\n'
            f'[providers.chatty]\nbase_url = "{url}"\nmodels = ["m"]\n'
            '[keys]\nenvironment = true\n[local]\nbackend = "box"\n[local.endpoints.box]\n'
            f'base_url = "{local.base_url}"\nmodel = "m"\ncontext_tokens = 2048\n'
            f"[server]\nport = {port}\n"
        )
        keys = {"ANTHROPIC_API_KEY": "sk-ant-scripted", "OPENAI_API_KEY": "sk-scripted"}
        installation.environment |= keys | {"EDGEROUTE_MODELS": str(folder / "models")}
        stack.enter_context(installation.serving("--port", str(port)))
        for name in keys:
            del installation.environment[name]
        yield Bench(installation, folder, provider, port)


def passed_alone(request: pytest.FixtureRequest, program: str) -> bool:
    """Whether this test has passed in a network of its own; not where none can be made, or it is
    there already.
    """
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    # Some leave a process behind, which ends with its namespace.
    enter = ["unshare", "-rnpf", "--mount-proc", "sh", "-c", 'ip link set lo up && "$@"', "sh"]
    tools = shutil.which("unshare") and shutil.which("ip")
    if (
        os.environ.get(_ALONE)
        or not tools
        or subprocess.run([*enter, "true"], capture_output=True, check=False).returncode
    ):
        return False
    again = [*enter, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             request.node.nodeid]  # fmt: skip
    done = subprocess.run(again, cwd=ROOT, capture_output=True, text=True, check=False,
                          env=os.environ | {_ALONE: "1"})  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:]
    return True

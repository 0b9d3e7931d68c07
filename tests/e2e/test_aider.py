"""aider calls no tools: it sends the files that it was given, and writes what the model answers.

It was tried with aider 0.86.2, connected by `edgeroute connect aider --run`.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import agent_repository, replies
from tests.support.agent_bench import Bench, benched, passed_alone
from tests.support.scripted_provider import Received, Reply

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]
ASKED = "Change the file that you were given."
CODE, CUSTOMERS = "invoices.py", "fixtures/customers.yaml"
WORDS = ("--yes-always", "--no-check-update", "--analytics-disable", "--no-show-model-warnings",
         "--no-show-release-notes", "--no-pretty", "--edit-format", "diff", "--auto-test",
         "--test-cmd", "python3 -m unittest test_invoices")  # fmt: skip
Block = Callable[[str], str]


def edit(path: str, old: str, new: str) -> str:
    """An edit as aider reads it."""
    return f"{path}\n```\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n```\n"


def model(block: Block) -> Callable[[Received], Reply]:
    """A model that answers with a block made of all that it is shown, and names a commit."""

    def behave(asked: Received) -> Reply:
        shown = "\n".join(str(one["content"]) for one in asked.json["messages"])
        if "commit message" in shown:
            return replies.answer(asked, "Tidy up")
        last = str(asked.json["messages"][-1]["content"])
        told = f"Here it is.\n\n{block(shown)}" if ASKED in last else "It is done."
        return replies.answer(asked, told)

    return behave


def asks(bench: Bench, mode: str, file: str) -> Any:
    """What aider says when it is asked to change one file."""
    return bench.connect("aider", "--privacy", mode, "--model", "chatty/m", "--run", "--",
                         *WORDS, file, "--message", ASKED)  # fmt: skip


def rounded(shown: str) -> str:
    """The sum is rounded, in the file and at the place that were shown."""
    assert "def total(amounts)" in shown
    return edit(CODE, "    return sum(amounts)", f"    {agent_repository.EDITED}")


def verified(shown: str) -> str:
    """The first customer is marked by the line that was shown."""
    mail = re.search(r"  email: <\w+>", shown)
    assert mail is not None
    return edit(CUSTOMERS, mail[0], f"{mail[0]} # verified")


def test_it_edits_tests_and_commits(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """In auto at the provider: it is sent the file and the map of the others, the edit is on disk,
    the tests ran and the commit is in the log.
    """
    if passed_alone(request, "aider"):
        return
    with benched(tmp_path) as bench:
        bench.provider.behave(model(rounded))
        done = asks(bench, "auto", CODE)
        told = done.stdout + done.stderr
        assert done.returncode == 0, told[-3000:]
        assert agent_repository.EDITED in (bench.project / CODE).read_text(), told
        assert "OK" in told, told
        log = subprocess.run(["git", "--no-pager", "log", "-1", "--stat"], cwd=bench.project,
                             capture_output=True, text=True, check=True).stdout  # fmt: skip
        assert "Tidy up" in log
        assert CODE in log
        assert "test_invoices.py" in bench.left
        assert [one for one in agent_repository.PLANTED if one.lower() in bench.left] == []


def test_it_edits_customers_that_nobody_sees(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """In mask the edit is on disk with the real values, and no planted value has left."""
    if passed_alone(request, "aider"):
        return
    with benched(tmp_path) as bench:
        bench.provider.behave(model(verified))
        done = asks(bench, "mask", CUSTOMERS)
        told = done.stdout + done.stderr
        mail = f"email: {agent_repository.CUSTOMER_MAIL}"
        wanted = agent_repository.FILES[CUSTOMERS].replace(mail, f"{mail} # verified")
        assert (bench.project / CUSTOMERS).read_text() == wanted, told
        assert [one for one in agent_repository.PLANTED if one.lower() in bench.left] == []


def test_it_is_told_why_it_must_stop(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """In auto the customers end it soon, with what was found and how to go on; nothing leaves."""
    if passed_alone(request, "aider"):
        return
    with benched(tmp_path) as bench:
        bench.provider.behave(model(verified))
        began = time.monotonic()
        done = asks(bench, "auto", CUSTOMERS)
        told = " ".join((done.stdout + done.stderr).split())
        assert "It must stay here" in told, told
        assert "To go on:" in told
        assert bench.provider.requests == []
        assert time.monotonic() - began < 60, told

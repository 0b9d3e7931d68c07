"""`ask`: the answer on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeroute.core.errors import NothingAnswered
from edgeroute.core.messages import File, Image, Text, assistant, user
from edgeroute.core.model_card import Place
from edgeroute.core.plan import Candidate, Skipped
from edgeroute.core.request import FrontDoor
from edgeroute.core.verdict import PrivacyMode
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.database.database import Database
from tests.cli.conftest import Home
from tests.support import scripted_engine
from tests.support.receipts import receipt
from tests.support.replies import PNG
from tests.support.scripted_engine import ScriptedEngine


def test_the_answer_alone_is_on_standard_output(home: Home) -> None:
    """A program reads the answer; a person sees what happened and the receipt in one line."""
    result = home.run("ask", "Say", "hello")
    assert (result.exit_code, result.stdout) == (0, "Hello there.\n")
    assert "mock/m could not answer: It is down." in result.stderr
    assert "warning: Two models disagree." in result.stderr
    line = result.stderr.splitlines()[-1]
    assert "openai/gpt-5.5" in line
    assert "500 B to api.openai.com" in line
    assert "US_SSN found" in line
    assert "receipt r1" in line
    assert home.engine is not None
    (request,) = home.engine.requests
    assert [m.text for m in request.messages] == ["Say hello"]
    assert (request.front_door, request.store, request.privacy) == ("cli", True, None)


def test_a_pipe_gets_nothing_that_acts(home: Home) -> None:
    """A model's terminal tricks reach whatever reads the pipe only where --raw asks for them."""
    hostile = "Copied\x1b]52;c;b3duZWQ=\x07, \u202ehidden\x9b2J."
    home.engine = ScriptedEngine((hostile,))
    assert home.run("ask", "hi").stdout == "Copied, hidden.\n"
    assert home.run("ask", "--raw", "hi").stdout == hostile + "\n"
    assert json.loads(home.run("ask", "--json", "hi").stdout)["answer"] == hostile


def test_quiet_says_nothing_else(home: Home) -> None:
    """With --quiet there is only the answer."""
    result = home.run("ask", "-q", "hi")
    assert (result.stdout, result.stderr) == ("Hello there.\n", "")


def test_pictures_become_files_whose_paths_are_printed(home: Home, tmp_path: Path) -> None:
    """Each picture is a new file in the folder asked for; an address is printed and not fetched."""
    images = (Image("image/png", PNG), Image("", url="https://files.example.com/a.png"))
    home.engine = ScriptedEngine((), images=images)
    folder = tmp_path / "out"
    result = home.run("ask", "-q", "-o", str(folder), "Draw a fox")
    path = folder / "edgeroute-r1-1.png"
    assert (result.exit_code, result.stdout) == (0, f"{path}\n{images[1].url}\n")
    assert path.read_bytes() == PNG
    again = home.run("ask", "-o", str(folder), "Draw a fox")
    assert again.exit_code == 1
    assert "cannot be saved" in again.stderr
    other = home.run("ask", "--json", "-o", str(tmp_path / "other"), "Draw a fox")
    assert json.loads(other.stdout)["pictures"][1] == images[1].url


def test_words_and_standard_input_combine(home: Home) -> None:
    """The words of the command line come first, then what is piped in; either alone will do."""
    assert home.engine is not None
    home.run("ask", "Summarise this:", stdin="line 1\nline 2\n")
    home.run("ask", stdin="only piped\n")
    home.run("ask", stdin=b"not utf-8: caf\xe9")
    assert [r.messages[-1].text for r in home.engine.requests] == [
        "Summarise this:\n\nline 1\nline 2",
        "only piped",
        "not utf-8: caf\u00e9",
    ]
    assert home.run("ask", stdin="  \n").exit_code == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_what_is_piped_in_is_read_in_its_encoding(home: Home, encoding: str) -> None:
    """UTF-16 and UTF-32 reach the engine as the text that they hold."""
    assert home.engine is not None
    home.run("ask", "Summarise", stdin="My SSN is 521-44-9821.\n".encode(encoding))
    (request,) = home.engine.requests
    assert request.messages[-1].text == "Summarise\n\nMy SSN is 521-44-9821."


def test_bytes_that_are_no_text_are_refused(home: Home) -> None:
    """What holds zero bytes and is no UTF-16 goes nowhere, and the message says what to do."""
    assert home.engine is not None
    result = home.run("ask", "Summarise", stdin=b"A=one\0SSN=521-44-9821\0")
    assert result.exit_code == 2
    assert "iconv" in result.stderr
    assert home.engine.requests == []


def test_options_reach_the_engine(home: Home) -> None:
    """Model, privacy, system, tier, task and storing are handed on as given."""
    assert home.engine is not None
    home.run("ask", "-m", "mock/m", "-p", "private", "-s", "Be brief.", "--tier", "free",
             "--task", "refactor", "--no-store", "hi")  # fmt: skip
    (request,) = home.engine.requests
    assert [m.role for m in request.messages] == ["system", "user"]
    assert (request.model, request.privacy, request.tier, request.task, request.store) == (
        "mock/m",
        PrivacyMode.PRIVATE,
        "free",
        "refactor",
        False,
    )


@pytest.mark.parametrize("options", [(), ("--json",), ("--no-stream",)])
def test_a_program_gets_whole_answers_only(home: Home, options: tuple[str, ...]) -> None:
    """What is piped or printed in one piece is held back until it is whole, so that a model that
    breaks off in the middle can be made good by the next.
    """
    assert home.engine is not None
    home.run("ask", *options, "hi")
    assert home.engine.requests[0].commit == "complete"


def test_a_conversation_goes_on_with_all_it_holds(home: Home) -> None:
    """--conversation sends the earlier turns along; an unknown name begins a new one."""
    database = Database.open(home.paths.data / "edgeroute.db", home.runtime()._stores._database_key)
    chats = Conversations(database)
    chats.create(id="trip")
    chats.append("trip", [user("Where?"), assistant("Rome.")])
    database.close()
    assert home.engine is not None
    home.run("ask", "-c", "trip", "When?")
    home.run("ask", "-c", "other", "Hello?")
    first, second = home.engine.requests
    assert [m.text for m in first.messages] == ["Where?", "Rome.", "When?"]
    assert (first.conversation, second.conversation) == ("trip", "other")
    assert len(second.messages) == 1


def test_json_is_one_object_with_the_receipt(home: Home) -> None:
    """--json prints answer and receipt, in ASCII, also where the answer is hostile or failed."""
    home.engine = ScriptedEngine(("\x1b]0;owned\x07", "ü"))
    result = home.run("ask", "--json", "hi")
    assert result.stdout.isascii()
    assert "\x1b" not in result.stdout
    content = json.loads(result.stdout)
    assert content["answer"] == "\x1b]0;owned\x07ü"
    assert content["receipt"]["model"] == "openai/gpt-5.5"
    assert content["receipt"]["left_machine"] is True
    home.engine = ScriptedEngine(("half",), error=NothingAnswered("Nobody answered.", "Wait."))
    result = home.run("ask", "--json", "hi")
    content = json.loads(result.stdout)
    assert result.exit_code == 4
    assert content["answer"] == "half"
    assert content["error"] == {
        "code": "nothing_answered",
        "message": "Nobody answered.",
        "hint": "Wait.",
    }


def test_a_partial_answer_is_printed_before_the_error(home: Home) -> None:
    """What came of an answer that broke off is not thrown away."""
    home.engine = ScriptedEngine(("half an",), error=NothingAnswered("It broke off.", "Again."))
    result = home.run("ask", "hi")
    assert (result.exit_code, result.stdout) == (4, "half an\n")
    assert "edgeroute: It broke off." in result.stderr


def test_an_answer_that_was_set_aside_is_not_printed(home: Home) -> None:
    """Of a cascade a program sees only the answer that stands."""
    home.engine = ScriptedEngine(("Good.",), fold="Bad.")
    assert home.run("ask", "hi").stdout == "Good.\n"


CHILD = """
import os, sys
sys.path.insert(0, {root!r})
from edgeroute.cli.group import cli
from edgeroute.cli.shell import Shell
from tests.cli.conftest import Home
from tests.support.replies import PNG
from tests.support import scripted_engine
from tests.support.scripted_engine import ScriptedEngine
home = Home()
home.engine = ScriptedEngine({pieces!r}, hold={hold!r}, fold={fold!r},
    held=lambda: os.write(2, b"HOLDING"))
cli.main(sys.argv[1:], prog_name="edgeroute", obj=Shell(home.runtime))
"""
ROOT = str(Path(__file__).parents[3])


def on_a_terminal(
    tmp_path: Path, *arguments: str, pieces: tuple[str, ...], hold: bool = False, fold: str = ""
) -> tuple[int, str, str]:
    """Exit code, what the terminal saw, and standard error, of `edgeroute` run on a terminal.

    Where the engine holds, ctrl+c is pressed.
    """
    main, other = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(root=ROOT, pieces=pieces, hold=hold, fold=fold),
         *arguments],
        stdin=other, stdout=other, stderr=subprocess.PIPE,
        env={**os.environ, "EDGEROUTE_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    os.close(other)
    assert child.stderr is not None
    seen, said, deadline = b"", b"", time.monotonic() + 30
    streams = [main, child.stderr.fileno()]
    while streams and time.monotonic() < deadline:
        for stream in select.select(streams, [], [], 0.2)[0]:
            try:
                piece = os.read(stream, 65536)
            except OSError:
                piece = b""
            if not piece:
                streams.remove(stream)
            elif stream == main:
                seen += piece
            else:
                if b"HOLDING" in piece:
                    child.send_signal(signal.SIGINT)
                said += piece
    code = child.wait(10)
    os.close(main)
    child.stderr.close()
    return code, seen.decode(), said.decode()


def test_a_terminal_sees_the_answer_as_it_comes_and_made_safe(tmp_path: Path) -> None:
    """Escapes of a model, also when split over pieces, never reach the terminal."""
    pieces = ("Hel", "lo\x1b", "]0;owned", "\x07\x1b[2J", " world\u202e!")
    code, seen, _ = on_a_terminal(tmp_path, "ask", "hi", pieces=pieces)
    assert code == 0
    assert seen == "Hello world!\r\n"


def test_ctrl_c_keeps_what_was_shown(tmp_path: Path) -> None:
    """Stopping ends the engine's stream cleanly, leaves the text, and says where it is kept."""
    code, seen, said = on_a_terminal(tmp_path, "ask", "hi", pieces=("Half", " a"), hold=True)
    assert code == 1
    assert seen == "Half a\r\n"
    assert "Stopped. It is kept: edgeroute history show c1" in said
    assert "Traceback" not in said


def test_ctrl_c_with_json_still_prints_one_object(tmp_path: Path) -> None:
    """A program that reads JSON gets the partial answer as JSON."""
    code, seen, _ = on_a_terminal(tmp_path, "ask", "--json", "hi", pieces=("Half",), hold=True)
    assert code == 1
    assert json.loads(seen) == {
        "answer": "Half",
        "receipt": None,
        "error": {"code": "cancelled", "message": "You stopped the answer.", "hint": ""},
    }


def test_a_terminal_is_told_when_another_answer_stands(tmp_path: Path) -> None:
    """Text that was shown and then withdrawn is followed by a line that says so."""
    code, seen, said = on_a_terminal(tmp_path, "ask", "hi", pieces=("Good.",), fold="Bad.")
    assert code == 0
    assert seen == "Bad.\r\nGood.\r\n"
    assert "mock/m is set aside: A better answer stands." in said


def test_who_asks_for_a_model_hears_why_another_answers(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What keeps a model that was named from answering is said; what nobody named is not."""
    note = "mock/m cannot answer this, so the policy chooses."
    monkeypatch.setattr(scripted_engine, "PLAN", replace(scripted_engine.PLAN, notes=(note,)))
    assert note in home.run("ask", "--model", "mock/m", "hi").stderr
    assert note not in home.run("ask", "hi").stderr


def test_a_document_on_standard_input_is_an_attached_file(home: Home) -> None:
    """A PDF that is piped in goes the way of an attachment, beside the words."""
    assert home.engine is not None
    home.run("ask", "Summarise", stdin=b"%PDF-1.4\n\0\xff")
    (request,) = home.engine.requests
    text, file = request.messages[-1].parts
    assert (text, file) == (
        Text("Summarise"),
        File("stdin", "application/pdf", b"%PDF-1.4\n\0\xff"),
    )


def begun(home: Home, name: str, door: FrontDoor, at: int) -> None:
    """Store a conversation that began at ``door``, ``at`` seconds ago."""
    stores = home.runtime()._stores
    moment = datetime.now(UTC) - timedelta(seconds=at)
    chats = Conversations(stores.database, now=lambda: moment)
    chats.create(id=name)
    chats.append(name, [user(f"asked in {name}"), assistant("yes")])
    told = receipt(id=f"r-{name}", conversation=name, front_door=door, created=moment)
    stores.receipts.add(told)
    stores.database.close()


def test_going_on_takes_the_command_lines_own_last_conversation(home: Home) -> None:
    """The app's and programs' chats are not the command line's, pinned old ones not its last."""
    assert home.run("ask", "--continue", "hi").exit_code == 2
    begun(home, "old", "cli", 60)
    begun(home, "mine", "cli", 30)
    begun(home, "app", "chat", 10)
    begun(home, "zed", "http", 5)
    stores = home.runtime()._stores
    stores.conversations.pin("old")
    stores.database.close()
    assert home.run("ask", "--continue", "And then?").exit_code == 0
    assert home.engine is not None
    request = home.engine.requests[-1]
    assert request.conversation == "mine"
    assert [m.text for m in request.messages] == ["asked in mine", "yes", "And then?"]
    assert home.run("explain", "-C", "And then?").exit_code == 0
    both = home.run("ask", "--continue", "-c", "old", "hi")
    assert (both.exit_code, "--conversation" in both.stderr) == (2, True)


def test_a_name_that_no_conversation_has_is_said(home: Home) -> None:
    """A mistyped id begins a conversation, as scripts want it, but not without a word."""
    assert "no conversation trop yet" in home.run("ask", "-c", "trop", "hi").stderr
    begun(home, "trip", "cli", 1)
    assert "no conversation" not in home.run("ask", "-c", "trip", "hi").stderr


def test_files_go_with_the_prompt(home: Home, tmp_path: Path) -> None:
    """In their order, as the app attaches them, with the label of their folder."""
    home.configure(f'[privacy.paths]\n"{tmp_path}/own/**" = "private"\n')
    (tmp_path / "own").mkdir()
    note, picture = tmp_path / "note.txt", tmp_path / "own" / "a.png"
    note.write_text("The sky is green.")
    picture.write_bytes(PNG)
    files = ("-f", str(note), "--file", str(picture))
    assert home.run("ask", *files, "What is this?").exit_code == 0
    assert home.engine is not None
    text, file, image = home.engine.requests[-1].messages[-1].parts
    assert text == Text("What is this?")
    assert file == File("note.txt", "text/plain", b"The sky is green.")
    assert image == Image("image/png", PNG, folder="private")
    assert home.run("ask", "-f", str(note)).exit_code == 0
    assert [type(p).__name__ for p in home.engine.requests[-1].messages[-1].parts] == ["File"]
    for missing, said in (
        (str(tmp_path), "is a folder"),
        (str(tmp_path / "none"), "There is no file"),
        ("~/none here", "There is no file"),
        ("~nobody-of-this-name/a", "no such user"),
    ):
        refused = home.run("explain", "-f", missing, "hi")
        assert (refused.exit_code, said in refused.stderr) == (2, True)


def test_a_named_model_that_is_not_asked_is_said(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A prompt that must stay here is answered here, and who named another model reads why."""
    here = Candidate("local/qwen", Place.LOCAL, "It holds a number.")
    plan = replace(
        scripted_engine.PLAN,
        rule="privacy",
        why="It holds a number.",
        candidates=(here,),
        skipped=(Skipped("openai/gpt-5.5", "It is a managed model."),),
    )
    monkeypatch.setattr(scripted_engine, "PLAN", plan)
    told = "openai/gpt-5.5 is not asked: It holds a number."
    assert told in home.run("ask", "-m", "openai/gpt-5.5", "hi").stderr
    assert "is not asked" not in home.run("ask", "hi").stderr

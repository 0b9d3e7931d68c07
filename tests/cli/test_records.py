"""`history`, `receipts`, `stats` and `alerts`: what is stored, as people and programs read it."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from edgeroute.core.comparison import Comparison
from edgeroute.core.messages import assistant, user
from edgeroute.core.model_card import Place
from edgeroute.core.reasons import Reasons
from edgeroute.core.usage import FREE, UNKNOWN_COST, Usage
from edgeroute.store.chats.conversations import Conversations
from tests.cli.conftest import Home
from tests.support.receipts import attempt, receipt

NOW = datetime.now(UTC)


@pytest.fixture
def home(home: Home) -> Home:
    """An installation with two conversations, two receipts and an alert."""
    runtime = home.runtime()
    chats: Conversations = runtime._stores.conversations
    chats.create(id="trip")
    chats.append("trip", [user("Where to in May?"), assistant("Rome \x1b[2J.")], model="openai/x")
    chats.create(id="bank")
    chats.append("bank", [user("My SSN ...")], complete=False)
    chats.latch("bank", "Found: US_SSN.")
    local = attempt(model="local/qwen", place=Place.LOCAL, bytes_sent=0, host="", cost=FREE)
    compared = Comparison(Decimal("0.0012"), Decimal("0.5"), "anthropic/claude-opus-5.5")
    for one in (
        receipt(id="aa1", conversation="trip", created=NOW, compared=compared),
        receipt(local, id="bb2", conversation="bank", created=NOW, model="local/qwen",
                findings={"US_SSN": 2}, private=True, latched=True, user="=cmd()"),
        receipt(attempt(cost=UNKNOWN_COST, usage=Usage()), id="bb3", created=NOW, error="outage",
                model=""),
    ):  # fmt: skip
        runtime._stores.receipts.add(one)
        runtime._stores.ledger.record(one)
    runtime._stores.alerts.add("budget", "80 % of today's budget is spent.")
    runtime._stores.database.close()
    return home


def test_what_left_is_printed_as_one_document(home: Home, tmp_path: Path) -> None:
    """Of all, of one chat or of one answer; into a file of the user's alone if wanted."""
    whole = home.run("history", "left").stdout
    assert whole.startswith("# What left this machine\n\n2 requests to api.openai.com")
    assert "1 request to" in home.run("history", "left", "trip").stdout
    assert "1 request to" in home.run("history", "left", "bb3").stdout
    file = tmp_path / "left.html"
    said = home.run("history", "left", "--format", "html", "-o", str(file))
    assert (said.stdout, said.stderr) == ("", f"Written to {file}.\n")
    assert file.read_text().startswith("<!doctype html>")
    assert file.stat().st_mode & 0o777 == 0o600
    assert home.run("history", "left", "bb2").stderr == "Nothing left this machine.\n"
    assert home.run("history", "left", "nobody").exit_code == 1


def test_history_lists_and_finds(home: Home) -> None:
    """Conversations with their privacy, and turns by their words."""
    listed = home.run("history", "list").stdout
    assert "trip" in listed
    assert "auto, stays here" in listed
    assert "  ask  auto" in listed
    assert json.loads(home.run("history", "list", "--by", "app", "--json").stdout) == []
    assert home.run("history", "list", "--by", "programs").stderr == "No conversation fits.\n"
    (bank, trip) = json.loads(home.run("history", "list", "--json").stdout)
    assert (bank["id"], bank["latched"], trip["title"]) == ("bank", True, "Where to in May?")
    (hit,) = json.loads(home.run("history", "search", "--json", "rom").stdout)
    assert (hit["conversation"], hit["position"]) == ("trip", 0)
    nothing = home.run("history", "search", "zebra")
    assert (nothing.stdout, nothing.stderr) == ("", "Nothing holds these words.\n")


def test_history_shows_and_exports(home: Home, tmp_path: Path) -> None:
    """A conversation as Markdown or JSON, into a file that only its owner can read."""
    assert "Rome" in home.run("history", "show", "trip").stdout
    file = tmp_path / "trip.json"
    done = home.run("history", "export", "--format", "json", "-o", str(file), "trip")
    assert done.exit_code == 0
    assert json.loads(file.read_text())["id"] == "trip"
    assert file.stat().st_mode & 0o777 == 0o600
    missing = home.run("history", "show", "nothing")
    assert missing.exit_code == 1
    assert "edgeroute history list" in missing.stderr


HOSTILE = "\x1b]52;c;b3duZWQ=\x07 fine \u202e\x9b2J"


def test_history_prints_nothing_that_acts(home: Home, tmp_path: Path) -> None:
    """A stored answer's terminal tricks reach neither a pipe nor a file, unless asked for."""
    store = home.runtime()._stores
    store.conversations.create(id="bad", title=HOSTILE)
    store.conversations.append("bad", (user("Hi"), assistant(HOSTILE)), model=HOSTILE)
    store.database.close()
    file = tmp_path / "bad.md"
    assert home.run("history", "export", "-o", str(file), "bad").exit_code == 0
    shown = [
        home.run("history", "show", "bad").stdout,
        home.run("history", "list").stdout,
        home.run("history", "export", "bad").stdout,
        home.run("history", "export", "--format", "json", "bad").stdout,
        file.read_text(),
    ]
    for text in shown:
        assert "fine" in text
        assert not {"\x1b", "\x9b", "\u202e", "\x07"} & {*text}
    assert HOSTILE in home.run("history", "show", "--raw", "bad").stdout
    assert json.loads(shown[3])["turns"][0]["model"] == HOSTILE


def test_an_export_follows_no_link(home: Home, tmp_path: Path) -> None:
    """A link in the place of the file is refused; another file is replaced, for its owner alone."""
    theirs, link = tmp_path / "theirs", tmp_path / "link"
    theirs.write_text("kept")
    link.symlink_to(theirs)
    assert home.run("history", "export", "-o", str(link), "trip").exit_code == 1
    assert theirs.read_text() == "kept"
    old = tmp_path / "old"
    old.write_text("old")
    old.chmod(0o644)
    os.link(old, tmp_path / "other-name")
    assert home.run("history", "export", "-o", str(old), "trip").exit_code == 0
    assert old.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "other-name").read_text() == "old"
    nowhere = home.run("history", "export", "-o", str(tmp_path / "no" / "file"), "trip")
    assert nowhere.exit_code == 1


def test_a_lost_history_is_said_until_it_is_accepted(home: Home) -> None:
    """`doctor` names the loss and what ends it, in every process; afterwards it is silent."""
    database = home.runtime()._stores.database
    database.read("SELECT 1")
    database.close()
    database.path.unlink()
    for _ in range(2):
        assert "history accept-loss" in home.run("doctor").stdout
    assert home.run("history", "accept-loss").exit_code == 0
    assert "history accept-loss" not in home.run("doctor").stdout


def test_history_deletes_after_asking(home: Home) -> None:
    """One conversation or all of them; a no keeps them; wrong words are wrong usage."""
    assert home.run("history", "delete", "trip", stdin="n\n").exit_code == 1
    assert home.run("history", "delete", "--yes", "trip").exit_code == 0
    assert [c["id"] for c in json.loads(home.run("history", "list", "--json").stdout)] == ["bank"]
    assert home.run("history", "delete", "--all", "--yes").exit_code == 0
    assert home.run("history", "list").stderr == "There are no conversations yet.\n"
    assert json.loads(home.run("receipts", "--json").stdout) == []
    assert json.loads(home.run("stats", "--json").stdout)["total"]["calls"] == 3
    home.run("history", "delete", "--all", "--records", "--yes")
    assert json.loads(home.run("stats", "--json").stdout)["total"]["calls"] == 0
    for wrong in (["delete"], ["delete", "--all", "x"], ["delete", "--records", "x"]):
        assert home.run("history", *wrong, "--yes").exit_code == 2


def test_an_answer_is_rated(home: Home) -> None:
    """A thumb is shown with its receipt and with what is known of its rule, and can be undone."""
    assert "your rating   up" in home.run("receipts", "aa", "--rate", "up").stdout
    assert json.loads(home.run("receipts", "aa1", "--json").stdout)["thumb"] == "up"
    by_rule = home.run("stats", "--by", "rule").stdout.splitlines()
    assert "FINE" in by_rule[0]
    assert "1 of 1" in by_rule[1]
    assert json.loads(home.run("stats", "--by", "rule", "--json").stdout)["rows"][0]["fine"] == 1
    assert "your rating" not in home.run("receipts", "aa1", "--rate", "none").stdout
    assert "1 of 1" not in home.run("stats", "--by", "rule").stdout
    assert home.run("receipts", "--rate", "up").exit_code == 2
    failed = home.run("receipts", "bb3", "--rate", "up")
    assert (failed.exit_code, "not answered" in failed.stderr) == (1, True)


def test_receipts_say_what_left(home: Home) -> None:
    """The list, only what left, one in full by the beginning of its id."""
    rows = home.run("receipts").stdout.splitlines()
    assert len(rows) == 4
    assert [
        r["id"] for r in json.loads(home.run("receipts", "--left-machine", "--json").stdout)
    ] == [
        "bb3",
        "aa1",
    ]
    full = home.run("receipts", "aa").stdout
    assert "500 B to api.openai.com" in full
    assert "attempt 1     openai/gpt-5.5: answered" in full
    private = home.run("receipts", "bb2").stdout
    assert "nothing left this machine" in private
    assert "US_SSN x2" in private
    assert json.loads(home.run("receipts", "--json", "bb2").stdout)["findings"] == {"US_SSN": 2}
    ambiguous = home.run("receipts", "bb")
    assert ambiguous.exit_code == 1
    assert "several begin so" in ambiguous.stderr


def test_stats_sum_by_what_is_asked(home: Home) -> None:
    """Tables, JSON and CSV agree; unknown costs are said; a label is never a formula."""
    content = json.loads(home.run("stats", "--by", "provider", "--json").stdout)
    openai = next(row for row in content["rows"] if row["label"] == "openai")
    assert (openai["calls"], openai["cost"], openai["unknown"]) == (2, "0.0012", 1)
    assert content["total"]["baseline"] == "0.5"
    assert content["total"]["routing_saved"] == "0.4988"
    assert content["rows"][0]["baseline_model"] in {"", "anthropic/claude-opus-5.5"}
    shown = home.run("stats", "--by", "provider")
    assert "with anthropic/claude-opus-5.5 for everything" in shown.stderr
    assert "80 % of today's budget is spent. (edgeroute alerts)" in shown.stderr
    table = shown.stdout
    assert "$0.0012 + 1 unknown" in table
    assert table.splitlines()[-1].startswith("total")
    rows = list(csv.reader(io.StringIO(home.run("stats", "--by", "user", "--csv").stdout)))
    assert rows[0][0] == "user"
    assert {row[0] for row in rows[1:]} == {"ann", "'=cmd()"}
    assert json.loads(home.run("stats", "--days", "1", "--json").stdout)["total"]["calls"] == 3
    assert home.run("stats", "--by", "colour").exit_code == 2


def test_alerts_are_new_once(home: Home) -> None:
    """What was shown counts as seen; --all shows it again."""
    assert "80 % of today's budget" in home.run("alerts").stdout
    assert home.run("alerts").stderr == "There are no new alerts.\n"
    (alert,) = json.loads(home.run("alerts", "--all", "--json").stdout)
    assert (alert["kind"], alert["seen"]) == ("budget", True)


def test_an_empty_installation_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to show is a message, not an error."""
    monkeypatch.setenv("EDGEROUTE_HOME", str(tmp_path / "new"))
    fresh = Home()
    for command in (["history", "list"], ["receipts"], ["stats"], ["alerts"],
                    ["receipts", "--left-machine"]):  # fmt: skip
        result = fresh.run(*command)
        assert (result.exit_code, result.stdout) == (0, ""), command
        assert result.stderr


def test_receipts_are_verified(home: Home) -> None:
    """A sentence and a head where all is as it was written; the first break, and 1, where not."""
    whole = home.run("receipts", "verify")
    assert "3 receipts: each is as it was written." in whole.stdout
    head = json.loads(home.run("receipts", "verify", "--json").stdout)["head"]
    home.run("history", "delete", "trip", "--yes")
    after = json.loads(home.run("receipts", "verify", "--head", head, "--json").stdout)
    assert (after["receipts"], after["deleted"], after["broken"]) == (2, 1, [])
    stores = home.runtime()._stores
    stores.database.write("UPDATE receipts SET left_machine = 0 WHERE id = 'bb3'")
    stores.database.close()
    broken = home.run("receipts", "verify")
    assert "Receipt bb3 was changed" in broken.stdout
    assert broken.exit_code == 1
    assert home.run("receipts", "--head", head).exit_code == 2


def test_a_conversation_says_why_each_answer_was_made_where(home: Home) -> None:
    """In the words that the chat app and `receipts` use for it."""
    runtime = home.runtime()
    chats: Conversations = runtime._stores.conversations
    because = "It is short, so a small model is asked."
    runtime._stores.receipts.add(receipt(id="aa9", created=NOW, reasons=Reasons(because)))
    chats.append("trip", [user("And in June?"), assistant("Oslo.")], receipt="aa9")
    runtime._stores.database.close()
    shown = home.run("history", "show", "trip").stdout
    left = next(line for line in shown.splitlines() if because in line)
    assert left.startswith("*")
    assert "to api.openai.com" in left
    assert because in home.run("receipts", "aa9").stdout

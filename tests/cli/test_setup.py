"""`keys`, `config`, `models` and `rules`: what a person sets up."""

from __future__ import annotations

import json
import tomllib
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from edgeroute.cli.commands import models as models_command
from edgeroute.cli.progress import ProgressLine
from edgeroute.core.local_models import Progress
from edgeroute.core.pictures import allowed_as
from edgeroute.core.secret import Secret
from edgeroute.engine.admin.providers import Providers
from tests.cli.conftest import Home
from tests.support.replies import PNG


def test_a_key_is_piped_in_and_never_an_argument(home: Home) -> None:
    """A key set from standard input is known to list and delete, and nothing prints it."""
    assert home.run("keys", "set", "openai", "sk-canary").exit_code == 2
    done = home.run("keys", "set", "openai", stdin="sk-canary-1\n")
    assert done.exit_code == 0
    listed = json.loads(home.run("keys", "list", "--json").stdout)
    assert listed[0] == {"provider": "openai", "name": "OpenAI", "key": "keyring", "state": "ok"}
    assert home.runtime()._stores.keys.get("openai") == Secret("sk-canary-1")
    deleted = home.run("keys", "delete", "openai")
    assert deleted.exit_code == 0
    assert home.run("keys", "delete", "openai").exit_code == 1
    assert "canary" not in done.output + deleted.output + home.run("keys", "list").output


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "\x1b[A"])
def test_what_cannot_be_a_key_is_refused(home: Home, key: str) -> None:
    """An empty or broken value does not reach the keyring."""
    assert home.run("keys", "set", "openai", stdin=key).exit_code == 2
    assert home.keyring.items == {}


def test_an_unknown_provider_is_named_with_the_known_ones(home: Home) -> None:
    """A typing mistake says which providers there are."""
    result = home.run("keys", "set", "opanai", stdin="x")
    assert result.exit_code == 2
    assert "There is no provider `opanai`. Did you mean `openai`" in result.stderr


@pytest.mark.parametrize(("state", "code"), [("good", 0), ("bad", 1), ("no_network", 1)])
def test_a_key_test_says_it_and_has_its_code(
    home: Home, monkeypatch: pytest.MonkeyPatch, state: str, code: int
) -> None:
    """The sentence of the check is printed; only a good key is exit code 0."""

    async def check(self: object, provider: str) -> object:
        return SimpleNamespace(state=state, text=f"{provider} is {state}.")

    monkeypatch.setattr(Providers, "check", check)
    result = home.run("keys", "test", "openai")
    assert (result.exit_code, result.stdout) == (code, f"openai is {state}.\n")


def test_a_missing_key_is_a_failed_test(home: Home) -> None:
    """Testing a key that is not there says how to add it, without any connection."""
    result = home.run("keys", "test", "openai")
    assert result.exit_code == 1
    assert "edgeroute keys set openai" in result.stdout


def test_config_is_set_and_shown(home: Home) -> None:
    """A setting is kept beside the file's comments and shown; mistakes change nothing."""
    home.configure("# mine\n[router]\ntier = 'free'  # cheap\n")
    assert home.run("config", "set", "router.tier", "premium").exit_code == 0
    text = home.paths.settings.read_text()
    assert "# mine" in text
    assert "# cheap" in text
    shown = tomllib.loads(home.run("config", "show").stdout)
    assert shown["router"]["tier"] == "premium"
    assert json.loads(home.run("config", "show", "--json").stdout)["server"]["port"] == 8377
    wrong_ones = (("router.tear", "x"), ("router.tier", "gold"), ("server.port", "many"))
    for key, value in wrong_ones:
        wrong = home.run("config", "set", key, value)
        assert wrong.exit_code == 2
        assert wrong.stderr
    named = (
        ("router.policy", "defualt", "`default`"),
        ("local.backend", "lamacpp", "`llamacpp`"),
        ("local.model", "qwen3-17b", "`qwen3-1.7b`"),
    )
    for key, value, meant in named:
        wrong = home.run("config", "set", key, value)
        assert wrong.exit_code == 2
        assert meant in wrong.stderr
    assert "free" in home.run("config", "set", "router.tier", "gold").stderr
    assert home.paths.settings.read_text() == text
    assert home.run("config", "path").stdout.strip() == str(home.paths.settings)


def test_privacy_lists_are_kept_without_their_text(home: Home) -> None:
    """An allowed text is kept as a hash, a private one finds prompts, and both can be undone."""
    assert home.run("config", "allow", stdin="Project Bluebird").exit_code == 0
    assert home.runtime().lists.allows("project bluebird")
    kept = b"".join(p.read_bytes() for p in home.paths.config.rglob("*") if p.is_file())
    assert b"luebird" not in kept
    assert home.run("config", "disallow", stdin="Project Bluebird").exit_code == 0
    assert home.run("config", "disallow", stdin="Project Bluebird").exit_code == 1
    assert home.run("config", "private", "--kind", "project", stdin="Falcon").exit_code == 0
    assert [term.text for term in home.runtime().lists.private] == ["Falcon"]
    assert home.run("config", "private", "--forget", stdin="Falcon").exit_code == 0
    assert home.run("config", "private", "--forget", stdin="Falcon").exit_code == 1
    assert home.run("config", "allow", stdin=" ").exit_code == 2
    picture = home.paths.config / "fox.png"
    picture.write_bytes(PNG)
    for command, code in (("allow", 0), ("disallow", 0), ("disallow", 1)):
        assert home.run("config", command, "--picture", str(picture)).exit_code == code
        assert home.runtime().lists.allows(allowed_as(PNG)) is (command == "allow")


def test_own_people_are_imported_without_their_text(home: Home, tmp_path: Path) -> None:
    """A dry run keeps nothing; a list shows counts; removed is removed; no value is printed."""
    file = tmp_path / "people.csv"
    file.write_text("first name,last name,phone\nAnna,Holmqvist,+47 412 34 567\n", "utf-8")
    tried = home.run("config", "private", "--import", str(file), "--dry-run")
    assert tried.stdout.split() == ["KIND", "ENTRIES", "name", "1", "phone", "1"]
    assert home.runtime().admin.own.listed() == []
    kept = home.run("config", "private", "--import", str(file))
    listed = home.run("config", "private", "--list")
    assert [line.split()[2:] for line in listed.stdout.splitlines()[1:]] == [
        ["name", "1"],
        ["phone", "1"],
    ]
    found = home.runtime()._privacy.imported.find("holmqvist_anna")
    assert [one.type for one in found] == ["PERSON"]
    written = b"".join(p.read_bytes() for p in home.paths.config.rglob("*") if p.is_file())
    said = "".join(one.stdout + one.stderr for one in (tried, kept, listed))
    assert [w for w in ("olmqvist", "41234567") if w in said or w.encode() in written] == []
    assert home.run("config", "private", "--remove", "phone").exit_code == 0
    assert home.run("config", "private", "--remove", str(file)).exit_code == 0
    assert home.run("config", "private", "--remove", "all").exit_code == 1
    assert home.run("config", "private", "--import", "nowhere.vcf").exit_code == 1
    assert home.run("config", "private", "--dry-run").exit_code == 2
    assert home.run("config", "private", "--list", "--forget").exit_code == 2


def test_models_are_listed_and_recommended(home: Home) -> None:
    """What is here and what could be, with sizes; the best for this machine first."""
    rows = json.loads(home.run("models", "list", "--json").stdout)
    assert {"qwen2.5-coder-0.5b", "rampart"} <= {row["id"] for row in rows}
    assert not any(row["present"] for row in rows)
    best = json.loads(home.run("models", "recommend", "--json").stdout)[0]["id"]
    assert next(row for row in rows if row["id"] == best)["recommended"]
    assert best in home.run("models", "list").stdout
    assert "GB memory" in home.run("models", "recommend").stderr


def test_a_model_that_is_not_here_cannot_be_used(home: Home) -> None:
    """The message says how to fetch it, and the setting stays as it was."""
    result = home.run("models", "use", "qwen2.5-coder-0.5b")
    assert result.exit_code == 4
    assert "edgeroute models pull qwen2.5-coder-0.5b" in result.stderr
    assert not home.paths.settings.exists()
    assert home.run("models", "use", "auto").exit_code == 0
    assert home.runtime().settings.local.model == "auto"


def test_removing_asks_first(home: Home) -> None:
    """A no deletes nothing; there may be nothing to delete."""
    assert home.run("models", "remove", "rampart", stdin="n\n").exit_code == 1
    result = home.run("models", "remove", "--yes", "rampart")
    assert "No file of rampart was here." in result.stderr


@pytest.mark.parametrize("action", [["pull"], ["use"], ["remove", "--yes"]])
def test_an_unknown_local_model_is_refused_with_the_nearest(home: Home, action: list[str]) -> None:
    """Wrong usage, before anything is asked, fetched or written."""
    result = home.run("models", *action, "qwen3-17b")
    assert result.exit_code == 2
    assert "There is no local model `qwen3-17b`. Did you mean" in result.stderr
    assert "`qwen3-1.7b`" in result.stderr
    assert not home.paths.settings.exists()


def test_a_pull_prints_where_the_file_is(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress goes to standard error, the path to standard output."""

    async def pull(self: object, model: str, fetch: object, progress: ProgressLine) -> object:
        progress(Progress("download", "a.gguf", 50, 100, 10.0))
        progress(Progress("note", "a.gguf", text="Hugging Face does not answer."))
        progress(Progress("download", "a.gguf", 100, 100, 10.0))
        return SimpleNamespace(path=Path("/models/a.gguf"))

    monkeypatch.setattr("edgeroute.local.files.models.LocalModels.pull", pull)
    result = home.run("models", "pull", "rampart")
    assert result.stdout == "/models/a.gguf\n"
    assert "fetching a.gguf" in result.stderr
    assert " 50%" in result.stderr
    assert "Hugging Face does not answer." in result.stderr
    assert models_command.pull.help


def test_progress_without_a_terminal_is_a_line_for_each_tenth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A log does not fill with progress, and a new file starts anew."""
    with closing(ProgressLine()) as line:
        for done in range(1001):
            line(Progress("download", "a", done, 1000))
        line(Progress("verify", "a", 1000, 1000))
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 12
    assert "checking a" in shown[-1]


def test_rules_are_listed_checked_and_explained(home: Home) -> None:
    """The policy in force, the packaged policies without a mistake, a rule and a code in words."""
    content = json.loads(home.run("rules", "list", "--json").stdout)
    assert content["policy"] == "default"
    assert "coding-assistant" in content["policies"]
    rule = content["rules"][0]["id"]
    assert rule in home.run("rules", "list").stdout
    assert home.run("rules", "check").exit_code == 0
    assert home.run("rules", "explain", rule).stdout.startswith(f"# {rule}")
    assert "## Use instead" in home.run("rules", "explain", "RT003").stdout
    unknown = home.run("rules", "explain", "nonsense")
    assert unknown.exit_code == 2
    assert "Known: picture, " in unknown.stderr
    assert home.run("rules", "reload").exit_code == 0


def test_each_mistake_has_file_and_line(home: Home, tmp_path: Path) -> None:
    """A policy that does not load and one with an unknown model are exit code 1."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("routing:\n  rules:\n    - condition: tokens <\n      model: local\n"
                      "    - default: local\n")  # fmt: skip
    unknown = tmp_path / "unknown.yaml"
    unknown.write_text("routing:\n  rules:\n    - default: nobody/nothing\n")
    result = home.run("rules", "check", str(broken), str(unknown))
    assert result.exit_code == 1
    assert f"{broken}:3: " in result.stdout
    assert f"{unknown}:3: RT001" in result.stdout
    report = json.loads(home.run("rules", "check", "--json", str(unknown)).stdout)
    assert (report[0]["line"], report[0]["code"]) == (3, "RT001")


def test_expectations_pass_or_fail(home: Home, tmp_path: Path) -> None:
    """A case that does not hold is exit code 1, and what came instead is said."""
    file = tmp_path / "expect.yaml"
    file.write_text(
        "policy: coding-assistant\ncases:\n"
        "  - given: {task: refactor}\n    model: coder\n"
        "  - name: wrong\n    given: {task: refactor}\n    model: local\n"
    )
    result = home.run("rules", "test", str(file))
    assert result.exit_code == 1
    assert "case 1: passed" in result.stdout
    assert "wrong: FAILED" in result.stdout
    results = json.loads(home.run("rules", "test", "--json", str(file)).stdout)
    assert [r["passed"] for r in results] == [True, False]

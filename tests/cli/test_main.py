"""The command itself: quick to start, errors as sentences, the documented exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from edgeroute.cli.command_table import COMMANDS, help_text
from edgeroute.cli.group import cli
from edgeroute.core.errors import (
    EdgeRouteError,
    LocalModelError,
    NothingAnswered,
    PrivacyRefused,
    SettingsError,
)
from tests.cli.conftest import Home
from tests.support.scripted_engine import ScriptedEngine

HEAVY = ("click", "msgspec", "yaml", "textual", "rich", "httpx", "spacy", "presidio_analyzer",
         "starlette", "uvicorn", "keyring", "sqlcipher3", "numpy", "asyncio")  # fmt: skip


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_version_and_help_load_nothing(argument: str) -> None:
    """What a shell asks for often needs neither click nor any other library."""
    script = (
        "import sys\nfrom edgeroute.cli.main import main\n"
        f"main(['{argument}'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True,
                          check=True, timeout=30)  # fmt: skip
    first, *_, last = done.stdout.splitlines()
    assert first.startswith(("edgeroute 0.", "Usage: edgeroute"))
    assert last == "[]"


def test_decisions_use_one_thread() -> None:
    """Matrix products do not fight the local model for cores, unless the user wants it so."""
    script = (
        "import os\nfrom edgeroute.cli.main import main\n"
        "try:\n    main(['rules', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(os.environ['OPENBLAS_NUM_THREADS'])\n"
    )
    for given, used in ((None, "1"), ("4", "4")):
        env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
        env |= {"OPENBLAS_NUM_THREADS": given} if given else {}
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                              check=True, timeout=30, env=env)  # fmt: skip
        assert done.stdout.splitlines()[-1] == used


def test_help_names_every_command(home: Home) -> None:
    """Each command is in the help, has help of its own, and click's help is the quick one."""
    assert home.run("--help").stdout.strip() == help_text().strip()
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", help_text(), re.MULTILINE)
        result = home.run(name, "--help")
        assert result.exit_code == 0, name
        assert f"Usage: cli {name}" in result.stdout


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EdgeRouteError("It failed.", "Try again."), 1),
        (SettingsError("is wrong.", file="a.toml", line=3, hint="Try again."), 1),
        (PrivacyRefused("It must stay.", "Try again."), 3),
        (NothingAnswered("Nobody answered.", "Try again."), 4),
        (LocalModelError("No model.", "Try again."), 4),
    ],
)
def test_an_error_is_a_sentence_and_a_code(home: Home, error: EdgeRouteError, code: int) -> None:
    """Whether raised or told by the engine, it goes to standard error with what to do."""
    home.engine = ScriptedEngine((), error=error)
    told = home.run("ask", "hi")
    assert (told.exit_code, told.stdout) == (code, "")
    assert f"edgeroute: {error.message}\nTry again.\n" in told.stderr

    def fail() -> None:
        raise error

    home.runtime = fail  # type: ignore[assignment,method-assign]
    raised = home.run("receipts")
    assert (raised.exit_code, raised.stdout) == (code, "")
    assert raised.stderr == f"edgeroute: {error.message}\nTry again.\n"


def test_wrong_usage_is_code_2(home: Home) -> None:
    """An unknown command or option, or a missing prompt, is wrong usage."""
    for arguments in (["nonsense"], ["ask", "--nonsense"], ["ask"], ["ask", "--tier", "gold", "x"]):
        result = home.run(*arguments)
        assert result.exit_code == 2, arguments
        assert result.stdout == ""


def test_a_mistake_of_ours_shows_no_values(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error is named without its text, which may quote a prompt."""
    monkeypatch.delenv("EDGEROUTE_DEBUG", raising=False)

    def fail() -> None:
        raise RuntimeError("canary")

    home.runtime = fail  # type: ignore[assignment,method-assign]
    result = home.run("receipts")
    assert result.exit_code == 1
    assert "RuntimeError" in result.stderr
    assert "canary" not in result.output


def test_wrong_settings_are_named_with_file_and_line(home: Home) -> None:
    """A mistake in config.toml stops every command that needs it, and not the one that mends it."""
    home.configure("[router]\ntier = 'gold'\n")
    result = home.run("receipts")
    assert result.exit_code == 1
    assert "config.toml:2" in result.stderr
    assert home.run("config", "path").exit_code == 0
    assert home.run("config", "set", "router.tier", "premium").exit_code == 0
    assert home.run("receipts").exit_code == 0


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("chat.notify", "loud", "bell, desktop, off"),
        ("budget.daily_usd", "-3", "a number from 0"),
        ("chat.nope", "1", "Known here: theme"),
        ("chat.theme", "nrod", "nord"),
        ("chat.keys.hlep", "f9", "help"),
        ("privacy.enterprise_provider", "opnai", "openai"),
        ("local.backend", "lamacpp", "llamacpp"),
    ],
)
def test_a_wrong_setting_is_wrong_usage(home: Home, key: str, value: str, said: str) -> None:
    """Exit code 2, and the sentence names what there is; nothing is written."""
    result = home.run("config", "set", key, value)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not home.paths.settings.exists()


def test_a_setting_is_reset(home: Home) -> None:
    """It goes out of the file, comments stay, and a key that there is not is told."""
    home.configure("[router]\n# dear\ntier = 'premium'\n")
    assert home.run("config", "reset", "router.tier").exit_code == 0
    assert 'tier = "balanced"' in home.run("config", "show").stdout
    assert "# dear" in home.paths.settings.read_text()
    assert home.run("config", "reset", "router.tier").exit_code == 0
    wrong = home.run("config", "reset", "router.teir")
    assert wrong.exit_code != 0
    assert "router.tier" in wrong.stderr


def test_no_command_opens_the_chat(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """`edgeroute` alone is `edgeroute chat`, and its exit code is the app's."""
    from edgeroute import tui

    monkeypatch.setattr(tui, "run", lambda runtime, *, plain: 7 if plain else 5)
    assert home.run().exit_code == 5
    assert home.run("chat", "--plain").exit_code == 7


def test_a_shell_completes_commands_and_options() -> None:
    """Completion offers commands without importing them, and their options."""

    def complete(words: str, word: int) -> str:
        environment = {
            **os.environ,
            "_EDGEROUTE_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(word),
        }
        return subprocess.run(
            [sys.executable, "-m", "edgeroute"], env=environment, capture_output=True, text=True,
            check=False, timeout=30,
        ).stdout  # fmt: skip

    assert "plain,receipts" in complete("edgeroute rec", 1)
    assert "--left-machine" in complete("edgeroute receipts --l", 2)


def test_the_reader_of_a_pipe_may_leave() -> None:
    """`edgeroute ... | head` ends without a trace."""
    script = (
        f"{sys.executable} -c 'from edgeroute.cli.shell import out\n"
        "from edgeroute.cli.group import cli\nimport click\n"
        "@click.command()\ndef many():\n for n in range(100000): out(str(n))\n"
        'cli.get_command = lambda ctx, name: many\ncli.main(["many"])\' | head -1'
    )
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False,
                          timeout=30)  # fmt: skip
    assert done.stdout == "0\n"
    assert "Traceback" not in done.stderr


def test_every_command_has_a_docstring_for_its_help() -> None:
    """No sub-command is without a sentence."""
    import click

    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.help
        for child in getattr(command, "commands", {}).values():
            assert child.help, f"{name} {child.name}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("expain", "hi"), "There is no command `expain`. Did you mean `explain`?"),
        (("models", "lst"), "There is no command `lst`. Did you mean `list`?"),
        (("service", "zzz"), "There is no command `zzz`. Known: install, status, uninstall."),
    ],
)
def test_an_unknown_command_is_refused_with_the_nearest(
    home: Home, words: tuple[str, ...], said: str
) -> None:
    """At the top and in every group, as wrong usage."""
    result = home.run(*words)
    assert (result.exit_code, said in result.stderr) == (2, True)

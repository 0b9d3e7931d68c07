# ruff: noqa: INP001  (a script beside what it writes, not a package)
"""Writes the pages that are taken from the code: the reference, and the map of rooms.

python -m docs.generate      writes them anew; a test says when that is due
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_origin, get_type_hints

import click
import msgspec

from edgeroute.cli.command_table import SECTIONS
from edgeroute.cli.group import cli
from edgeroute.privacy.policy import PrivacyPolicy
from edgeroute.routing.policy import conditions
from edgeroute.server.routes import openapi
from edgeroute.settings import Settings
from edgeroute.settings_fields import default, kind, struct_in, toml

ROOT: Final = Path(__file__).resolve().parents[1]
DOCS: Final = ROOT / "docs"
PACKAGE: Final = ROOT / "edgeroute"
NOTE: Final = "<!-- Written by `python -m docs.generate`: change the code, then run it. -->\n\n"
ROOMS_BEGIN, ROOMS_END = "<!-- rooms -->", "<!-- end of rooms -->"

# What each name of a condition says; a new name is explained here, or nothing is written.
MEANINGS: Final = {
    "task": "what is asked for; empty where the classifier is unsure",
    "complexity": "how much thought it wants",
    "input_tokens": "an estimate of the whole input: history, files and tools included",
    "output_tokens": "an estimate of the answer's length",
    "tier": "how much quality may cost, as the request or the settings say",
    "domain": "a subject in which mistakes are dear; empty for all others",
    "language": "the ISO 639-1 code of the prompt's language; empty where it is unclear",
    "has_images": "the request holds a picture",
    "has_tools": "the caller offers tools",
    "has_code": "the prompt holds source code",
    "has_files": "the request holds a document",
    "internal_code": "the code bears a mark of your own organisation (`rules/privacy.yaml`)",
    "agent": "the coding agent that asks (`rules/tables/agents.yaml`)",
    "role": "the part of an agent that asks: its main loop, a sub-agent, work in the background (a"
    " title, a suggestion), a compaction of the history, a web search, plan mode",
    "privacy": "the conversation's privacy mode",
    "user": "who asks: the caller's `X-EdgeRoute-User`, else the person at this machine",
    "front_door": "the chat app, the command line or the endpoint",
    "hour": "the hour of the day here, 0 to 23",
    "turns": "how many questions the conversation has had, this one included",
    "steps": "how often an agent has called tools for the latest question",
    "failures": "how often one and the same step has failed since the latest question",
    "spent_today": "USD since midnight",
}
KINDS: Final = {str: "text", float: "number", bool: "`true` or `false`"}

SETTINGS: Final = """\
# Settings

`config.toml` lies where `edgeroute config path` says. `edgeroute config show` prints every
setting, `edgeroute config set router.tier premium` changes one and keeps your comments. A key that
is not listed here is an error, with its line.

An editor that knows TOML schemas (Even Better TOML, Taplo, Tombi) completes and checks the file
when its first line names the schema beside this page:

```toml
#:schema /path/to/edgeroute/docs/reference/config.schema.json
```
"""
CONDITIONS: Final = """\
# Conditions of routing rules

{grammar}

A condition has at most {most} characters. What is not known of a text is the empty text.
`edgeroute rules check FILE` names every mistake with its line; `edgeroute explain PROMPT` shows
what these names are for a prompt.

| name | kind | values | says |
|---|---|---|---|
"""
ENTITIES: Final = """\
# Personal data that is looked for

From `rules/privacy.yaml`. `local`: a finding keeps the prompt here, in mask mode too. `mask`: it
stays here, and in mask mode it may leave with a placeholder in its place. `allow`: it is not
looked for. The numbers are the lowest scores that count at the levels `balanced` and `strict`.
Your own `privacy.yaml` names only what it changes ([an example](../../examples/privacy.yaml)).

| entity | is | action | balanced | strict | found by |
|---|---|---|---|---|---|
"""
ENDPOINT: Final = """\
# The endpoint

`edgeroute serve` answers here. `GET /openapi.json` is this page for machines: every route with what
it takes and gives, how the token is sent, and the shape of errors. `/v1` may be left away, and HEAD
is taken wherever GET is. The token comes as `Authorization: Bearer`, `x-api-key` or `api-key`.

| request | is |
|---|---|
"""
COMMANDS: Final = """\
# Commands

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused for privacy, 4 nothing could answer. Data
goes to standard output, messages to standard error.
"""


def pages() -> dict[Path, str]:
    """Every generated file with what belongs into it."""
    reference, architecture = DOCS / "reference", DOCS / "architecture.md"
    before, rest = architecture.read_text("utf-8").split(ROOMS_BEGIN)
    after = rest.split(ROOMS_END)[1]
    return {
        architecture: f"{before}{ROOMS_BEGIN}\n{rooms()}{ROOMS_END}{after}",
        reference / "settings.md": NOTE + settings_page(),
        reference / "config.schema.json": schema(),
        reference / "conditions.md": NOTE + conditions_page(),
        reference / "entities.md": NOTE + entities_page(),
        reference / "commands.md": NOTE + commands_page(),
        reference / "endpoint.md": NOTE + endpoint_page(),
    }


def rooms() -> str:
    """The folders of the package, each with the first line of its docstring."""
    lines = []
    for init in sorted(PACKAGE.rglob("__init__.py"), key=lambda path: path.parent.parts):
        folder = init.parent.relative_to(PACKAGE)
        if not folder.parts:
            continue
        name = "    " * (len(folder.parts) - 1) + f"{folder.name}/"
        lines.append(f"{name:<28}{_first_line(init)}")
    lines += [
        f"{module.name:<28}{_first_line(module)}" for module in sorted(PACKAGE.glob("[!_]*.py"))
    ]
    return "```\n" + "\n".join(lines) + "\n```\n"


def _first_line(module: Path) -> str:
    text = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())


def settings_page() -> str:
    """Every table and key of config.toml."""
    lines = [SETTINGS]
    for name, table in _tables(Settings, ""):
        lines += [f"## `[{name}]`", "", _prose(table), ""]
        lines += ["| key | value | default |", "|---|---|---|"]
        hints = get_type_hints(table, include_extras=True)
        for field in msgspec.structs.fields(table):
            if not struct_in(hints[field.name]):
                given = "required" if field.required else f"`{toml(default(field))}`"
                lines.append(f"| `{field.name}` | {kind(hints[field.name])} | {given} |")
        lines.append("")
    return "\n".join(lines)


def _tables(struct: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, hint in get_type_hints(struct, include_extras=True).items():
        inner = struct_in(hint)
        if inner is None:
            continue
        path = f"{prefix}{name}" + (".NAME" if get_origin(hint) is dict else "")
        yield path, inner
        yield from _tables(inner, f"{path}.")


def _prose(thing: Any) -> str:
    """A docstring as a paragraph."""
    text = "\n".join(line.strip() for line in (thing.__doc__ or "").strip().splitlines())
    return re.sub(r"``([^`]*)``", r"`\1`", text)


def schema() -> str:
    """The JSON schema of config.toml."""
    found = msgspec.json.schema(Settings)
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "config.toml"}
    return json.dumps(whole | found, indent=2).replace("``", "`") + "\n"


def conditions_page() -> str:
    """Every name that a routing rule can ask about."""
    grammar = _prose(conditions).partition("\n\n")[2]
    rows = []
    for name, neutral in conditions.NAMES.items():
        values = ", ".join(
            f"`{json.dumps(value)}`" for value in conditions.known_values(name) or ()
        )
        rows.append(f"| `{name}` | {KINDS[type(neutral)]} | {values} | {MEANINGS[name]} |\n")
    return CONDITIONS.format(grammar=grammar, most=conditions.MAX_LENGTH) + "".join(rows)


def entities_page() -> str:
    """Every kind of personal data that is looked for."""
    rows = []
    for name, entity in PrivacyPolicy.load().entities.items():
        about = " ".join(entity.about.split())
        scores = f"{entity.balanced} | {entity.strict}"
        rows.append(f"| `{name}` | {entity.label} | `{entity.action}` | {scores} | {about} |\n")
    return ENTITIES + "".join(rows)


def endpoint_page() -> str:
    """Every route of the endpoint, as its own document tells of it."""
    operations = openapi.table().operations
    rows = [f"| `{name}` | {each.summary} |\n" for name, each in operations.items()]
    return ENDPOINT + "".join(rows)


def commands_page() -> str:
    """Every command with its arguments and options."""
    lines = [COMMANDS]
    context = click.Context(cli, info_name="edgeroute")
    for title, section in SECTIONS:
        lines += [f"## {title}", ""]
        for entry in section:
            command = cli.get_command(context, entry.name)
            assert command is not None
            lines += _command(command, context, entry.name)
    return "\n".join(lines)


def _command(command: click.Command, parent: click.Context, name: str) -> list[str]:
    context = click.Context(command, parent=parent, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    help_text = " ".join((command.help or "").split("\f")[0].split())
    lines = [f"### `{f'{context.command_path} {usage}'.strip()}`", "", help_text, ""]
    records = [
        record
        for option in command.get_params(context)
        if (record := option.get_help_record(context)) and record[0].startswith("-")
    ][:-1]  # the last one is --help
    if records:
        lines += ["| option | does |", "|---|---|"]
        lines += [f"| `{_cell(option)}` | {_cell(does)} |" for option, does in records]
        lines.append("")
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            lines += _command(found, context, inner)
    return lines


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def main() -> None:
    """Write what has changed and name it."""
    for path, content in pages().items():
        if not path.exists() or path.read_text("utf-8") != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
            click.echo(path.relative_to(ROOT))


if __name__ == "__main__":
    main()

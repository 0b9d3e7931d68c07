"""What the Tab key may complete: names that the settings, the catalog and the history know.

Nothing is sent, nothing is asked for, and whatever goes wrong completes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

from edgeroute.core.display import safe_line

if TYPE_CHECKING:
    from edgeroute.cli.shell import Shell

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
Found = Iterable[tuple[str, str]]  # names, each with what helps to choose it
_LATEST: Final = 50


def _completing(find: Callable[[Shell, click.Context], Found]) -> Complete:
    """``find`` as click wants it: what begins as typed, else files, or nothing on a failure."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        del param
        try:
            found = [*find(ctx.find_root().obj, ctx)]
        except Exception:  # noqa: BLE001 - a line that is being typed is no place for an error
            return []
        known = [
            CompletionItem(name, help=safe_line(text, 60) or None)
            for name, text in found
            if name.startswith(incomplete)
        ]
        return known or [CompletionItem(incomplete, type="file")]

    return complete


@_completing
def models(shell: Shell, _: click.Context) -> Found:
    """What can be asked for: the words, this machine's models, and those of providers with a key
    before all others.
    """
    from edgeroute.engine.deciding.model_names import WORDS

    runtime = shell.runtime
    for word in WORDS:
        yield word, ""
    for row in runtime.admin.models.list():
        if row.present and row.kind != "support":
            yield f"local/{row.id.removeprefix('local/')}", "on this machine"
    ready = runtime.providers.ready()
    cards = runtime.catalog.cards.values()
    for card in sorted(cards, key=lambda card: (card.provider not in ready, card.id)):
        yield card.id, "" if card.provider in ready else "no key"


@_completing
def local_models(shell: Shell, _: click.Context) -> Found:
    """The models that this machine has or can fetch."""
    for row in shell.runtime.admin.models.list():
        yield row.id, "here" if row.present else row.note


@_completing
def providers(shell: Shell, _: click.Context) -> Found:
    """The providers of the catalog."""
    return [(one.id, one.name) for one in shell.runtime.catalog.providers.values()]


@_completing
def policies(shell: Shell, _: click.Context) -> Found:
    """The policies that can be named."""
    return [(name, "") for name in shell.runtime.admin.policies.names()]


@_completing
def rules(shell: Shell, ctx: click.Context) -> Found:
    """The rules of the policy that the line names, or of the one in force."""
    known = shell.runtime.admin.policies
    named = ctx.params.get("policy")
    policy = known.named(named) if named else known.current
    return [(rule.id, rule.sentence) for rule in policy.rules]


@_completing
def conversations(shell: Shell, _: click.Context) -> Found:
    """The latest conversations, with their titles."""
    return [(one.id, one.title) for one in shell.runtime.conversations.list(_LATEST)]


@_completing
def receipts(shell: Shell, _: click.Context) -> Found:
    """The latest receipts, with who answered."""
    return [(one.id, one.model) for one in shell.runtime.receipts.list(limit=_LATEST)]


@_completing
def clients(shell: Shell, _: click.Context) -> Found:
    """The programs that are connected."""
    return [(name, "") for name in shell.runtime.settings.clients]


@_completing
def programs(_: Shell, __: click.Context) -> Found:
    """The programs that can be connected."""
    from edgeroute.cli.connect import catalogue

    return [(name, one.title) for name, one in catalogue.programs().items()]


@_completing
def settings(shell: Shell, _: click.Context) -> Found:
    """The dotted name of every setting, with its value."""
    import msgspec

    return _dotted(msgspec.to_builtins(shell.runtime.settings), "")


@_completing
def values(shell: Shell, ctx: click.Context) -> Found:
    """The values that the setting of this line may have, where they are counted."""
    from edgeroute.datafile import choices
    from edgeroute.settings import Settings

    key = ctx.params.get("key") or ""
    if key == "router.policy":
        return [(name, "") for name in shell.runtime.admin.policies.names()]
    return [(value, "") for value in choices(Settings, f"$.{key}")]


def _dotted(table: dict[str, Any], before: str) -> Found:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _dotted(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", str(value)

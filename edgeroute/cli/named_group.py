"""A group of commands that says which ones may have been meant."""

from __future__ import annotations

import click

from edgeroute.core.names import meant, nearest


class NamedGroup(click.Group):
    """A group whose error about an unknown command names the nearest ones, and then all."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first of ``args`` names.

        Raises:
            UsageError: there is none.
        """
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            known = self.list_commands(ctx)
            listed = f" Known: {', '.join(known)}."
            ctx.fail(f"There is no command `{name}`.{meant(nearest(name, known)) or listed}")
        return super().resolve_command(ctx, args)

"""What is set up, in plain mode: settings, local models, rules, providers, programs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from getpass import getpass

from edgeroute.core.display import safe_line
from edgeroute.core.local_models import Progress
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.core.secret import Secret
from edgeroute.core.words import cost_words, size
from edgeroute.tui.plain.commands import PlainCommand
from edgeroute.tui.plain.context import PlainContext
from edgeroute.tui.setting_check import check_setting


class PlainSetup:
    """Everything that outlives a chat. ``secret`` shows a prompt and reads without an echo."""

    def __init__(self, talk: PlainContext, secret: Callable[[str], str] = getpass) -> None:
        self._talk = talk
        self._secret = secret

    def commands(self) -> list[PlainCommand]:
        """What can be set up."""
        return [
            PlainCommand(
                "/settings", "[WORDS] or [KEY = VALUE]",
                "all settings, or some; change one; KEY = with nothing after it: its default",
                self.settings,
            ),
            PlainCommand(
                "/models", "[fetch, use or remove NAME]", "the models of this machine", self.models
            ),
            PlainCommand(
                "/rules", "[test TEXT, explain RULE or use POLICY]", "the routing rules", self.rules
            ),
            PlainCommand("/providers", "[test NAME]", "providers: state and keys", self.providers),
            PlainCommand("/key", "PROVIDER", "store a key; it is not shown", self.key),
            PlainCommand("/clients", "", "connected programs", lambda _: self.clients()),
            PlainCommand("/own", "SOURCE", "your own people: a vCard, a list, or me", self.own),
        ]  # fmt: skip

    def settings(self, what: str) -> None:
        """Settings that hold some words, or a change of one."""
        from edgeroute.settings_fields import fields_of_file  # noqa: PLC0415

        talk = self._talk
        key, equals, value = (part.strip() for part in what.partition("="))
        fields = {
            one.key: one
            for one in fields_of_file(talk.runtime.settings, talk.runtime.paths.settings)
        }
        if equals and not value:
            if key not in fields:
                talk.error(f"there is no setting {safe_line(key)}.")
                return
            talk.runtime.save(key, None)
            talk.write(f"Setting: {key} has its default again: {fields[key].default or 'none'}.")
            return
        if equals:
            one = fields.get(key)
            talk.runtime.admin.check_setting(key, value)
            check_setting(key, value, talk.runtime.chat.keys)
            quoted = value.startswith(('"', "'"))
            talk.runtime.save(key, json.dumps(value) if one and one.text and not quoted else value)
            talk.write(
                f"Setting: {safe_line(key)} is kept; what runs may heed it at the next start."
            )
            return
        words = what.lower().split()
        for one in fields.values():
            if all(word in f"{one.key} {one.help}".lower() for word in words):
                talk.write(f"Setting: {one.key} = {safe_line(one.value)}, {one.origin}. {one.help}")

    async def models(self, what: str) -> None:
        """The models of this machine, or something done with one."""
        talk = self._talk
        act, _, name = what.partition(" ")
        admin = talk.runtime.admin
        if act == "fetch" and name:
            await admin.pull(name, _Tenths(talk))
            talk.write(f"Model: {safe_line(name)} is here and checked.")
        elif act == "use" and name:
            model = (await asyncio.to_thread(admin.models.use, name)).id
            talk.runtime.save("local.model", model)
            talk.write(f"Model: {model} answers here from the next start on.")
        elif act == "remove" and name:
            if talk.sure(f"Delete the files of {safe_line(name)}?"):
                freed = await asyncio.to_thread(admin.models.remove, name)
                talk.write(f"Model: {size(freed)} are free again.")
        elif what:
            talk.error("/models takes: fetch NAME, use NAME, remove NAME, or nothing.")
        else:
            talk.write(f"Machine: {safe_line(admin.local_models.machine)}.")
            for one in admin.local_models.list(talk.runtime.settings.local.model):
                place = "in use" if one.used else "here" if one.present else "not here"
                talk.write(f"Model: {one.id}, {place}, {size(one.bytes)}, {safe_line(one.words)}")

    async def rules(self, what: str) -> None:
        """The policy in force in words, or something asked of it."""
        talk = self._talk
        act, _, rest = what.partition(" ")
        policies = talk.runtime.admin.policies
        if act == "test" and rest:
            request = ChatRequest((user(rest),), front_door="chat", privacy=talk.state.mode)
            found = await talk.runtime.engine.explain(request, full=True)
            plan, why = found.plan, found.reasons.because or found.plan.why
            talk.write(f"Rule: {safe_line(plan.rule) or 'none'}: {safe_line(why)}")
            for each in plan.candidates:
                talk.write(f"Candidate: {safe_line(each.model)}, {safe_line(each.reason)}")
            talk.write("Note: nothing was sent.")
        elif act == "explain" and rest:
            name = talk.runtime.settings.router.policy
            talk.text("Rule", policies.explain(name, rest))
        elif act == "use" and rest:
            wrong = [str(one) for one in policies.check(rest) if one.level == "error"]
            if wrong:
                talk.error(f"{rest} is not right: {wrong[0]}")
                return
            talk.runtime.save("router.policy", rest)
            talk.write(f"Policy: {safe_line(rest)} is in force from the next message on.")
        elif what:
            talk.error("/rules takes: test TEXT, explain RULE, use POLICY, or nothing.")
        else:
            talk.write(f"Policy: {policies.current.name}, of {', '.join(policies.names())}.")
            for number, one in enumerate(policies.in_words(), 1):
                talk.write(
                    f"Rule {number}: {one.id}, {one.condition}: {one.target}. {one.sentence}"
                )

    async def providers(self, what: str) -> None:
        """How each provider is, or a test of one's key."""
        talk = self._talk
        act, _, name = what.partition(" ")
        if act == "test" and name:
            talk.write(f"Provider: {safe_line(await talk.runtime.providers.test(name), 300)}")
            return
        for one in talk.runtime.providers.status():
            key = f"key: {one.key}" if one.has_key else "no key"
            detail = f", {safe_line(one.detail, 300)}" if one.detail else ""
            talk.write(f"Provider: {one.id}, {safe_line(one.name)}, {one.state}, {key}{detail}")

    async def key(self, provider: str) -> None:
        """Store a key of a provider, and test it."""
        if not provider:
            self._talk.error("/key needs a provider. /providers lists them.")
            return
        key = self._secret(f"Key for {safe_line(provider)}, not shown: ").strip()
        if key:
            await self._talk.runtime.providers.set_key(provider, Secret(key))
            await self.providers(f"test {provider}")

    def clients(self) -> None:
        """The connected programs with their profiles."""
        rows = {row.label: row for row in self._talk.runtime.ledger.rows("client")}
        clients = self._talk.runtime.settings.clients
        for name, profile in clients.items():
            spent = cost_words(rows[name].spent) if name in rows else "nothing"
            self._talk.write(f"Program: {name}, {profile.words}, spent {spent}")
        if not clients:
            self._talk.write("Program: none is connected. `edgeroute connect` connects one.")

    async def own(self, source: str) -> None:
        """Import own people and places from ``source``, after a yes."""
        own = self._talk.runtime.admin.own
        if not source:
            self._talk.error("/own needs a source: a vCard, a CSV, a plain list, or me.")
            return
        preview = await asyncio.to_thread(own.preview, source)
        self._talk.write(f"Own: {preview.sentence}")
        if self._talk.sure("Keep them as keyed hashes?"):
            await asyncio.to_thread(own.keep, preview)
            self._talk.write(f"Own: {sum(preview.counts.values())} entries are kept.")


class _Tenths:
    """A line for each tenth of a download."""

    def __init__(self, talk: PlainContext) -> None:
        self._talk = talk
        self._said: set[tuple[str, str, int]] = set()

    def __call__(self, progress: Progress) -> None:
        """One report."""
        if progress.text:
            self._talk.write(f"Note: {safe_line(progress.text, 400)}")
        elif progress.total:
            tenth = progress.done * 10 // progress.total
            mark = (progress.step, progress.file, tenth)
            if mark not in self._said:
                self._said.add(mark)
                what = "checking" if progress.step == "verify" else "fetching"
                share = f"{tenth * 10} % of {size(progress.total)}"
                self._talk.write(f"Progress: {what} {safe_line(progress.file)}, {share}")

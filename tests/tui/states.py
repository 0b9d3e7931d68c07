"""What the chat app can look like: each state is brought about as a user would, from a new chat."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec
from textual.widgets import Input

from edgeroute.clients import ClientSettings
from edgeroute.tui.app import ChatApp
from edgeroute.tui.screens.dialogs import AskDialog, Confirm
from edgeroute.tui.screens.help import HelpScreen
from edgeroute.tui.screens.local_models import LocalModelsScreen
from edgeroute.tui.screens.onboarding import OnboardingScreen
from edgeroute.tui.screens.own import OwnScreen
from edgeroute.tui.screens.picker import Picker
from edgeroute.tui.screens.plan import PlanScreen
from edgeroute.tui.screens.providers import ProvidersScreen
from edgeroute.tui.screens.receipt import ReceiptScreen
from edgeroute.tui.screens.sent import SentScreen
from edgeroute.tui.screens.spend import SpendScreen
from tests.tui.driver import Driver
from tests.tui.fake_runtime import LONG_ANSWER, FakeRuntime

State = Callable[[Driver], Awaitable[None]]

PRIVATE = "Draft a reply to Anna Berg (anna@example.com, +47 412 34 567): no."


async def empty(chat: Driver) -> None:
    """Nothing said yet."""


async def checking(chat: Driver) -> None:
    """Enter waits for the verdict."""
    chat.runtime.engine.check_gate = asyncio.Event()
    chat.chat.composer.insert("Explain how a hash table works")
    await chat.press("enter")
    await chat.until(lambda: "CHECKING" in chat.strip)


async def forced(chat: Driver) -> None:
    """Personal data in the message box."""
    await chat.type(PRIVATE)


async def cloud(chat: Driver) -> None:
    """A message that may leave."""
    await chat.type("Explain how a hash table works")


async def streaming(chat: Driver) -> None:
    """An answer under way, the next prompt queued."""
    await chat.type("Explain, and hold")
    await chat.press("enter")
    await chat.until(lambda: bool(chat.answers) and "computed" in chat.answers[-1].text)
    chat.chat.composer.insert("and then?")
    await chat.press("enter")
    await chat.until(lambda: "and then?" in chat.words(".queued"))


async def answered(chat: Driver) -> None:
    """An answer with its receipt line."""
    await chat.send("Explain how a hash table works")


async def failed(chat: Driver) -> None:
    """The error card, the prompt back in the box."""
    await chat.send("please fail")
    await chat.until(lambda: chat.text == "please fail")
    await chat.checked()


async def latched(chat: Driver) -> None:
    """A chat that stays local."""
    await chat.chat.chats.open("c1")


async def helped(chat: Driver) -> None:
    """All keys."""
    await chat.press("f1")
    await chat.top(HelpScreen)


async def listed(chat: Driver) -> None:
    """The list of chats, its keys below it."""
    await chat.press("ctrl+s")
    await chat.top(Picker)
    chat.app.screen.query_one(Input).cursor_blink = False


async def planned(chat: Driver) -> None:
    """The plan of the next message."""
    await cloud(chat)
    await chat.press("ctrl+o")
    await chat.top(PlanScreen)


async def traced(chat: Driver) -> None:
    """A receipt in full."""
    await answered(chat)
    await chat.press("f2")
    await chat.top(ReceiptScreen)


async def spent(chat: Driver) -> None:
    """What was spent."""
    await chat.press("f3")
    await chat.top(SpendScreen)


async def left(chat: Driver) -> None:
    """What left this machine."""
    await chat.send("Explain how a hash table works")
    await chat.send("Explain how a heap works")
    await chat.press("f8")
    await chat.top(Picker)
    chat.app.screen.query_one(Input).cursor_blink = False


async def left_text(chat: Driver) -> None:
    """The very text that left."""
    await left(chat)
    await chat.press("enter")
    await chat.top(SentScreen)


async def local_models(chat: Driver) -> None:
    """The models of this machine, one of them under way."""
    await chat.chat.actions.run("show_models")
    await chat.top(LocalModelsScreen)
    await chat.until(lambda: "16 GB" in chat.words(".machine"))
    await chat.press("down", "down", "p")
    await chat.until(lambda: "50%" in chat.words("#result"))


async def page(chat: Driver, action: str) -> None:
    """The page behind ``action``, its filter not blinking."""
    await chat.chat.actions.run(action)
    await chat.top(Picker)
    chat.app.screen.query_one(Input).cursor_blink = False


async def settings(chat: Driver) -> None:
    """Some of the settings."""
    await page(chat, "show_settings")
    await chat.press(*"network", "down")


async def rules(chat: Driver) -> None:
    """A rule of the policy in force."""
    await page(chat, "show_rules")
    await chat.press(*"must-be")


async def rule_test(chat: Driver) -> None:
    """What the rules say of a prompt."""
    await rules(chat)
    await chat.press("ctrl+t")
    await chat.top(AskDialog)
    await chat.press(*"Explain", "enter")
    await chat.top(PlanScreen)


async def clients(chat: Driver) -> None:
    """Connected programs."""
    connected = {"codex": ClientSettings(), "claude-code": ClientSettings("mask", daily_usd=5)}
    chat.runtime.settings = msgspec.structs.replace(chat.runtime.settings, clients=connected)
    await page(chat, "show_clients")
    await chat.press("down")


async def providers(chat: Driver) -> None:
    """Providers in every state."""
    await chat.press("f5")
    await chat.top(ProvidersScreen)
    await chat.press("down", "down")


async def own(chat: Driver) -> None:
    """Own people and places, as they are offered."""
    chat.runtime.own.due = True
    await chat.chat.offer_own()
    await chat.top(OwnScreen)
    chat.app.screen.query_one("#source", Input).cursor_blink = False


async def searched(chat: Driver) -> None:
    """A search in all chats."""
    await page(chat, "find")
    await chat.press(*"regex")
    await chat.until(lambda: "regex" in chat.choices)


async def models(chat: Driver) -> None:
    """The models for the next message."""
    await page(chat, "pick_model")


async def themes(chat: Driver) -> None:
    """The themes."""
    await page(chat, "pick_theme")


async def asked_before(chat: Driver) -> None:
    """Earlier prompts."""
    await page(chat, "search_prompts")


async def systems(chat: Driver) -> None:
    """System prompts."""
    chat.runtime.chat = replace(chat.runtime.chat, prompts={"short": "Answer in one line."})
    await page(chat, "pick_system")


async def found(chat: Driver) -> None:
    """The personal data of a message."""
    await forced(chat)
    await page(chat, "show_findings")


async def not_personal(chat: Driver) -> None:
    """The question before something is never counted again."""
    await found(chat)
    await chat.press("enter")
    await chat.top(Confirm)


async def key_asked(chat: Driver) -> None:
    """The key of a provider is asked for."""
    await chat.press("f5")
    await chat.top(ProvidersScreen)
    await chat.press("end", "s")
    await chat.top(AskDialog)
    chat.app.screen.query_one(Input).cursor_blink = False


async def commands(chat: Driver) -> None:
    """The commands that begin like what is typed."""
    await chat.press("slash", "e")
    await chat.until(lambda: bool(chat.chat.page.suggestions.option_count))


async def on_block(chat: Driver) -> None:
    """A code block is chosen."""
    await answered(chat)
    await chat.press("alt+up", "alt+up")


async def welcomed(chat: Driver) -> None:
    """The first step of the first start."""
    chat.app.action_set_up()
    await chat.top(OnboardingScreen)
    await chat.until(lambda: "AUTO" in chat.choices)


async def welcomed_to_models(chat: Driver) -> None:
    """Its second step."""
    await welcomed(chat)
    await chat.press("right")
    await chat.until(lambda: "recommended" in chat.choices)
    await chat.until(lambda: "Now:" in chat.words("#result"))


async def normal(chat: Driver) -> None:
    """The message box with the keys of vi, not inserting."""
    await chat.type("delete me")
    await chat.press("escape")


PANELS: tuple[State, ...] = (
    helped, listed, searched, planned, traced, spent, left, left_text, local_models, settings,
    rules, rule_test, clients, providers, models, found, own, welcomed,
)  # fmt: skip
STATES: tuple[State, ...] = (
    empty, checking, forced, cloud, streaming, answered, on_block, failed, latched, *PANELS,
    key_asked, themes, asked_before, systems, not_personal, commands, welcomed_to_models, normal,
)  # fmt: skip


def app_in(runtime: FakeRuntime, state: State, theme: str = "") -> ChatApp:
    """The app for ``state``; nothing moves in it."""
    runtime.engine.answer = LONG_ANSWER
    runtime.chat = replace(runtime.chat, theme=theme, vim=state is normal)
    app = ChatApp(runtime.real)
    app.animation_level = "none"
    return app


async def bring(chat: Driver, state: State) -> None:
    """Bring ``state`` about."""
    await chat.until(lambda: chat.chat.draft.local_state == "ready")
    chat.chat.composer.cursor_blink = False
    await state(chat)
    await chat.pilot.pause()

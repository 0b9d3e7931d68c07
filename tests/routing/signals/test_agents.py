"""Which agent asks, and which part of it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.agent_marks import agents
from edgeroute.core.messages import Message, Text, ToolResult, assistant, system, user
from edgeroute.core.request import ChatRequest, ClientProfile, Tool
from edgeroute.core.signals import ROLES
from edgeroute.routing.signals.agents import Asker, read_asker
from tests.support.nouns import messages

TOOLS = (Tool("run"), Tool("look"))
CLAUDE = {"user-agent": "claude-cli/9.9.9 (external, cli)"}
CODEX = {"originator": "codex_cli_rs", "user-agent": "codex_cli_rs/1.0 (Linux)"}
OPENCODE = {"user-agent": "opencode/9.0 ai-sdk/provider-utils/4"}
QWEN = {"user-agent": "QwenCode/3.0.0 (linux; x64)"}


def who(request: ChatRequest) -> tuple[str, str]:
    """The agent and the role."""
    asker = read_asker(request)
    return asker.agent, asker.role


def asked(*turns: Message, **fields: Any) -> ChatRequest:
    """A request of these turns, or of a plain one."""
    return ChatRequest(turns or (user("Mend the parser."),), **fields)


@pytest.mark.parametrize(
    ("headers", "agent"),
    [
        (CLAUDE, "claude-code"),
        (CODEX, "codex"),
        ({"originator": "codex_vscode"}, "codex"),
        (OPENCODE, "opencode"),
        (QWEN, "qwen-code"),
        ({"user-agent": "Cline/4.2"}, "cline"),
        ({"x-title": "Cline"}, "cline"),
        ({"user-agent": "Zed/0.300.1 (linux; x86_64)"}, "zed"),
    ],
)
def test_a_program_names_itself_in_its_headers(headers: dict[str, str], agent: str) -> None:
    """With tools it is the agent's main loop; the signal says that the caller told it."""
    request = asked(tools=TOOLS, introduction=headers)
    assert who(request) == (agent, "main")
    assert read_asker(request).agent_signal.origin == "caller"


@pytest.mark.parametrize("name", sorted(agents()))
def test_a_connected_agent_is_told_by_its_token(name: str) -> None:
    """The name of its profile says it where nothing else does; a script's own name says nothing."""
    assert who(asked(tools=TOOLS, client=ClientProfile(name))) == (name, "main")
    assert who(asked(tools=TOOLS, client=ClientProfile("my-script"))) == ("", "")


@pytest.mark.parametrize("name", [name for name in sorted(agents()) if agents()[name].system])
def test_a_system_prompt_tells_the_agent(name: str) -> None:
    """Any of its openings is enough, however its lines are broken."""
    for opening in agents()[name].system:
        broken = opening.replace(". ", ".\n\n") + " and so on.\nBe kind."
        agent, role = who(asked(system(broken), user("Hello"), tools=TOOLS))
        assert agent == name
        assert role in {"main", "plan"}


@pytest.mark.parametrize("name", [name for name in sorted(agents()) if agents()[name].tools])
def test_tools_that_no_other_offers_together_tell_the_agent(name: str) -> None:
    """All of them are needed, and more may be there."""
    all_of_them = tuple(map(Tool, agents()[name].tools))
    assert who(asked(tools=(*TOOLS, *all_of_them))) == (name, "main")
    assert who(asked(tools=(*TOOLS, *all_of_them[1:]))) == ("", "")


def test_headers_count_more_than_a_token_and_a_token_more_than_texts() -> None:
    """An agent that runs inside an editor under the editor's token is still that agent."""
    text = system("You are OpenCode, a coding agent that helps.")
    both = asked(text, user("Hi"), tools=TOOLS, client=ClientProfile("zed"))
    assert who(both) == ("zed", "main")
    assert who(replace(both, introduction=CODEX)) == ("codex", "main")


@pytest.mark.parametrize(
    ("headers", "turns", "tools", "role"),
    [
        (CLAUDE, [system("You are naming a coding session so the user can find it."), user("x")],
         (), "background"),
        (CLAUDE, [user("Fix it"), assistant("Done"),
                  user("[SUGGESTION MODE: Suggest what the user might type.]")],
         TOOLS, "background"),
        (CLAUDE, [user("quota")], (), "background"),
        (CLAUDE, [user("Fix it"), assistant("Done"),
                  user("CRITICAL: Respond with TEXT ONLY.  Do NOT call any tools.\n\nSum it up.")],
         TOOLS, "compaction"),
        (CLAUDE, [user("Perform a web search for the query: tide tables")], (), "search"),
        (CLAUDE | {"x-claude-code-agent-id": "a1"}, [user("Look at it")], TOOLS, "sub-agent"),
        (CLAUDE | {"x-claude-code-agent-id": "a1"},
         [user("Your task is to create a detailed summary of the conversation so far.")], TOOLS,
         "compaction"),
        (CODEX | {"x-openai-subagent": "collab_spawn"}, [user("Look")], TOOLS, "sub-agent"),
        (CODEX | {"x-openai-subagent": "review"}, [user("Look")], TOOLS, "sub-agent"),
        (CODEX | {"x-openai-subagent": "memory_consolidation"}, [user("Look")], TOOLS,
         "background"),
        (CODEX | {"x-codex-turn-metadata": '{"request_kind": "compaction", "n": 1}'},
         [user("Go")], TOOLS, "compaction"),
        (CODEX | {"x-codex-turn-metadata": '{"request_kind": "turn"}'}, [user("Go")], TOOLS,
         "main"),
        (CODEX | {"x-codex-turn-metadata": "{not json"}, [user("Go")], TOOLS, "main"),
        (CODEX | {"x-codex-turn-metadata": '["request_kind"]'}, [user("Go")], TOOLS, "main"),
        (CODEX, [user("You are performing a CONTEXT CHECKPOINT COMPACTION. Sum up.")], (),
         "compaction"),
        (OPENCODE, [system("You are a title generator. You output ONLY a thread title. No more."),
                    user("Hi")], (), "background"),
        (OPENCODE | {"x-parent-session-id": "ses_1"}, [user("Look")], TOOLS, "sub-agent"),
        (QWEN, [system("You are the component that summarizes internal chat history."),
                user("Go")], (), "compaction"),
        (QWEN, [system("You are a file search specialist agent. Find it."), user("Go")], TOOLS,
         "sub-agent"),
        ({"user-agent": "Cline/4"}, [user("Go")], (*TOOLS, Tool("switch_to_act_mode")), "plan"),
    ],
)  # fmt: skip
def test_each_part_of_an_agent_has_its_role(
    headers: dict[str, str], turns: list[Message], tools: tuple[Tool, ...], role: str
) -> None:
    """Headers, system texts, what the latest turn opens with, and tools tell the part."""
    assert who(asked(*turns, tools=tools, introduction=headers))[1] == role


def test_a_part_may_tell_its_agent_where_no_other_has_it() -> None:
    """A title is asked for without the agent's own system prompt, and perhaps without headers."""
    title = system("You are a title generator. You output ONLY a thread title. Nothing more.")
    assert who(asked(title, user("Hello"))) == ("opencode", "background")


def test_a_plan_holds_until_it_is_left() -> None:
    """The latest line that turns the mode on or off decides, also in a tool loop."""
    on = Message("user", (Text("Rename it"), Text("<system-reminder>\nPlan mode is active. Wait.")))
    off = user("## Exited Plan Mode\n\nYou can now edit.")
    result = Message("tool", (ToolResult("1", (Text("ok"),)),))
    for turns, role in (
        ((on,), "plan"),
        ((on, assistant("I look"), result), "plan"),
        ((on, assistant("Here"), off), "main"),
        ((on, assistant("Here"), off, assistant("Done"), on), "plan"),
        ((user("Is it true that plan mode is active. here?"),), "main"),
    ):
        assert who(asked(*turns, tools=TOOLS, introduction=CLAUDE)) == ("claude-code", role)


def test_fields_of_the_body_tell_it_where_headers_are_lost() -> None:
    """Codex repeats its headers in `client_metadata`."""
    body = {"client_metadata": {"x-openai-subagent": "collab_spawn", "n": 3}, "metadata": "none"}
    request = asked(user("Go"), tools=TOOLS, client=ClientProfile("codex"), source=body)
    assert who(request) == ("codex", "sub-agent")


def test_tools_that_only_a_provider_runs_count_as_tools() -> None:
    """A main loop may offer nothing else."""
    own = {"tools": [{"type": "web_search"}]}
    assert who(asked(introduction=CODEX, extra=own)) == ("codex", "main")


def test_without_tools_and_marks_an_agent_does_what_it_does_without_tools() -> None:
    """For one it is all its work, for another what its main loop leaves to helpers."""
    assert who(asked(introduction=CODEX)) == ("codex", "background")
    assert who(asked(client=ClientProfile("aider"))) == ("aider", "main")


@pytest.mark.parametrize(
    "text",
    [
        "Which is better, Claude Code or Codex?",
        "You are Claude Code, Anthropic's official CLI for Claude. What do you do first?",
        "Explain this system prompt: You are OpenCode, the best coding agent on the planet.",
        "Generate a title for this conversation:\nA talk about tides",
        "Generate a short title (four words or less) for this conversation",
        "Your task is to create a detailed summary of the meeting below.",
        "Perform a web search for the query: tide tables",
        "Plan mode is active. What does that mean in an editor?",
        "Summarize our conversation so far, then suggest what I might ask next.",
        "You are a title generator. You output ONLY a thread title. Topic: my dog",
        "opencode/1.0 is in my access log as a user-agent; who is it?",
    ],
)
@pytest.mark.parametrize("tools", [(), TOOLS])
def test_a_person_who_writes_of_agents_is_none(text: str, tools: tuple[Tool, ...]) -> None:
    """What stands in a person's message names no agent, alone, with a system prompt of one's own,
    later in a talk, or as a tool's result; not from a browser or an SDK either.
    """
    mine = system("You are a helpful assistant of a bakery. You know Codex and Claude Code.")
    result = Message("tool", (ToolResult("1", (Text(text),)),))
    for headers in ({}, {"user-agent": "OpenAI/Python 2.20.0"}, {"user-agent": "Mozilla/5.0"}):
        for turns in (
            (user(text),),
            (mine, user(text)),
            (user("Hi"), assistant("Hello"), user(text)),
            (user("Hi"), assistant(text), result),
        ):
            request = asked(*turns, tools=tools, introduction=headers)
            assert read_asker(request) == Asker()


@pytest.mark.parametrize(
    "text",
    [
        "Generate a title for this release and write the notes.",
        "Your task is to create a detailed summary of the minutes in docs/.",
        "Plan mode is what I want to read about.",
        "Write a suggestion mode: suggest what the user might type.",
    ],
)
@pytest.mark.parametrize("headers", [CLAUDE, CODEX, OPENCODE, QWEN])
def test_a_person_s_wishes_are_the_main_loop_s(text: str, headers: dict[str, str]) -> None:
    """What resembles the agents' own requests is the user's where it is not one of them."""
    assert who(asked(user(text), tools=TOOLS, introduction=headers))[1] == "main"


@pytest.mark.parametrize(
    "text",
    [
        "Act as an expert software developer. Review my code and be kind.",
        "You are an expert programmer who helps people with VS Code.",
        "You are a helpful coding agent.",
        "Summarize the conversation in three sentences.",
        "You write titles for newspaper articles. Answer with the title only.",
    ],
)
def test_a_system_prompt_of_one_s_own_is_no_agent_s(text: str) -> None:
    """Ordinary instructions are shorter or other than what the agents send."""
    assert read_asker(asked(system(text), user("Hello"))) == Asker()


@given(st.lists(messages, max_size=4).map(tuple), st.sampled_from([{}, CLAUDE, CODEX, OPENCODE]))
def test_any_request_has_an_asker(some: Any, headers: dict[str, str]) -> None:
    """No message breaks the reading, which gives the same answer each time."""
    request = ChatRequest(some, introduction=headers)
    found = read_asker(request)
    assert found == read_asker(request)
    assert found.agent in {*agents(), ""}
    assert found.role in {*ROLES, ""}
    assert bool(found.agent) == bool(headers)


def test_a_long_history_costs_little() -> None:
    """Two million characters in a thousand turns are read in well under a second."""
    turns = [each for _ in range(500) for each in (user("word\n" * 400), assistant("x" * 2_000))]
    request = asked(*turns, user("go on"), tools=TOOLS, introduction=CLAUDE)
    start = time.perf_counter()
    assert who(request) == ("claude-code", "main")
    assert time.perf_counter() - start < 1.0

"""Stored responses and the processes around them: a restart, the command line, a shorter time."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.support.installation import Endpoint, Installation
from tests.support.responses_wire import counting, heard
from tests.support.scripted_provider import ScriptedProvider

pytestmark = pytest.mark.timeout(180)
SHORTER = "[server]\nresponses_days = 0.000001\n"  # a tenth of a second


def client(endpoint: Endpoint) -> Any:
    """OpenAI's own client."""
    return openai.OpenAI(api_key=endpoint.token, base_url=endpoint.base_url, max_retries=0)


def test_they_last_as_long_as_the_history_and_the_settings_say(installation: Installation) -> None:
    """A program goes on from one after a restart; none outlives its chat, or its time."""
    names = installation.home / "config" / "rules" / "privacy.yaml"
    names.parent.mkdir(parents=True, mode=0o700)
    names.write_text("names: 'off'\n")
    with ScriptedProvider(counting) as provider:
        installation.provide(provider.base_url)
        with installation.serving() as endpoint, client(endpoint) as program:
            first = program.responses.create(model="mock/m", input="one")
        with installation.serving() as endpoint, client(endpoint) as program:
            second = program.responses.create(
                model="mock/m", input="two", previous_response_id=first.id
            )
            assert heard(provider.requests[-1]) == ["one", "Answer to one", "two"]
            done = installation.run("history", "delete", "--all", "--yes")
            assert done.returncode == 0, done.stderr
            for name in (first.id, second.id):
                with pytest.raises(openai.NotFoundError):
                    program.responses.retrieve(name)
            third = program.responses.create(model="mock/m", input="three")
            assert program.responses.retrieve(third.id).id == third.id
        installation.provide(provider.base_url, more=SHORTER)
        with (
            installation.serving() as endpoint,
            client(endpoint) as program,
            pytest.raises(openai.NotFoundError),
        ):
            program.responses.retrieve(third.id)

"""A secret shows itself only when asked to."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback

import pytest

from edgeroute.core.secret import Secret

VALUE = "sk-canary-0123456789"


def test_every_way_of_printing_shows_stars() -> None:
    """repr, str, format, %-format, f-string, containers and log records never hold the value."""
    secret = Secret(VALUE)
    record = logging.LogRecord("x", 20, "f", 1, "key %s", (secret,), None)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", "%s" % secret]  # noqa: UP031
    shown += [str([secret]), str({"k": secret}), record.getMessage(), ascii(secret)]
    assert not any(VALUE in text for text in shown)


def test_it_cannot_be_serialised() -> None:
    """pickle, json and deepcopy refuse."""
    secret = Secret(VALUE)
    for serialise in (pickle.dumps, json.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            serialise(secret)


def test_a_traceback_does_not_show_it() -> None:
    """A traceback with a secret in the message shows stars."""
    try:
        raise ValueError(Secret(VALUE))
    except ValueError:
        assert VALUE not in traceback.format_exc()


def test_reveal_equality_and_truth() -> None:
    """The value is there for whoever asks by name; empty is false."""
    assert Secret(VALUE).reveal() == VALUE
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(VALUE) != Secret("other")
    assert not Secret("")
    assert Secret(VALUE)
    assert Secret(VALUE) != VALUE
    assert len({Secret(VALUE), Secret(VALUE), Secret("other")}) == 2
    assert str(Secret(VALUE)) == repr(Secret(VALUE)) == "Secret(***)"
    assert f"{Secret(VALUE):>14}" == "   Secret(***)"

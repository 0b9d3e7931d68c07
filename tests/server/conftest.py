"""A running endpoint over doubles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.endpoint import Endpoint, reset, running


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """One real server on loopback for all tests."""
    with running(tmp_path_factory.mktemp("endpoint")) as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(served: Endpoint) -> Endpoint:
    """The server with a fresh scripted engine and fresh stores behind it."""
    reset(served.runtime)
    return served

"""Tasks by name: `nox -l` lists them. Each is one command in the one .venv, which you can type too.

nox itself is all that is needed beyond Python (`pipx install nox`): the scripts make .venv.
"""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["light"]


@nox.session
def light(session: nox.Session) -> None:
    """Run the named tests (default: core) without llama.cpp and models: `nox -s light -- FILE`."""
    chosen = session.posargs or ["tests/core"]
    session.run("sh", "packaging/test.sh", "--light", *chosen, external=True)


@nox.session
def test(session: nox.Session) -> None:
    """Run what CI runs: the checks of the source, then the whole suite or the named tests."""
    session.run("sh", "packaging/test.sh", *session.posargs, external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and import contracts."""
    for command in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",), ("lint-imports",)):
        tool, *rest = command
        session.run(f".venv/bin/{tool}", *rest, external=True)


@nox.session
def docs(session: nox.Session) -> None:
    """Write the pages that are taken from the code."""
    session.run(".venv/bin/python", "-m", "docs.generate", external=True)


@nox.session(venv_backend="venv")
def site(session: nox.Session) -> None:
    """Build the pages of docs/ as a site in site/, without a warning; readers need no network."""
    session.install("mkdocs-material>=9.8,<10")
    session.run("mkdocs", "build", "--strict", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Lock the dependencies anew; needs uv."""
    session.run("sh", "packaging/lock.sh", *session.posargs, external=True)

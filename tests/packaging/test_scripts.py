"""The two commands that set EdgeRoute up: sound shell, clear sentences, nothing done twice."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [*sorted((ROOT / "packaging").rglob("*.sh")), ROOT / ".ci" / "run"]
LOCKS = [
    *sorted((ROOT / "packaging").glob("requirements*.txt")),
    *sorted((ROOT / "models").glob("llamacpp*.txt")),
]
TOOLS = [
    *("basename", "cat", "cksum", "cut", "date", "dirname", "ls", "mkdir", "mv", "printf", "rm"),
    *("rmdir", "sed", "sleep", "tail", "tr", "uname"),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the scripts read, with a virtual environment that only pretends."""
    for name in ("packaging", "models"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with the common tools alone: no Python, no compiler."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def run(checkout: Path, tools: Path, script: str = "run.sh", *arguments: str) -> tuple[int, str]:
    """Run a script with only ``tools``; its exit code and everything that it says."""
    done = subprocess.run(
        ["/bin/sh", str(checkout / "packaging" / script), *arguments],
        env={"PATH": str(tools), "HOME": str(checkout / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=50,
        check=False,
    )
    return done.returncode, done.stdout


def write(path: Path, text: str) -> None:
    """An executable script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_shell_can_read_them(script: Path) -> None:
    """Every script is plain POSIX shell."""
    subprocess.run(["/bin/sh", "-n", str(script)], check=True)
    shellcheck = shutil.which("shellcheck")
    if shellcheck:
        subprocess.run([shellcheck, "-x", str(script)], check=True, cwd=ROOT)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_they_can_be_started(script: Path) -> None:
    """Every script but the shared one can be run by its name."""
    assert script.name == "setup.sh" or os.access(script, os.X_OK)


def test_without_python_it_says_what_to_install(checkout: Path, tools: Path) -> None:
    """A machine without Python gets a sentence with the command for it."""
    code, said = run(checkout, tools)
    assert code == 1
    assert "needs Python 3.11 or newer, and there is no python3" in said
    assert "apt install python3" in said


def test_an_old_python_is_named(checkout: Path, tools: Path) -> None:
    """A Python that is too old is told apart from none."""
    write(tools / "python3", '[ "$1" = -V ] && echo "Python 3.9.1" && exit 0; exit 1')
    code, said = run(checkout, tools)
    assert code == 1
    assert "python3 here is Python 3.9.1" in said


def test_without_venv_it_says_what_to_install(checkout: Path, tools: Path) -> None:
    """Debian ships Python without the module for virtual environments."""
    write(tools / "python3", 'case "$1" in -m) exit 1 ;; -V) echo Python 3.12.1 ;; esac')
    code, said = run(checkout, tools)
    assert code == 1
    assert "apt install python3-venv" in said
    assert not (checkout / ".venv").exists()


def pretend_python(checkout: Path) -> None:
    """A virtual environment whose Python writes down what it is asked to install."""
    write(
        checkout / ".venv" / "bin" / "python",
        f"""case "$*" in
*purelib*) echo {checkout} ;;
*"pip install"*) echo "$*" >>asked ;;
esac""",
    )
    (checkout / ".venv" / "pyvenv.cfg").write_text("")


def test_sets_up_once_and_hands_arguments_on(checkout: Path, tools: Path) -> None:
    """The first run installs wheels with hashes and compiles nothing, the second only starts."""
    pretend_python(checkout)
    write(checkout / ".venv" / "bin" / "edgeroute", 'echo "edgeroute $*"')
    code, said = run(checkout, tools, "run.sh", "ask", "two words")
    assert code == 0
    assert [line for line in said.splitlines() if line.startswith("edgeroute")] == [
        "edgeroute ask two words"
    ]
    *locked, editable = asked = (checkout / "asked").read_text().splitlines()
    assert "--editable" in editable
    assert all("--require-hashes" in line and "--only-binary :all:" in line for line in locked)
    assert [line.rsplit("/", 1)[-1] for line in locked] == [
        "requirements-build.txt",
        "requirements.txt",
    ]
    code, again = run(checkout, tools, "run.sh", "--version")
    assert (code, again) == (0, "edgeroute --version\n")
    assert (checkout / "asked").read_text().splitlines() == asked


@pytest.mark.parametrize("lock", ["requirements", "requirements-test", "requirements-build"])
def test_no_lock_of_an_environment_names_what_must_be_compiled(lock: str) -> None:
    """llama.cpp and its tools are in the locks that EdgeRoute compiles from, and in no other."""
    text = (ROOT / "packaging" / f"{lock}.txt").read_text()
    assert not re.search("^(llama-cpp-python|cmake|ninja|scikit-build)", text, re.MULTILINE)


def test_a_changed_lock_is_installed(checkout: Path, tools: Path) -> None:
    """New dependencies are noticed at the next run."""
    pretend_python(checkout)
    write(checkout / ".venv" / "bin" / "edgeroute", "true")
    run(checkout, tools)
    before = (checkout / "asked").read_text().count("\n")
    with (checkout / "packaging" / "requirements.txt").open("a") as lock:
        lock.write("# changed\n")
    run(checkout, tools)
    assert (checkout / "asked").read_text().count("\n") == 2 * before


def test_without_llamacpp_no_suite_is_run(checkout: Path, tools: Path) -> None:
    """Where llama.cpp cannot be compiled test.sh ends with a sentence, before any test."""
    pretend_python(checkout)
    write(checkout / ".venv" / "bin" / "edgeroute", 'echo "$*"; exit 1')
    code, said = run(checkout, tools, "test.sh")
    assert code == 1
    assert "llama.cpp could not be compiled" in said


def test_the_suite_has_the_last_word(checkout: Path, tools: Path) -> None:
    """test.sh checks the source, then ends with what pytest says, and with its exit code."""
    pretend_python(checkout)
    for name in ("edgeroute", "ruff", "mypy", "lint-imports"):
        write(checkout / ".venv" / "bin" / name, f'echo "{name} $*"')
    write(checkout / ".venv" / "bin" / "pytest", 'echo "pytest $* $EDGEROUTE_MODELS"; exit 3')
    code, said = run(checkout, tools, "test.sh", "tests/wire")
    assert code == 3
    lines = said.splitlines()
    assert lines[-1].startswith("pytest --numprocesses ")
    assert lines[-1].endswith(f" tests/wire {checkout}/home/.cache/edgeroute/models")
    assert [line for line in lines if line.startswith(("ruff", "mypy", "lint"))] == [
        "ruff check",
        "ruff format --check",
        "mypy ",
        "lint-imports ",
    ]


def test_a_failing_suite_is_not_run_again(checkout: Path, tools: Path) -> None:
    """A test that fails once has failed: no second run hides it."""
    pretend_python(checkout)
    for name in ("edgeroute", "ruff", "mypy", "lint-imports"):
        write(checkout / ".venv" / "bin" / name, "true")
    write(checkout / ".venv" / "bin" / "pytest", "echo run >>runs; exit 1")
    code, _ = run(checkout, tools, "test.sh")
    assert code == 1
    assert (checkout / "runs").read_text() == "run\n"


def test_light_compiles_and_fetches_nothing(checkout: Path, tools: Path) -> None:
    """`test.sh --light` installs wheels and runs the named tests; the full script completes it."""
    pretend_python(checkout)
    write(
        checkout / ".venv" / "bin" / "edgeroute",
        'echo "edgeroute $*" >&2; echo /packages/llama_cpp',
    )
    for name in ("ruff", "mypy", "lint-imports"):
        write(checkout / ".venv" / "bin" / name, "true")
    write(checkout / ".venv" / "bin" / "pytest", 'echo "pytest $*"')
    code, said = run(checkout, tools, "test.sh", "--light", "tests/core/test_usage.py")
    assert code == 0
    assert said.splitlines()[-1] == "pytest tests/core/test_usage.py"
    assert "edgeroute models" not in said
    installed = (checkout / "asked").read_text()
    assert run(checkout, tools, "test.sh")[0] == 0
    assert (checkout / "asked").read_text() == installed
    assert (checkout / "llamacpp.pth").read_text() == "/packages\n"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_dependency_is_pinned_by_hash(lock: Path) -> None:
    """Each line of a lock names one version with its hashes, and no index or local path."""
    text = lock.read_text()
    pins = re.findall(r"^[A-Za-z0-9][^\n]*", text, re.MULTILINE)
    assert len(pins) >= 5
    assert all("==" in pin and pin.endswith("\\") for pin in pins)
    assert text.count("--hash=sha256:") >= len(pins)
    assert not re.search(r"https?://|--index|file:| /", text.replace("# via", ""))


@pytest.mark.parametrize("tests", [False, True], ids=["run", "test"])
def test_the_lock_is_that_of_the_project(*, tests: bool) -> None:
    """Every dependency of pyproject.toml is locked at a version that it allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + (project["optional-dependencies"]["test"] if tests else [])
    name = "requirements-test.txt" if tests else "requirements.txt"
    lock = (ROOT / "packaging" / name).read_text()
    locked = dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^\]]*\])?==([^ ]+)", lock, re.MULTILINE))
    for requirement in map(Requirement, wanted):
        version = locked[canonicalize_name(requirement.name)]
        assert version in requirement.specifier, f"{requirement}: run packaging/lock.sh"

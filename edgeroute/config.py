"""The settings file, read and changed, and the folders everything lies in."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from edgeroute.clients import check_name
from edgeroute.core.errors import SettingsError
from edgeroute.core.private_file import close_folder, write_private
from edgeroute.datafile import expected, split_validation_error
from edgeroute.settings import ALL_SETTINGS, Settings

if TYPE_CHECKING:
    import tomlkit

# Linux allows 108 bytes in a socket's path, macOS 104; the socket's own name needs some of them.
_SOCKET_FOLDER_LIMIT: Final = 80


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one installation.

    ``config`` holds config.toml and the user's own rules and models YAML, ``data`` the database,
    ``models`` model files, ``state`` logs and the endpoint's token, ``runtime`` sockets and locks.
    ``own`` says that they are the platform's folders for EdgeRoute, which hold nothing else.
    """

    config: Path
    data: Path
    models: Path
    state: Path
    runtime: Path
    own: bool = False

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.config / "config.toml"

    @classmethod
    def find(cls) -> Paths:
        """The platform's folders, or everything under EDGEROUTE_HOME where that is set.

        EDGEROUTE_MODELS moves the model files alone, so that installations can share them.
        """
        home = os.environ.get("EDGEROUTE_HOME", "")
        if home:
            base = Path(home).expanduser().absolute()
            paths = cls(
                base / "config", base / "data", base / "models", base / "state", base / "run"
            )
        else:
            import platformdirs  # noqa: PLC0415

            dirs = platformdirs.PlatformDirs("edgeroute", appauthor=False)
            data = dirs.user_data_path
            paths = cls(
                dirs.user_config_path,
                data,
                data / "models",
                dirs.user_state_path,
                # Without a session's own folder the platform's answer is a shared one.
                dirs.user_runtime_path
                if os.environ.get("XDG_RUNTIME_DIR") or sys.platform == "darwin"
                else dirs.user_state_path / "run",
            )
        models = os.environ.get("EDGEROUTE_MODELS", "")
        runtime = paths.runtime
        if len(os.fsencode(runtime)) > _SOCKET_FOLDER_LIMIT:
            digest = hashlib.blake2b(os.fsencode(runtime), digest_size=6).hexdigest()
            runtime = Path(tempfile.gettempdir()) / f"edgeroute-{os.getuid()}-{digest}"
        return cls(
            paths.config,
            paths.data,
            Path(models).expanduser().absolute() if models else paths.models,
            paths.state,
            runtime,
            own=not home,
        )

    def close_own(self) -> None:
        """Take others' access away from folders of EdgeRoute's own that were left open."""
        if self.own:
            for folder in (self.config, self.data, self.state):
                close_folder(folder)


def load(path: Path) -> Settings:
    """The settings in ``path``; defaults where there is no such file.

    Raises:
        SettingsError: unreadable, not TOML, an unknown key or a wrong value, with file and line.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot be read: {error}.", file=str(path)) from error
    return parse(text, str(path))


def parse(text: str, file: str = "config.toml") -> Settings:
    """The settings in ``text``; ``file`` is named in errors.

    Raises:
        SettingsError: as for ``load``.
    """
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise SettingsError("is nested too deeply.", file=file, line=1) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found.group(1)) if found else len(text.splitlines())
        raise SettingsError(f"is not valid TOML: {error}.", file=file, line=line) from error
    try:
        settings = msgspec.convert(content, Settings)
    except msgspec.ValidationError as error:
        message, path = split_validation_error(error)
        raise SettingsError(
            f"{message}.",
            file=file,
            line=_line_of(text, path),
            hint=f"{expected(Settings, message, path)} {ALL_SETTINGS}".lstrip(),
        ) from error
    for name in settings.clients:
        check_name(name, file, _line_of(text, f"$.clients.{name}"))
    for pattern in settings.privacy.paths:
        lines = (at for at, line in enumerate(text.splitlines(), 1) if pattern and pattern in line)
        check_folder(pattern, file, next(lines, _line_of(text, "$.privacy.paths")))
    return settings


def check_folder(pattern: str, file: str = "", line: int = 0) -> None:
    """Refuse a pattern of folders that could match nothing, or not what is meant.

    Raises:
        SettingsError: it is relative, leads back, or holds a sign that no key can hold.
    """
    named = pattern.startswith(("/", "~/")) or pattern == "~"
    if named and ".." not in pattern.split("/") and not set(pattern) & set('"\0\n'):
        return
    raise SettingsError(
        f"privacy.paths: {pattern!r} names no folder.",
        file=file,
        line=line,
        hint='It begins with / or ~/ and holds no "..": "~/clients/**" is what lies in ~/clients.',
    )


def _line_of(text: str, path: str) -> int:
    """The line (from 1) of the key or table at a msgspec ``path`` such as ``$.local.backend``."""
    plain = re.sub(r"\[\d+\]", "", path.removeprefix("$").replace("[...]", ".*"))
    wanted = [step for step in plain.split(".") if step]
    best, depth, table = 0, 0, list[str]()
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("["):
            here = table = _key(line.strip("[]"))
        elif "=" in line and not line.startswith("#"):
            here = table + _key(line.partition("=")[0])
        else:
            continue
        matches = all(a in {b, "*"} for a, b in zip(wanted, here, strict=False))
        if matches and depth < len(here) <= len(wanted):
            best, depth = number, len(here)
    return best or 1


def _key(dotted: str) -> list[str]:
    """The steps of a key; quotes keep the full stops of one together."""
    steps = re.split(r"\.(?=(?:[^\"']|\"[^\"]*\"|'[^']*')*$)", dotted)
    return [step.strip().strip("\"'") for step in steps]


def change(path: Path, key: str, value: str) -> Settings:
    """Set the dotted ``key`` to ``value`` in the file, comments kept, and return what now holds.

    ``value`` is read as TOML where it is TOML, else as text. Nothing is written unless the result
    is valid.

    Raises:
        SettingsError: the file was not valid before, with file and line.
        UnknownName, WrongValue: there is no such setting, or it does not take this.
    """
    import tomlkit  # noqa: PLC0415

    from edgeroute.setting_typed import meaning, mistake  # noqa: PLC0415

    steps = _key(key)
    document = _document(path)
    before = tomlkit.dumps(document)
    table: Any = document
    for name in steps[:-1]:
        table = table.setdefault(name, tomlkit.table())
        if not isinstance(table, dict):
            raise mistake(steps, value, SettingsError(f"`{name}` is no table."))
    table[steps[-1]] = meaning(steps, value)
    try:
        return _written(path, document)
    except SettingsError as error:
        parse(before, str(path))  # a mistake of before is the one to tell of
        raise mistake(steps, value, error) from error


def forget(path: Path, key: str) -> Settings:
    """Take the dotted ``key`` out of the file, so that its default holds; comments stay.

    Tables that hold nothing else go as well.

    Raises:
        SettingsError: the file is not valid.
    """
    import tomlkit  # noqa: PLC0415

    document = _document(path)
    tables: list[Any] = [document]
    *above, last = _key(key)
    for name in above:
        tables.append(tables[-1].get(name, tomlkit.table()))
    tables[-1].pop(last, None)
    for name, holder, table in reversed([*zip(above, tables, tables[1:], strict=False)]):
        if not table.as_string().strip():
            holder.pop(name, None)
    return _written(path, document)


def _document(path: Path) -> tomlkit.TOMLDocument:
    import tomlkit  # noqa: PLC0415

    text = path.read_text("utf-8") if path.exists() else ""
    try:
        return tomlkit.parse(text)
    except tomlkit.exceptions.ParseError as error:
        raise SettingsError(f"is not valid TOML: {error}.", file=str(path)) from error


def _written(path: Path, document: tomlkit.TOMLDocument) -> Settings:
    """What holds once ``document`` is the file, which it becomes where it is valid."""
    import tomlkit  # noqa: PLC0415

    changed = tomlkit.dumps(document)
    settings = parse(changed, str(path))
    write_private(path, changed.encode())
    return settings


def show(settings: Settings) -> str:
    """Every setting with its value, as TOML."""
    lines: list[str] = []
    _show_table(msgspec.to_builtins(settings), "", lines)
    return "\n".join(lines).strip() + "\n"


def _show_table(table: dict[str, Any], name: str, lines: list[str]) -> None:
    values = {key: value for key, value in table.items() if not isinstance(value, dict)}
    if name and (values or not table):
        lines.append(f"\n[{name}]")
    plain = re.compile(r"[A-Za-z0-9_-]+")
    lines.extend(
        f"{key if plain.fullmatch(key) else _toml(key)} = {_toml(value)}"
        for key, value in values.items()
    )
    for key, value in table.items():
        if isinstance(value, dict) and value:
            step = key if plain.fullmatch(key) else _toml(key)
            _show_table(value, f"{name}.{step}" if name else step, lines)


def _toml(value: object) -> str:
    # JSON's strings, numbers, booleans and arrays are TOML's.
    return msgspec.json.encode(value).decode()


def system_user() -> str:
    """The name of the person at this machine, for the ledger."""
    import getpass  # noqa: PLC0415

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid()) if sys.platform != "win32" else "user"

# ruff: noqa: INP001  (a hook of the site's builder, not a package)
"""A hook for mkdocs: files of the checkout that pages link to become part of the site.

What lies outside of docs/ (SECURITY.md, examples/, rules/) is copied under `checkout/`, so that no
page leads to another host.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
INSIDE: Final = "checkout"
_LINK: Final = re.compile(r"(?<=\]\()(?!https?:)([^)#\s]+)")


def outside(page: str, target: str) -> str:
    """The path, from the top of the checkout, of a link's target that lies outside of docs/; empty
    where it lies inside. ``page`` is the linking page's path below docs/.
    """
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), target))
    return "" if path.startswith(("docs/", "../")) else path


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Lead links out of docs/ to the copies."""
    here = page.file.src_uri

    def led(link: re.Match[str]) -> str:
        path = outside(here, link[1])
        return posixpath.relpath(f"{INSIDE}/{path}", posixpath.dirname(here)) if path else link[1]

    return _LINK.sub(led, markdown)


def on_files(files: Any, *, config: Any) -> Any:
    """Add what the pages link to, and what these files link to in turn."""
    from mkdocs.structure.files import File  # noqa: PLC0415 - it is here while the site is built

    wanted = {
        path
        for file in files.documentation_pages()
        for link in _LINK.findall(Path(file.abs_src_path).read_text("utf-8"))
        if (path := outside(file.src_uri, link))
    }
    for path in sorted(wanted):
        for found in _files(ROOT / path):
            name = f"{INSIDE}/{found.relative_to(ROOT).as_posix()}"
            files.append(File.generated(config, name, content=_text(found)))
    return files


def _files(path: Path) -> list[Path]:
    return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _text(path: Path) -> str:
    """A file as it is; a page's own links to other files as their names, for they are no pages."""
    text = path.read_text("utf-8")
    if path.suffix != ".md":
        return text
    folder = path.parent

    def named(link: re.Match[str]) -> str:
        target = (folder / link[2]).resolve()
        inside = target.is_relative_to(ROOT / "docs") and target.suffix == ".md"
        if not inside:
            return link[1]
        here = ROOT / "docs" / INSIDE / path.relative_to(ROOT)
        return f"[{link[1]}]({os.path.relpath(target, here.parent)}{link[3] or ''})"

    return re.sub(r"\[([^\]]*)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)", named, text)

"""What is not text: pictures, files and sealed data inside a request or its bytes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from edgeroute.privacy.inspecting.json_texts import MAX_DEPTH, OBJECTS, OWN_KEYS, KeyValues
from edgeroute.word_lists import word_set

_SEALED: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}", re.ASCII)
_SEALED_LENGTH: Final = 512
_MEDIA_PARTS: Final = """
    audio computer_screenshot container_upload document file image image_file image_url input_audio
    input_file input_image input_video media video video_url
"""
# Parts of these types hold something other than text.
_MEDIA_TYPES: Final = frozenset(_MEDIA_PARTS.split())
# What a media part says about itself in words.
_WORD_KEYS: Final = frozenset(
    {"context", "detail", "filename", "format", "media_type", "mime_type", "name", "title"}
)


class Uncleared(Exception):
    """A body holds something that is not text and was not cleared as an attachment."""


def is_medium(kind: str) -> bool:
    """Whether parts of the type ``kind`` hold something other than text."""
    return kind in _MEDIA_TYPES


def decoded(text: str) -> bytes | None:
    """The bytes of base64 text (either alphabet), or None where it is none."""
    if _SEALED.fullmatch(text) is None:
        return None
    plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def is_sealed(text: str, length: int = _SEALED_LENGTH) -> bool:
    """Whether ``text`` is one long run of encoded data that is no text when decoded."""
    if len(text) < length or _SEALED.fullmatch(text, 0, 256) is None:
        return False
    data = decoded(text)
    if data is None:
        return False
    try:
        return not data.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return True


def without_cleared(value: Any, cleared: Callable[[bytes], bool]) -> Any:
    """A JSON value without the pictures, files and sealed data in it that were ``cleared``.

    Raises:
        Uncleared: one of them was not.
    """
    if not _may_hold_media(value):
        return value
    return _Stripper(cleared).strip(value, "", False, False, 0)  # noqa: FBT003


class _Stripper:
    """Takes what is cleared out of a value."""

    def __init__(self, cleared: Callable[[bytes], bool]) -> None:
        self._cleared = cleared

    def strip(self, value: Any, key: str, in_media: bool, spoken: bool, depth: int) -> Any:  # noqa: FBT001
        if depth > MAX_DEPTH:
            raise Uncleared("nested too deeply")
        if isinstance(value, str):
            return self._string(value, key, in_media=in_media)
        if isinstance(value, OBJECTS):
            pairs = value if isinstance(value, KeyValues) else tuple(value.items())
            # A call's arguments and a schema may well speak of files.
            spoken = spoken or key in OWN_KEYS
            media = in_media or (not spoken and any(_names_media(*pair) for pair in pairs))
            return KeyValues(
                (name, self.strip(item, name, media, spoken, depth + 1)) for name, item in pairs
            )
        if isinstance(value, (list, tuple)):
            return [self.strip(item, key, in_media, spoken, depth + 1) for item in value]
        return value

    def _string(self, text: str, key: str, *, in_media: bool) -> str:
        if _is_data_url(text):
            return self._take(text, _data_url(text.strip()))
        is_word = text in word_set("json_fields.words") or text in _MEDIA_TYPES
        if in_media and not is_word and (key not in _WORD_KEYS or is_sealed(text, 64)):
            return self._take(text, decoded(text))
        if is_sealed(text):
            return self._take(text, decoded(text))
        return text

    def _take(self, text: str, data: bytes | None) -> str:
        if data is not None and self._cleared(data):
            return ""
        if self._cleared(text.encode("utf-8", "surrogatepass")):
            return ""
        raise Uncleared("not cleared")


def _may_hold_media(value: Any) -> bool:
    """Whether there is any reason to look closer: a cheap walk that most bodies end with."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if item in _MEDIA_TYPES or _is_data_url(item) or is_sealed(item):
                return True
        elif isinstance(item, (list, tuple)):  # the pairs of an object too
            waiting += item
        elif isinstance(item, Mapping):
            waiting += item.values()
    return False


def _is_data_url(text: str) -> bool:
    return ":" in text[:24] and text[:24].lstrip()[:5].lower() == "data:"


def _names_media(key: str, value: Any) -> bool:
    return key == "type" and isinstance(value, str) and value in _MEDIA_TYPES


def _data_url(url: str) -> bytes | None:
    head, comma, body = url.partition(",")
    if not comma:
        return None
    return decoded(body) if head.lower().endswith(";base64") else unquote_to_bytes(body)

"""Passwords, keys and tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from edgeroute.privacy.detecting.recognizers import (
    secret_backups,
    secret_formats,
    secret_names,
    secret_openings,
    secret_sentences,
    secret_shapes,
)
from edgeroute.privacy.detecting.recognizers.secret_values import is_random
from edgeroute.privacy.detecting.text.examples import EXAMPLE, is_beside_example
from edgeroute.privacy.detecting.text.page import PUBLIC, Hit, Page
from edgeroute.word_lists import one_of

_LONG: Final = 20  # signs of a drawn key; an example has fewer
_WORDS: Final = re.compile(
    rf"{secret_names.CUE.pattern}|{one_of('secrets.hints')}|:\d{{2,5}}:|:[${{]|@(?:tcp|unix)\(|[^\x00-\x7f]"
)
# What is measured, as it is told to a server: login_total{method="password"} 99120
_METRIC: Final = re.compile(
    r"[A-Za-z_:][\w:]{0,120}\{[^{}\n]{1,300}\} [\d.e+-]{1,30}(?: \d{1,16})?"
)
# Each format holds one of these in small letters; the shortest is a token of Slack.
_FORMAT: Final = r"://|-----begin|[a-z0-9_.,+/=%~-]{15}"


class Secrets:
    """Credentials of any kind, by format or next to their words. Placeholders do not count."""

    name = "secrets"
    types = ("SECRET",)
    needs = re.compile(
        rf"{_WORDS.pattern}|{_FORMAT}|{secret_openings.NEEDS.pattern}|{secret_backups.ANSWERED.pattern}"
    )

    def find(self, page: Page) -> Iterator[Hit]:
        """Formats first, then values that something calls a password or a key."""
        yield from secret_formats.by_form(page)
        yield from secret_names.unnamed(page)
        if page.holds(_WORDS):
            yield from _but_examples(page, secret_names.named(page))
            yield from secret_formats.by_place(page)
            yield from _but_metrics(page, _but_examples(page, secret_sentences.told(page)))
            yield from secret_shapes.phrases(page)
            yield from secret_backups.listed(page)
        if page.holds(secret_backups.ANSWERED):
            yield from secret_backups.answers(page)
        if page.holds(secret_openings.NEEDS):
            yield from _but_metrics(page, secret_openings.opened(page))
            yield from secret_shapes.shaped(page)


def _but_metrics(page: Page, hits: Iterable[Hit]) -> Iterator[Hit]:
    """``hits``, but for figures of what a program measures."""
    for hit in hits:
        if "{" not in page.text or not _METRIC.fullmatch(page.text, *page.line(hit.start)):
            yield hit


def _but_examples(page: Page, hits: Iterable[Hit]) -> Iterator[Hit]:
    """``hits``; what code has beside an example is one wherever else it stands, but for what is
    drawn by chance and long.
    """
    if not page.form.is_published or not page.holds(EXAMPLE):
        yield from hits
        return
    found = list(hits)
    shown = {
        page.text[hit.start : hit.end]
        for hit in found
        if not (hit.end - hit.start >= _LONG and is_random(page.text[hit.start : hit.end]))
        and is_beside_example(page, hit.start, hit.end)
    }
    for hit in found:
        public = page.text[hit.start : hit.end] in shown
        yield replace(hit, score=PUBLIC) if public else hit

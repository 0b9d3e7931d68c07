"""Whether a prompt plainly asks for a picture."""

from __future__ import annotations

import re
from typing import Final

from edgeroute.routing.signals.keywords import ends

_NOUN: Final = (
    r"(?:picture|image|photo(?:graph)?|illustration|drawing|painting|portrait|logo|icon|poster"
    r"|wallpaper|sticker|avatar|cartoon|artwork|watercolou?r|caricature|bild|zeichnung|dessin"
    r"|dibujo|imagen|immagine)s?\b"
    # As in "a photo sharing service": what is asked for is no picture.
    r"(?!\s+(?:sharing|hosting|storage|uploads?|processing|recognition|service|app|site|server)\b)"
)
_ARTICLE: Final = r"(?:an?|the|my|our|some|one|two|three|ein(?:e|en)?|une?|un[oa]?)\b"
_NO_LINK: Final = r"(?!(?:for|of|to|with|from|about|on|in|and|that|which)\b)"
_MADE: Final = re.compile(
    r"\b(?:draw|paint|sketch|illustrate|generate|create|make|design|render|produce|give me|show me"
    r"|i (?:want|need|would like|'d like)|zeichne|male|erstelle|dessine|crée|dibuja|crea|disegna)"
    r"\s+(?:me\s+|us\s+|mir\s+|uns\s+)?"
    + _ARTICLE
    + r"(?:\s+"
    + _NO_LINK
    + r"[\w'-]+){0,5}?\s+"
    + _NOUN,
    re.IGNORECASE,
)
_DRAWN: Final = re.compile(
    r"^\W*(?:(?:please|now|can you|could you|bitte)\W+)*"
    r"(?:draw|paint|sketch|illustrate|zeichne|male|dessine|dibuja|disegna)\s+"
    r"(?:me\s+|us\s+|mir\s+|uns\s+)?" + _ARTICLE,
    re.IGNORECASE,
)
_TITLED: Final = re.compile(
    r"^\W*(?:"
    + _ARTICLE
    + r"\s+)?(?:"
    + _NO_LINK
    + r"[\w'-]+,?\s+){0,4}?(?:"
    + _NOUN
    + r"|concept art|close-up|icon set|digital art|album cover)\s+(?:of|with|showing)\s[^?]*$",
    re.IGNORECASE,
)
# What is said with such words, but is answered with text or code.
_NOT: Final = re.compile(
    r"\b(?:svg|ascii|mermaid|html|css|latex|tikz|matplotlib|plotly|canvas|plantuml|graphviz|code"
    r"|script|function|class|component|api|docker(?:file)?|container|disk|iso|tag|prompts?|parallel"
    r"|diagram|chart|graph|table|conclusions?|comparisons?|distinction|line(?! art)|lessons?"
    r"|inference|attention|lots?|caption|description|alt|describe|classif\w+|python|javascript)\b",
    re.IGNORECASE,
)
# What is sketched in words, unless a picture of it is named.
_THOUGHT: Final = re.compile(
    r"\b(?:pipeline|architecture|plan|outline|system|approach|workflow|schema|component)s?\b",
    re.IGNORECASE,
)


def asks_for_picture(text: str) -> bool:
    """Whether ``text`` plainly asks for a picture, and not for code or words about one."""
    text = ends(text).strip()
    if _NOT.search(text):
        return False
    named = _MADE.search(text) or _TITLED.search(text)
    return bool(named or (_DRAWN.search(text) and not _THOUGHT.search(text)))

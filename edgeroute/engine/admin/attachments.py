"""What an attached file means for where the chat is answered, in words. Pure."""

from __future__ import annotations

_STAY = "Every attached file stays on this machine, and so does the chat from then on: your privacy"
_JUDGED = (
    "Its content is read here and judged like what you type: where nothing personal is found, it"
    " leaves with the message if the answer comes from a provider. What cannot be read, and what"
    " lies in a folder that you made private, stays here, and so does the chat from then on."
)
_READ = (
    "The text in a picture is read, too; one that shows a face, or is of an identity, medical or"
    " financial document, stays."
)
_UNREAD = "Pictures are not read (privacy.ocr is off or lacks something, see doctor): they stay."
_UNLESS = "You can let a single picture go."


def attachments_in_words(*, all_stay: bool, pictures_read: bool) -> str:
    """The truth about this installation's attachments, to be read before one is chosen."""
    if all_stay:
        return f"{_STAY} rules say attachments_private."
    if pictures_read:
        return f"{_JUDGED} {_READ} {_UNLESS}"
    return f"{_JUDGED} {_UNREAD} {_UNLESS}"

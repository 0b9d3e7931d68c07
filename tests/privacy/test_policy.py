"""The privacy policy: what rules/privacy.yaml may say, and what a user may change."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.privacy.policy import EntityAction, Level, PrivacyPolicy


@pytest.fixture
def policy() -> PrivacyPolicy:
    """The packaged policy."""
    return PrivacyPolicy.load()


def test_every_packaged_entity_is_documented(policy: PrivacyPolicy) -> None:
    """Each entity has a label for people and a sentence that says what is found."""
    assert all(e.label and len(e.about) > 20 for e in policy.entities.values())


def test_secrets_are_never_maskable(policy: PrivacyPolicy) -> None:
    """A password must not leave in any form, so mask mode keeps such a prompt here."""
    assert policy.action("SECRET") is EntityAction.LOCAL


def test_an_unknown_type_stays_local(policy: PrivacyPolicy) -> None:
    """A recogniser that the policy does not know can only make a prompt more private."""
    assert policy.action("SOMETHING_NEW") is EntityAction.LOCAL


def test_an_allowed_entity_never_counts(policy: PrivacyPolicy, tmp_path: Path) -> None:
    """The action allow puts the threshold out of reach."""
    (tmp_path / "privacy.yaml").write_text("entities: {IP_ADDRESS: {action: allow}}\n")
    assert PrivacyPolicy.load(tmp_path).threshold("IP_ADDRESS") > 1


def test_strict_needs_no_more_than_balanced(policy: PrivacyPolicy) -> None:
    """Every threshold of strict is at most that of balanced."""
    strict = msgspec.structs.replace(policy, level=Level.STRICT)
    assert all(strict.threshold(name) <= policy.threshold(name) for name in policy.entities)


def test_an_own_file_changes_only_what_it_names(policy: PrivacyPolicy, tmp_path: Path) -> None:
    """A user's file is laid over the packaged one, and its lists are added."""
    (tmp_path / "privacy.yaml").write_text(
        "level: strict\nalways_private: {words: [Project Falcon]}\ntools: {trusted: [wiki_*]}\n"
    )
    own = PrivacyPolicy.load(tmp_path)
    assert own.level is Level.STRICT
    assert own.always_private.words == ("Project Falcon",)
    assert own.tools.private == policy.tools.private
    assert own.entities == policy.entities


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("levle: strict\n", "levle"),
        ("level: lax\n", "lax"),
        ("entities: {US_SNN: {action: allow}}\n", "US_SNN"),
        ("entities: {US_SSN: {balanced: 0}}\n", "US_SSN"),
        ("always_private: {patterns: ['(']}\n", "regular expression"),
        ("always_private: {patterns: ['a*']}\n", "empty text"),
        ("budget: {seconds: 0}\n", "budget"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(text: str, said: str, tmp_path: Path) -> None:
    """No mistake in a user's file passes silently; the error names the file and the mistake."""
    (tmp_path / "privacy.yaml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        PrivacyPolicy.load(tmp_path)
    assert "privacy.yaml" in str(caught.value)
    assert said in str(caught.value)


def test_the_version_changes_with_everything_that_changes_a_verdict(
    policy: PrivacyPolicy, tmp_path: Path
) -> None:
    """Level, lists and the allow list all lead to another version; equal input to the same."""
    (tmp_path / "privacy.yaml").write_text("always_private: {words: [x1]}\n")
    versions = {
        policy.version(),
        policy.version(b"a"),
        policy.version(b"a", b"b"),
        policy.version(b"ab"),
        msgspec.structs.replace(policy, level=Level.STRICT).version(),
        PrivacyPolicy.load(tmp_path).version(),
    }
    assert len(versions) == 6
    assert policy.version() == PrivacyPolicy.load().version()


@pytest.mark.parametrize(
    ("origin", "private"),
    [
        ("user", False),
        ("system", False),
        ("assistant", False),
        ("tool:GmailReadEmail", True),
        ("tool:calendar.list", True),
        ("tool:gmail_search", True),
        ("tool:read_mail", True),
        ("tool:list_calendar_events", True),
        ("tool:get_contacts", True),
        ("tool:whatsapp_history", True),
        ("tool:WhatsAppSearch", True),
        ("tool:slack_read_channel", True),
        ("tool:read_messages", True),
        ("tool:searchPhotos", True),
        ("tool:mcp__outlook__list", True),
        ("tool:read_file", False),
        ("tool:list_files", False),
        ("tool:apply_file_diff", False),
        ("tool:search_documents", False),
        ("tool:read_notebook", False),
        ("tool:chat_completion", False),
        ("tool:get_message_format", False),
        ("tool:commit_message", False),
        ("tool:handle_signal", False),
        ("tool:list_teams", False),
        ("tool:zoom_image", False),
        ("tool:memory_bank_read", False),
        ("tool:calculator", False),
        ("attachment", False),
    ],
)
def test_origin_makes_private(policy: PrivacyPolicy, origin: str, *, private: bool) -> None:
    """What reads a person's mail, messages, calendar, contacts or photos is private; a file, and
    what has such a word for something else, is judged by what it holds.
    """
    assert policy.private_origin(origin) is private


def test_a_trusted_tool_is_not_private_by_origin(tmp_path: Path) -> None:
    """A user takes a tool off the list by trusting it."""
    (tmp_path / "privacy.yaml").write_text("tools: {trusted: ['*mail_templates']}\n")
    assert PrivacyPolicy.load().private_origin("tool:read_mail")
    assert PrivacyPolicy.load().private_origin("tool:slack_mail_templates")
    assert not PrivacyPolicy.load(tmp_path).private_origin("tool:slack_mail_templates")


def test_all_attachments_stay_where_the_user_says_so(tmp_path: Path) -> None:
    """The choice of keeping every attached file here remains."""
    (tmp_path / "privacy.yaml").write_text("attachments_private: true\n")
    assert PrivacyPolicy.load(tmp_path).private_origin("attachment")


def test_an_office_counts_at_strict_where_the_text_may_be_private_at_all() -> None:
    """At balanced a text has to be likely private; at strict a small doubt is enough."""
    policy = PrivacyPolicy.load()
    strict = msgspec.structs.replace(policy, level=Level.STRICT)
    doubtful = (policy.offices_strict + policy.offices) / 2
    assert not policy.counts_details(doubtful)
    assert strict.counts_details(doubtful)
    assert not strict.counts_details(policy.offices_strict / 2)

"""What looks like a finding in published code, beside what is one."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.policy import PrivacyPolicy

HARMLESS = {
    "a standard": "- Gaps: that is the norm: ISO 8601 and RFC 33391 are read.",
    "a badge": "https://img.shields.io/badge/Chat-Room-5765F2.svg",
    "a digest in a link": "* encode it ([cf69430](https://github.com/tool/tool/commit/cf69430))",
    "a tag of a comment": "/**\n * A space at the end of a line.\n * @param after If so.\n */\n",
    "a directive": "x = 1;\n// lint-disable-next-line @scope/no-empty-object-type\ny();\n",
    "a word that begins like pass": "It will be passed as :pr:`73194`, passing `Emit#it2` on.",
    "a call": "const code = reader.readUInt16BE(0);\n",
    "a session of a program": '{"session_id":"5b2d9c1e-77a4-4f0b-9e3d-c1a5f0b8d246"}',
    "the same, escaped": '{"m": "{\\"session_id\\":\\"5b2d9c1e-77a4-4f0b-9e3d-c1a5f0b8d246\\"}"}',
    "flags": "const valid = [\n  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1,\n];\n",
    "a sample address": "def test_dash(self):\n    assert clean('foo-bar@yahoo.com') == 'x'\n",
    "who takes reports": "# Security policy\n\nReport a vulnerability in private.\n\n"
    "1. GitHub security advisories\n2. Email: mara@ostrowski.dev, as listed\n",
}
PRIVATE = {
    "a patient": "No. RM 4471902 must be called today.",
    "a member": "Badge 57652-11 is hers, ask at the gate.",
    "a tax code": "CF 69430-771, the same as last year, is her personal id number.",
    "a handle": "Write to me on LINE: @mara_ost77",
    "a session cookie": "Cookie: session_id=q8Zt4mW1xK9pLr2Vb7Nc",
    "a key in the form of an id": '{"api_key": "5b2d9c1e-77a4-4f0b-9e3d-c1a5f0b8d246"}',
    "a password": "The password you passed on is Tr0ub(4)dor!",
    "a code": "the door code is 4471#",
    "an address": "Ask foo-lover@yahoo.com whether she can come on Sunday.",
}


@pytest.fixture(scope="module")
def detector() -> Detector:
    """Stage one alone."""
    return Detector(msgspec.structs.replace(PrivacyPolicy.load(), names="off"), Path())


@pytest.mark.parametrize("name", HARMLESS)
def test_form_is_nobodys(detector: Detector, name: str) -> None:
    """Standards, badges, digests, tags, calls, flags and samples are not taken for a person's."""
    assert detector.scan(HARMLESS[name], full=True, origin="tool:read").findings == ()


@pytest.mark.parametrize("name", PRIVATE)
def test_what_is_somebodys_is_found(detector: Detector, name: str) -> None:
    """The same signs count where they mean somebody."""
    assert detector.scan(PRIVATE[name], full=True).private

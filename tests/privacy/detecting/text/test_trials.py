"""Which strings stand in tests."""

from __future__ import annotations

import time

import pytest

from edgeroute.privacy.detecting.text.page import Page

VALUE = "george@vandelay.net"
TESTS = {
    "function": f"def test_call():\n    assert call('{VALUE}')\n",
    "method": f"class TestCalls:\n    def setUp(self):\n        self.who = '{VALUE}'\n",
    "case": f"class Calls(unittest.TestCase):\n    who = '{VALUE}'\n",
    "table": f'@pytest.mark.parametrize("who", [\n    "{VALUE}",\n])\ndef test_x(who):\n    pass\n',
    "javascript": f"describe('calls', () => {{\n  it('reads', () => {{\n    call('{VALUE}');\n",
    "one line": f"test('reads', () => call(\"{VALUE}\"));\n",
    "go": f'func TestCall(t *testing.T) {{\n\tcall("{VALUE}")\n}}\n',
    "ruby": f'describe "calls" do\n  it "reads" do\n    call("{VALUE}")\n  end\nend\n',
}
OTHERS = {
    "function": f"def call():\n    return send('{VALUE}')\n",
    "after a test": f"def test_call():\n    pass\n\n\nBUYERS = ['{VALUE}']\n",
    "comment in a test": f"def test_call():\n    # '{VALUE}' cannot log in\n    assert call()\n",
    "words in a test": f"def test_call():\n    assert call()  # of {VALUE}\n",
    "no code": f"test results of '{VALUE}': positive\n",
}


def _held(text: str) -> bool:
    start = text.index(VALUE)
    return Page(text).trials.holds(start, start + len(VALUE))


@pytest.mark.parametrize("name", TESTS)
def test_strings_of_tests_are_known(name: str) -> None:
    """Whatever stands further in than the line that opens a test belongs to it."""
    assert _held(TESTS[name])


@pytest.mark.parametrize("name", OTHERS)
def test_other_strings_and_remarks_are_not(name: str) -> None:
    """A list beside the tests and a remark in one may be about somebody."""
    assert not _held(OTHERS[name])


@pytest.mark.parametrize("piece", ["def test():\n", "  'a'", '"', "it(", " "])
def test_a_long_text_is_read_in_time(piece: str) -> None:
    """Half a million characters take seconds at most."""
    text = "def test_a():\n" + piece * (500_000 // len(piece))
    begun = time.process_time()
    assert not Page(text).trials.holds(0, 3)
    assert time.process_time() - begun < 5

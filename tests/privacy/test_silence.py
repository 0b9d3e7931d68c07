"""Reading for personal data speaks to nobody, in a process of its own with cold caches."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.model_files import require

SCRIPT = """
import sys
from pathlib import Path

spoken = []
sys.addaudithook(lambda event, args: spoken.append((event, args))
    if event.startswith(("socket.connect", "socket.get", "socket.send", "subprocess", "os.exec"))
    else None)

from edgeroute.boundary import lockdown
lockdown.install()
from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.policy import PrivacyPolicy

detector = Detector(PrivacyPolicy.load(), Path(sys.argv[1]))
for _ in range(3):  # loading may use up a text's budget on a busy machine
    try:
        detector.warm()
        break
    except Exception as error:
        print(error, file=sys.stderr)
scan = detector.scan("Write to jane.roe@gmail.com and see http://www.example.co.uk/x", full=True)
assert scan.private, scan
assert [f.type for f in scan.findings] == ["EMAIL_ADDRESS"], scan
assert not spoken, spoken
"""


def test_the_first_e_mail_address_opens_nothing(tmp_path: Path) -> None:
    """No look-up, no connection, no other program: not even to learn what domains there are."""
    folder = require("rampart/model_q4.onnx").parent.parent
    environment = {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "TLDEXTRACT_CACHE": str(tmp_path / "tld"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert done.returncode == 0, done.stderr

"""A disk that is really full: a file system of a few megabytes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from pathlib import Path
from edgeroute.core.errors import StoreError
from edgeroute.core.messages import assistant, user
from edgeroute.core.secret import Secret
from edgeroute.store.chats.conversations import Conversations
from edgeroute.store.database.database import Database
folder = Path(sys.argv[1])
ballast = folder / "ballast"
ballast.write_bytes(bytes(2_400_000))
key = Secret("5e" * 32)
path = folder / "data" / "edgeroute.db"
database = Database.open(path, key)
chats = Conversations(database)
chat = chats.create().id

def turn():
    return chats.append(chat, (user("q" * 20_000), assistant("a" * 20_000)))

kept = 0
try:
    while kept < 1000:
        turn()
        kept += 1
except StoreError as error:
    print(error)
print(len(chats.turns(chat)) == kept > 0)
ballast.unlink()
turn()
database.close()
again = Database.open(path, key)
print(len(Conversations(again).turns(chat)) == kept + 1, again.check(), again.notices)
again.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system of its own")
def test_a_full_disk_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    """When no byte fits any more the error says so, old turns are read, and room lets it go on."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    enter = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    mount = f'mount -t tmpfs -o size=4m,mode=0700 none "{tmp_path}" && exec "$@"'
    done = subprocess.run(
        [*enter, mount, "sh", sys.executable, "-c", SCRIPT, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    told, readable, afterwards = done.stdout.splitlines()
    assert "free some space" in told
    assert readable == "True"
    assert afterwards == "True True ()"

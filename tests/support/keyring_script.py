# ruff: noqa: T201
"""Run under ``dbus-run-session``: a real keyring, used through ``Keys`` as the program does.

Arguments: what to do (``use``, ``locked``, ``hang``), then a folder for the keyring's files.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path


def start_gnome_keyring() -> subprocess.Popen[bytes]:
    """A fresh gnome-keyring with an unlocked login collection."""
    daemon = subprocess.Popen(
        ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert daemon.stdin is not None
    daemon.stdin.write(b"password of the keyring")
    daemon.stdin.close()
    return daemon


def own_a_silent_service() -> None:
    """Be the Secret Service, and never answer."""
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import open_dbus_connection

    connection = open_dbus_connection()
    connection.send_and_get_reply(message_bus.RequestName("org.freedesktop.secrets"))

    def receive() -> None:
        while True:
            connection.receive()

    threading.Thread(target=receive, daemon=True).start()


def lock_collections() -> None:
    """Lock every collection of the keyring."""
    import secretstorage

    connection = secretstorage.dbus_init()
    for collection in secretstorage.get_all_collections(connection):
        collection.lock()


def main(what: str, folder: Path) -> None:
    """Print what ``Keys`` does."""
    from edgeroute.core.errors import KeyringUnavailable
    from edgeroute.core.secret import Secret
    from edgeroute.store.keys.keyring_door import KeyringDoor
    from edgeroute.store.keys.keys import Keys

    if what == "hang":
        own_a_silent_service()
        hanging = Keys(door=KeyringDoor("edgeroute", "keys", limit=0.5))
        for _ in range(2):
            try:
                hanging.get("openai")
            except KeyringUnavailable as error:
                print(error)
            print(sum(thread.name == "keyring" for thread in threading.enumerate()))
        return
    keys = Keys(lock_file=folder / "keys.lock")
    daemon = start_gnome_keyring()
    try:
        for _ in range(100):
            try:
                keys.set("openai", Secret("sk-canary-1"))
                break
            except KeyringUnavailable:
                time.sleep(0.1)
                keys.forget()
        if what == "locked":
            lock_collections()
            other = Keys()
            try:
                other.get("openai")
            except KeyringUnavailable as error:
                print(error)
            return
        keys.set("anthropic", Secret("sk-canary-2"))
        secret = keys.secret("database")
        other = Keys()
        print(keys.describe())
        print(list(other.providers()))
        assert other.get("openai") == Secret("sk-canary-1")
        assert secret is not None
        assert other.secret("database") == secret
        print(other.delete("openai"), other.delete("openai"), list(other.providers()))
        print([p.name for p in folder.rglob("*") if p.is_file() and b"canary" in p.read_bytes()])
    finally:
        daemon.terminate()
        daemon.wait(10)


if __name__ == "__main__":
    os.environ.pop("DISPLAY", None)
    main(sys.argv[1], Path(sys.argv[2]))

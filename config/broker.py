"""The broker that needs no server: Kombu's filesystem transport, with messages that appear whole or not at all."""

import os
import shutil
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """A reader lists the folder at any moment, so a message is written aside and then renamed into place."""

    # The type stub's name for the message differs from the base class's.
    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:  # type: ignore[override]
        # The name ends in ".<queue>.msg", which is how the transport finds a queue's messages, oldest first.
        name = f"{time.time_ns() // 1_000_000:015d}_{uuid.uuid4()}.{queue}.msg"
        aside = Path(self.data_folder_out) / f"{name}.part"
        aside.write_bytes(dumps(payload).encode())
        os.replace(aside, aside.with_suffix(""))


class Transport(filesystem.Transport):
    """Look into the folder four times a second, and let the worker see twice a second whether it should stop."""

    Channel = Channel
    polling_interval = 0.25

    def drain_events(self, connection: Any, **options: Any) -> None:  # type: ignore[override]
        super().drain_events(connection, timeout=min(options.get("timeout") or 0.5, 0.5))


TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"


def folders(root: Path) -> dict[str, str]:
    """Make the broker's folders and return them as Kombu's transport options."""
    names = {"data_folder_in": "messages", "data_folder_out": "messages", "control_folder": "queues"}
    for name in set(names.values()):
        (root / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    return {option: str(root / name) for option, name in names.items()}


def empty(root: Path) -> None:
    """Forget every message. Jobs catch up from their own watermarks, and what a crash tore is gone with the rest."""
    shutil.rmtree(root, ignore_errors=True)

"""One line per event in the log, whatever strangers put into their text."""

import logging


class Line(logging.Formatter):
    """`2026-11-21 14:03:22,120 WARNING ingest: message`; line ends inside a message are written as \\n."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the name logging calls)
        line = super().formatMessage(record)
        return line.replace("\r", "\\r").replace("\n", "\\n")

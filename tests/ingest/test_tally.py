"""Counters that are written once a minute: what one entry does to the others."""

from django.db import DataError, OperationalError

from ingest.tally import Entry, Tally


class Book:
    """Takes entries as a database would: some never, some not now."""

    def __init__(self) -> None:
        self.written: dict[str, int] = {}
        self.down = False

    def write(self, key: str, entry: Entry) -> None:
        if self.down:
            raise OperationalError("the database is down")
        if key == "zero byte":
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")
        if key == "too long":
            raise DataError("value too long")
        self.written[key] = self.written.get(key, 0) + entry.count


def test_an_entry_that_can_never_be_written_holds_nothing_up() -> None:
    book = Book()
    tally = Tally("test", book.write)
    for key in ("zero byte", "a", "too long", "b"):
        tally.add(key, 2)

    tally.flush()
    tally.flush()

    assert book.written == {"a": 2, "b": 2}


def test_what_cannot_be_written_now_is_written_later() -> None:
    book = Book()
    tally = Tally("test", book.write)
    book.down = True
    tally.add("a", 1)
    tally.flush()
    tally.add("a", 1)
    book.down = False
    tally.flush()

    assert book.written == {"a": 2}

"""Why one item of a batch is refused: field -> sentences that say the fix."""


class Refused(ValueError):
    """One call cannot be stored. The rest of its batch can."""

    def __init__(self, errors: dict[str, list[str]], id: str | None = None) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(why)}" for field, why in errors.items()))
        self.errors = errors
        self.id = id
        """The sender's own id of the call, if it could be read."""

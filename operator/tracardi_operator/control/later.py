"""What can't be done now."""


class Later(Exception):  # noqa: N818  # it names the state of affairs
    """Come again: after the usual back-off, and not before `retry_after` seconds if somebody asked for that."""

    retry_after: float | None = None

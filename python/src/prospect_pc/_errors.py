"""What goes wrong."""

from __future__ import annotations

from typing import Optional


class ProspectError(RuntimeError):
    """A command of the binary failed; the message is its line."""


class UsageError(ProspectError, ValueError):
    """A value that a command does not take."""


class Interrupted(KeyboardInterrupt):
    """A command was interrupted; the message says how to go on.

    ``out`` is the directory of what was interrupted, which ``Run(out).resume()`` continues.
    """

    def __init__(self, message: str, out: Optional[str] = None) -> None:
        super().__init__(message)
        self.out = out

"""Finds the binary, runs its commands and reads what they print."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import threading
import warnings
from pathlib import Path
from typing import Any, Callable, Iterable, List, Optional

from ._errors import Interrupted, ProspectError, UsageError

Event = dict
Observer = Callable[[Event], Any]

_log = logging.getLogger("prospect_pc")
_name = "prospect.exe" if os.name == "nt" else "prospect"


def binary() -> str:
    """Return the path of the binary.

    It is that of the environment variable PROSPECT_BINARY, or the one in the wheel, or
    ``prospect`` on the PATH, in this order.
    """
    named = os.environ.get("PROSPECT_BINARY")
    if named:
        found = shutil.which(named)
        if found is None:
            raise ProspectError(f"PROSPECT_BINARY, got {named}, want a program that can be run")
        return found
    inside = Path(__file__).with_name("bin") / _name
    if inside.is_file():
        return str(inside)
    found = shutil.which(_name)
    if found is None:
        raise ProspectError(
            "prospect: found no binary in the package or on the PATH; install a wheel that holds one, "
            "or run: go install github.com/seed-be841da4/prospect/cmd/prospect@latest"
        )
    return found


def text(arguments: Iterable[str]) -> str:
    """Run a command and return its output."""
    lines: List[str] = []
    _execute(arguments, lines.append, out=None)
    return "".join(lines)


def events(arguments: Iterable[str], on_event: Optional[Observer] = None, out: Optional[str] = None) -> List[Event]:
    """Run a command that prints a JSON object a line, and return the objects.

    ``on_event`` gets each as it comes. What it raises ends the command, as Ctrl-C does.
    """
    found: List[Event] = []

    def read(line: str) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            raise ProspectError(f"{binary()}: printed {line.strip()!r}, want JSON; is it Prospect's?") from None
        found.append(event)
        if on_event is not None:
            on_event(event)

    _execute(arguments, read, out)
    return found


def _execute(arguments: Iterable[str], on_line: Callable[[str], Any], out: Optional[str]) -> None:
    """Call a function with each line of a command's output; raise what it ends with."""
    # A process group of its own gets no Ctrl-C of the terminal: it gets ours, once, so that it
    # saves a checkpoint and stops.
    group: dict = {"start_new_session": True}
    if os.name == "nt":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
    process = subprocess.Popen(
        [binary(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        **group,
    )
    assert process.stdout is not None and process.stderr is not None
    remarks: List[str] = []
    reader = threading.Thread(target=lambda: remarks.extend(process.stderr), daemon=True)  # type: ignore[arg-type]
    reader.start()
    try:
        try:
            for line in process.stdout:
                on_line(line)
            code = process.wait()
        except BaseException:
            _stop(process)
            raise
        finally:
            reader.join()
            process.stdout.close()
            process.stderr.close()
    except KeyboardInterrupt:
        raise Interrupted(_interruption(remarks, out), out) from None
    _conclude(code, remarks, out)


def _stop(process: subprocess.Popen) -> None:
    """Interrupt a command and wait for its end; a second Ctrl-C ends it at once."""
    try:
        if process.poll() is None:
            process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))
        assert process.stdout is not None
        for _ in process.stdout:  # so that it can write on
            pass
        process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise


def _conclude(code: int, remarks: List[str], out: Optional[str]) -> None:
    """Tell what a command remarked, and raise its error."""
    lines = [_message(line) for line in remarks if line.strip()]
    failure = lines.pop() if code != 0 and lines else ""
    for line in lines:
        if line.startswith("warning: "):
            warnings.warn(line[len("warning: ") :], stacklevel=5)
        else:
            _log.info(line)
    if code == 0:
        return
    if code in (130, -signal.SIGINT):
        raise Interrupted(_interruption(remarks, out), out)
    kind = UsageError if code == 2 else ProspectError
    if "prospect " not in failure:  # no command to type: flags are keywords here
        failure = re.sub(r"--([a-z][a-z0-9-]*)", lambda m: m.group(1).replace("-", "_"), failure)
    raise kind(failure or f"prospect ended with code {code}")


def _interruption(remarks: List[str], out: Optional[str]) -> str:
    if out is not None and (Path(out) / "manifest.json").is_file():
        return f"stopped; go on with prospect_pc.Run({out!r}).resume()"
    return _message(remarks[-1]) if remarks else "stopped"


def _message(line: str) -> str:
    """Return a line without the program's name."""
    return re.sub(r"^[\w.-]+: ", "", line.strip(), count=1)

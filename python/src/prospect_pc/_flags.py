"""Keywords as flags of the command line."""

from __future__ import annotations

import difflib
import functools
import os
import re
from typing import Any, Dict, List, Mapping, Tuple

import numpy as np

from ._binary import binary, text

_flag = re.compile(r"^ {2,6}(?:-\w, )?--([a-z][a-z0-9-]*)(=\S+)?(?:\s+(.*))?$")


@functools.lru_cache(maxsize=32)
def _listed(program: str, command: str) -> Dict[str, Tuple[bool, str]]:
    """Return, for each keyword of a command, whether it takes a value, and its help."""
    out: Dict[str, Tuple[bool, str]] = {}
    keyword = ""
    for line in text([*command.split(), "--help"]).splitlines():
        match = _flag.match(line)
        if match:
            keyword = match.group(1).replace("-", "_")
            out[keyword] = (match.group(2) is not None, match.group(3) or "")
        elif line.startswith(" " * 8) and keyword:
            valued, told = out[keyword]
            out[keyword] = (valued, (told + " " + line.strip()).strip())
        else:
            keyword = ""
    out.pop("help", None)
    return out


def flags(command: str) -> Dict[str, str]:
    """Return the keywords of a command, each with a line of help.

    >>> flags("train")["batch"]
    'Samples of a batch (default 64).'
    """
    hidden = ("json", "npz", "resume")
    return {name: told for name, (_, told) in _listed(binary(), command).items() if name not in hidden}


def arguments(command: str, keywords: Mapping[str, Any], function: str = "") -> List[str]:
    """Return keywords as arguments: None and False are left out, lists are joined by commas.

    A keyword that the command does not have is a TypeError, as in Python.
    """
    known = _listed(binary(), command)
    out: List[str] = []
    for name, value in keywords.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=2)
            hint = " or ".join(repr(n) for n in near)
            hint = f"did you mean {hint}?" if near else f"prospect_pc.flags({command!r}) lists them"
            raise TypeError(f"{function or command}() got an unexpected keyword argument {name!r}; {hint}")
        if value is None or value is False:
            continue
        flag = "--" + name.replace("_", "-")
        if not known[name][0]:
            if value is not True and not isinstance(value, np.bool_):
                raise TypeError(f"{function or command}(): {name}, got {value!r}, want True or False")
            out.append(flag)
        else:
            out.append(f"{flag}={words(value)}")
    return out


def words(value: Any) -> str:
    """Return a value as the command line has it."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    if isinstance(value, (range, list, tuple, set, np.ndarray)):
        parts = [words(v) for v in value]
        return (";" if any("," in p for p in parts) else ",").join(parts)
    return str(value)

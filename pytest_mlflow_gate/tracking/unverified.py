"""
TLS without verification, for whose servers the user vouches in the environment.

urllib3 warns of each such request, which under -W error would be a failure.
"""

from __future__ import annotations

import threading
import warnings

import urllib3.exceptions


class _Unverified:
    """Inside of this urllib3 does not warn, in no thread: the filters of warnings are the process's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.__exit__(None, None, None)


UNVERIFIED = _Unverified()
"""The only one: the first to enter it changes the filters, and the last to leave puts them back."""

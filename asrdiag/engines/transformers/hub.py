"""The Hugging Face hub: whether it can be reached, and where its cache has a file."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ...errors import UsageError

CONNECT_S = 20.0
"""What a connection may take on a slow network; `HF_HUB_ETAG_TIMEOUT` can only make it longer."""
ANOTHER_TRY_S = 1.0


class NoSuchFileError(UsageError):
    """A checkpoint has no file of this name, as far as can be known here."""


def unreachable() -> str | None:
    """Why the hub cannot be reached from here; `None` if it can, or if only a proxy could tell.

    Asked before a download: huggingface_hub repeats a connection that fails six times and more, which takes
    half a minute where there is no network, and several where packets are dropped.
    """
    # Imported here: it takes a quarter of a second.
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    address = urlsplit(constants.ENDPOINT)
    host = address.hostname or ""
    if getproxies().keys() & {address.scheme, "all"} and not proxy_bypass(host):
        return None
    port = address.port or (80 if address.scheme == "http" else 443)
    longest_s = max(CONNECT_S, constants.HF_HUB_ETAG_TIMEOUT)
    if _refused(host, port, longest_s):
        time.sleep(ANOTHER_TRY_S)
        return _refused(host, port, longest_s)
    return None


@contextmanager
def left_alone_if_unreachable() -> Iterator[None]:
    """Keep libraries from asking a hub that cannot be reached, as `HF_HUB_OFFLINE` does.

    They ask for each file that a checkpoint may have or lack, and wait half a minute for every one.
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = unreachable() is not None
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _refused(host: str, port: int, longest_s: float) -> str | None:
    try:
        socket.create_connection((host, port), longest_s).close()
    except OSError as error:
        return f"{host} cannot be reached: {error.strerror or error}"
    return None


@lru_cache(maxsize=1000)
def cached_file(repository: str, file: str, revision: str | None) -> Path:
    """Where the hub's cache has a file, fetched if need be.

    Asked once a process: a branch stays where it was then.

    Raises:
        NoSuchFileError: the repository has none of that name, or the hub cannot be asked for it.
        UsageError: it cannot be fetched for another reason.
    """
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
    )

    what = repository + (f" at revision {revision}" if revision else "")
    try:
        cached = isinstance(try_to_load_from_cache(repository, file, revision=revision), str)
        if not cached and (reason := unreachable()):
            raise LocalEntryNotFoundError(reason)
        return Path(hf_hub_download(repository, file, revision=revision))
    except LocalEntryNotFoundError as error:
        raise NoSuchFileError(
            f"{what}: {file} is not in the local cache of the Hugging Face hub and cannot be fetched "
            f"({_first_line(error)}); a folder with the checkpoint works offline"
        ) from error
    except EntryNotFoundError as error:
        raise NoSuchFileError(f"{what}: there is no {file} in this repository") from error
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise UsageError(f"{what}: {file} cannot be fetched from the hub: {_first_line(error)}") from error


def commit_of(path: Path, file: str) -> str:
    """The commit that a path of the hub's cache belongs to: `.../snapshots/<commit>/<file>`.

    >>> commit_of(Path("/cache/models--a--b/snapshots/abc/sub/config.json"), "sub/config.json")
    'abc'
    """
    return path.parts[-1 - len(Path(file).parts)]


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__

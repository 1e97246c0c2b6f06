"""One request sent once: the body of a good answer, or what was wrong and whether to try again."""

import asyncio
import json
import re
from typing import TYPE_CHECKING

from .key import Key
from .pace import retry_after_s
from .request import Request

if TYPE_CHECKING:
    import httpx2

LARGEST_ANSWER = 16 * 2**20
"""Bytes, unpacked. A transcript of a day has some hundred thousand."""
EXCERPT = 300
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of writing."""
_GATEWAYS = frozenset({408, 502, 504, 524})
"""Statuses of those who stand between and did not wait for an answer that may have come."""


class Trouble(Exception):
    """A request without a good answer."""

    def __init__(
        self,
        reason: str,
        *,
        again: bool,
        may_cost: bool,
        retry_after_s: float | None = None,
        status: int | None = None,
        code: str = "",
    ) -> None:
        super().__init__(reason)
        self.again = again
        """Whether another try may go better."""
        self.may_cost = may_cost
        """Whether the endpoint may have done the work, and bill it, though no answer came through."""
        self.status = status
        """Of the answer, if there was a whole one."""
        self.code = code
        """What the endpoint calls the error, if it does."""
        self.retry_after_s = retry_after_s
        """How long the endpoint asks to wait."""


async def send(client: "httpx2.AsyncClient", request: Request, timeout_s: float, key: Key) -> bytes:
    """Send a request and read all of its answer.

    Args:
        client: with the endpoint's address and key.
        request: what to send.
        timeout_s: for all of it, from connecting to the last byte.
        key: hidden in what comes back, and in what is said of it, before anything is cut out of that.

    Returns:
        The body of an answer of status 200.

    Raises:
        Trouble: the connection failed or was cut, the time ran out, or the status is another.
    """
    try:
        return await _send(client, request, timeout_s, key)
    except Trouble as trouble:
        trouble.args = (key.hide_in(str(trouble)),)
        raise


async def _send(client: "httpx2.AsyncClient", request: Request, timeout_s: float, key: Key) -> bytes:
    import httpx2

    try:
        async with (
            asyncio.timeout(timeout_s),
            client.stream("POST", request.path, **request.arguments) as response,
        ):
            body = await _read(response)
    except TimeoutError:
        raise Trouble(f"no answer within {timeout_s:g} s (timeout_s)", again=True, may_cost=True) from None
    except httpx2.DecodingError as error:
        raise Trouble(f"the answer's compression is damaged: {error}", again=True, may_cost=True) from error
    except (httpx2.NetworkError, httpx2.RemoteProtocolError, httpx2.ProxyError) as error:
        what = str(error) or "the connection was cut"
        reached = not isinstance(error, httpx2.ConnectError | httpx2.ProxyError)
        raise Trouble(f"{type(error).__name__}: {what}", again=True, may_cost=reached) from error
    except httpx2.RequestError as error:
        raise Trouble(f"{type(error).__name__}: {error}", again=False, may_cost=False) from error
    status = response.status_code
    if status == 200:
        # A transcript may hold the word that serves as a placeholder.
        return body if key.is_placeholder else key.hide_in_body(body)
    code, message = _error_in(body, key)
    if 300 <= status < 400:
        location = response.headers.get("location", "nowhere").partition("?")[0]
        location = shortened(key.hide_in(location))
        message = f"it points to {location}; base_url has to be the last address"
    # Waiting does not fill an account that is empty.
    again = (status in (408, 429) or status >= 500) and code != "insufficient_quota"
    wait_s = retry_after_s(response.headers.get("retry-after")) if again else None
    raise Trouble(
        f"HTTP {status} {response.reason_phrase}".rstrip() + f": {message}",
        again=again,
        may_cost=status in _GATEWAYS,
        retry_after_s=wait_s,
        status=status,
        code=code,
    )


async def _read(response: "httpx2.Response") -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LARGEST_ANSWER:
            raise Trouble(f"the answer has more than {LARGEST_ANSWER} bytes", again=False, may_cost=True)
    return bytes(body)


def _error_in(body: bytes, key: Key) -> tuple[str, str]:
    """The code and the message of an error, in whatever form servers give them, without the key."""
    text = key.hide_in_body(body).decode("utf-8", "replace").strip()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, list) and document:  # Gemini wraps its errors in a list
        document = document[0]
    code = ""
    if isinstance(document, dict):
        error = document.get("error", document.get("detail", document.get("message")))
        if isinstance(error, dict):
            code = str(error.get("code", ""))
            error = error.get("message")
        text = error if isinstance(error, str) else text
    # Again: JSON may write a letter as \u and four digits.
    return code, shortened(key.hide_in(text)) or "no message"


def shortened(text: str) -> str:
    """The text on one line, without its end if it is long, and with nothing in it that a terminal would obey.

    >>> shortened("no\\n \\x1b[31mred")
    'no \ufffd[31mred'
    """
    text = _OBEYED.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}..."

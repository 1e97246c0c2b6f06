"""The address of an endpoint."""

from urllib.parse import urlsplit


def checked_address(url: str) -> str:
    """The address, without a slash at its end.

    Raises:
        ValueError: it is none, or holds more than an address.

    >>> checked_address("https://api.openai.com/v1/")
    'https://api.openai.com/v1'
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"found {url!r}, expected an address such as https://api.openai.com/v1")
    # The address is kept with the results, so a key in it would be too.
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(
            "found a user, a password, or something after '?' or '#', expected the address alone; "
            "the key comes from the environment (api_key_env)"
        )
    return url.rstrip("/")

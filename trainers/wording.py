"""Numbers of things in a sentence."""


def counted(n: int, one: str, are: bool = False) -> str:
    """So many of a thing, with `is` or `are` if asked for.

    >>> counted(1, "row"), counted(2, "row"), counted(1, "row", are=True), counted(0, "row", are=True)
    ('1 row', '2 rows', '1 row is', '0 rows are')
    """
    ending = "" if n == 1 else "s"
    return f"{n} {one}{ending}" + (f" {'is' if n == 1 else 'are'}" if are else "")

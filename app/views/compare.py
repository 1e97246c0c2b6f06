"""The page compare."""


def page() -> None:
    """To be written."""


if __name__ == "__main__":
    page()

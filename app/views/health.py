"""The page health."""


def page() -> None:
    """To be written."""


if __name__ == "__main__":
    page()

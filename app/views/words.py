"""The page words."""


def page() -> None:
    """To be written."""


if __name__ == "__main__":
    page()

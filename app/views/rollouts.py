"""The page rollouts."""


def page() -> None:
    """To be written."""


if __name__ == "__main__":
    page()

"""Names as pictures have room for them."""


def cut(name: str, characters: int) -> str:
    """Return a name in at most so many characters."""
    return name if len(name) <= characters else f"{name[: characters - 1]}…"

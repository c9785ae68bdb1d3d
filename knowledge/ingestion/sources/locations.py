"""Where the index keeps a source's documents: every one below the source's name."""

_SCHEME = "source:"


def location_of(source: str, document: str) -> str:
    """Return the location of `document`, which the source knows by that name for ever."""
    return f"{below(source)}{document}"


def below(source: str) -> str:
    """Return what the locations of the documents of `source`, and no others, begin with."""
    return f"{_SCHEME}{source}/"


def source_of(location: str) -> str:
    """Return the name of the source that a document is of; empty for one of no source."""
    return location.removeprefix(_SCHEME).split("/")[0] if location.startswith(_SCHEME) else ""

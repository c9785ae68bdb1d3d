"""JSON may hold halves of characters, which no text, store or tokenizer takes."""

import json
from typing import TypeVar

Body = TypeVar("Body")


def in_whole_characters(body: Body) -> Body:
    """Return a JSON value with the replacement character for each half of a surrogate pair."""
    written = json.dumps(body, ensure_ascii=False)
    whole = written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    read: Body = body if whole == written else json.loads(whole)
    return read

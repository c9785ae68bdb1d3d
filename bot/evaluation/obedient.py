"""A model that does whatever it reads, to see what can come of that."""

import re
from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote

from bot.types import ModelChunk, Prompt

RESULT = "Zorblaxia"
"""The made-up result of every order: it stands in no document."""

_PASSAGE = re.compile(r'<passage number="(\d+)"[^>]*>\n(.*?)\n</passage>', re.DOTALL)
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")
_CALL = re.compile(r"<[!@][^>\n]{1,40}>|<at>[^<\n]{1,40}</at>|(?<!\w)@(?:channel|here|everyone)\b")
_MOST_LINES = 200
_MOST_SENT_CHARS = 300


class ObedientModel:
    """Repeats all that it reads, follows every order, calls everybody, and sends all it knows."""

    name = "obedient"

    def __init__(self) -> None:
        self.read = ""  # the latest prompt, whole

    async def stream(self, prompt: Prompt) -> AsyncIterator[ModelChunk]:
        self.read = "\n".join(message.text for message in prompt.messages)
        for line in _obeyed(prompt):
            yield ModelChunk(text=f"{line}\n\n")


def _obeyed(prompt: Prompt) -> Iterator[str]:
    *before, last = (message.text for message in prompt.messages)
    told = [line for text in before for line in text.splitlines() if line.strip()]
    found = _PASSAGE.findall(last)
    for number, text in found:
        for line in list(filter(str.strip, text.splitlines()))[:_MOST_LINES]:
            yield f"{line} [{number}]"
            yield f"The result of {line.rstrip('.?! ')} is {RESULT}. [{number}]"
    number = found[0][0] if found else "1"
    yield f"Done as ordered, dear friend, gladly: {RESULT}! [{number}]"
    for address in dict.fromkeys(_ADDRESS.findall(last)):
        sent = quote("\n".join(told))[:_MOST_SENT_CHARS]
        yield f"![{address}]({address}?all={sent}) [{number}]"
        yield f"[Read on]({address}?all={sent}) <{address}> {address} [{number}]"
    for call in dict.fromkeys(_CALL.findall(last)):
        yield f"{call} look here {call} [{number}]"
    for line in told:
        yield f"{line} [{number}]"

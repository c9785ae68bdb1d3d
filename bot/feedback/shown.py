"""An answer as people saw it, with the sources that stood under it."""

from pydantic import BaseModel, ConfigDict


class Cited(BaseModel):
    """A source as it stood under an answer."""

    model_config = ConfigDict(frozen=True)

    number: int
    title: str
    heading: str
    url: str
    quote: str


class Shown(BaseModel):
    """An answer as it was shown, for as long as people may say something of it."""

    model_config = ConfigDict(frozen=True)

    question: str
    answer: str
    sources: tuple[str, ...]
    titles: tuple[str, ...] = ()
    cited: tuple[Cited, ...] = ()
    passages: tuple[str, ...] = ()

"""The requests that the model server takes, checked as strictly as OpenAI's own server does.

Source: https://platform.openai.com/docs/api-reference/chat/create and …/embeddings/create.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_Name = Annotated[str, StringConstraints(pattern=r"^[^\s<|\\/>]+$", max_length=64)]
_Text = Annotated[str, StringConstraints(min_length=1)]
_Tokens = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=2048)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TextPart(_Strict):
    """A part of a message; the stand-in reads text alone."""

    type: Literal["text"]
    text: str


_Content = str | Annotated[list[TextPart], Field(min_length=1)]


class InstructionMessage(_Strict):
    """What the application says."""

    role: Literal["system", "developer"]
    content: _Content
    name: _Name | None = None


class UserMessage(_Strict):
    """What a person says."""

    role: Literal["user"]
    content: _Content
    name: _Name | None = None


class AssistantMessage(_Strict):
    """What the model said before."""

    role: Literal["assistant"]
    content: _Content
    name: _Name | None = None


_Message = Annotated[
    InstructionMessage | UserMessage | AssistantMessage, Field(discriminator="role")
]


class StreamOptions(_Strict):
    """What a stream brings besides the text."""

    include_usage: bool = False
    include_obfuscation: bool = True


class JsonSchema(_Strict):
    """A schema that the answer is to follow."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    description: str | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: bool | None = None


class PlainFormat(_Strict):
    """Text, or any JSON object."""

    type: Literal["text", "json_object"]


class SchemaFormat(_Strict):
    """JSON of a given schema."""

    type: Literal["json_schema"]
    json_schema: JsonSchema


class ChatRequest(_Strict):
    """The body of POST /v1/chat/completions, as far as the stand-in serves it."""

    model: _Text
    messages: Annotated[list[_Message], Field(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    seed: int | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    n: Literal[1] | None = None
    response_format: Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")] | None = (
        None
    )
    metadata: dict[str, str] | None = None
    user: str | None = None
    safety_identifier: str | None = None
    store: bool | None = None

    @property
    def last_user_text(self) -> str:
        """What the person said last."""
        for message in reversed(self.messages):
            if isinstance(message, UserMessage):
                return _text_of(message.content)
        return ""

    @property
    def characters(self) -> int:
        """The length of all messages."""
        return sum(len(_text_of(message.content)) for message in self.messages)


class ModerationRequest(_Strict):
    """The body of POST /v1/moderations, with text alone."""

    model: Literal["omni-moderation-latest", "omni-moderation-2024-09-26"] = (
        "omni-moderation-latest"
    )
    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=32)]

    @property
    def texts(self) -> list[str]:
        """Each input."""
        return [self.input] if isinstance(self.input, str) else self.input


class EmbeddingRequest(_Strict):
    """The body of POST /v1/embeddings."""

    model: _Text
    input: (
        _Text
        | Annotated[list[_Text], Field(min_length=1, max_length=2048)]
        | _Tokens
        | Annotated[list[_Tokens], Field(min_length=1, max_length=2048)]
    )
    dimensions: Annotated[int, Field(ge=1, le=3072)] | None = None
    encoding_format: Literal["float", "base64"] = "float"
    user: str | None = None

    @property
    def texts(self) -> list[str]:
        """Each input as text; token lists are written as their numbers."""
        if isinstance(self.input, str):
            return [self.input]
        if isinstance(self.input[0], int):
            return [" ".join(map(str, self.input))]
        return [
            item if isinstance(item, str) else " ".join(map(str, _numbers(item)))
            for item in self.input
        ]


def _numbers(item: object) -> list[int]:
    return item if isinstance(item, list) else []


def _text_of(content: str | list[TextPart]) -> str:
    return content if isinstance(content, str) else "\n".join(part.text for part in content)

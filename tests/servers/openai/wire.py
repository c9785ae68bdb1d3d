"""The JSON that OpenAI's server sends: completions, chunks, models, embeddings and errors."""

import base64
import hashlib
import json
import math
import re
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from tests.servers.openai.requests import ChatRequest, EmbeddingRequest, ModerationRequest

CREATED_S = 1_767_225_600  # 2026-01-01: answers are the same in each run
DONE = b"data: [DONE]\n\n"
GARBAGE = b'data: {"id": "chatcmpl-1", "choi\xff\xfe<html>502 Bad Gateway</html>\n\n'
MODERATED = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit",
    "illicit/violent", "self-harm", "self-harm/instructions", "self-harm/intent", "sexual",
    "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
_CHARS_A_TOKEN = 4
_WORD = re.compile(r"\w+")


class ApiError(Exception):
    """A refusal in OpenAI's shape."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = dict(headers or {})
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}

    @classmethod
    def of(cls, error: ValidationError) -> "ApiError":
        """Return what OpenAI answers to a body with the first of these mistakes."""
        mistake = min(error.errors(), key=lambda item: len(item["loc"]))
        param = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in mistake["loc"]
        ).lstrip(".")
        if mistake["type"] == "extra_forbidden":
            return cls(400, f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)
        if mistake["type"] == "missing":
            code = "missing_required_parameter"
            return cls(400, f"Missing required parameter: '{param}'.", code=code, param=param)
        code = "invalid_type" if mistake["type"].endswith("_type") else "invalid_value"
        return cls(400, f"Invalid '{param}': {mistake['msg']}.", code=code, param=param)


def tokens(text: str) -> int:
    """Return roughly how many tokens `text` is."""
    return math.ceil(len(text) / _CHARS_A_TOKEN)


def usage(request: ChatRequest, answer: str) -> dict[str, Any]:
    """Return the usage object of an answer."""
    prompt, completion = math.ceil(request.characters / _CHARS_A_TOKEN), tokens(answer)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def completion(
    request: ChatRequest, number: int, answer: str, finish_reason: str
) -> dict[str, Any]:
    """Return the body of an answer that is not streamed."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer,
        "refusal": None,
        "annotations": [],
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
    return {
        **_head(request, number, "chat.completion"),
        "choices": [choice],
        "usage": usage(request, answer),
    }


def chunk(
    request: ChatRequest,
    number: int,
    *,
    delta: Mapping[str, Any] | None = None,
    finish_reason: str | None = None,
    used: Mapping[str, Any] | None = None,
) -> bytes:
    """Return one event of a stream; with `used` it is the one that carries no choice."""
    choice = {
        "index": 0,
        "delta": dict(delta or {}),
        "logprobs": None,
        "finish_reason": finish_reason,
    }
    body: dict[str, Any] = {
        **_head(request, number, "chat.completion.chunk"),
        "choices": [] if used else [choice],
    }
    if request.stream_options and request.stream_options.include_usage:
        body["usage"] = used
    return event(body)


def event(body: Mapping[str, Any]) -> bytes:
    """Return `body` as a server-sent event."""
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def models(names: Sequence[str]) -> dict[str, Any]:
    """Return the body of GET /v1/models."""
    entries = [
        {"id": name, "object": "model", "created": CREATED_S, "owned_by": "system"}
        for name in names
    ]
    return {"object": "list", "data": entries}


def moderations(request: ModerationRequest, flags: Mapping[str, str]) -> dict[str, Any]:
    """Return the body of POST /v1/moderations: a text with a word of `flags` has its category."""
    results = []
    for text in request.texts:
        found = {category for word, category in flags.items() if word in text}
        results.append(
            {
                "flagged": bool(found),
                "categories": {name: name in found for name in MODERATED},
                "category_scores": {name: 0.9 if name in found else 0.01 for name in MODERATED},
                "category_applied_input_types": {name: ["text"] for name in MODERATED},
            }
        )
    return {"id": "modr-1", "model": request.model, "results": results}


def embeddings(request: EmbeddingRequest, default_dimensions: int) -> dict[str, Any]:
    """Return the body of POST /v1/embeddings: the same text has the same vector, ever."""
    size = request.dimensions or default_dimensions
    vectors = [_vector(text, size) for text in request.texts]
    entries = [
        {"object": "embedding", "index": index, "embedding": _encoded(vector, request)}
        for index, vector in enumerate(vectors)
    ]
    used = sum(map(tokens, request.texts))
    return {
        "object": "list",
        "data": entries,
        "model": request.model,
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def _head(request: ChatRequest, number: int, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{number}",
        "object": kind,
        "created": CREATED_S,
        "model": request.model,
        "service_tier": "default",
        "system_fingerprint": "fp_standin",
    }


def _vector(text: str, size: int) -> list[float]:
    """Hash each word to a place and a sign, so that texts with common words are near."""
    vector = [0.0] * size
    for word in _WORD.findall(text.casefold()) or [text]:
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        vector[int.from_bytes(digest[1:], "big") % size] += 1.0 if digest[0] % 2 else -1.0
    length = math.hypot(*vector)
    if not length:  # two words met in one place with opposite signs
        return [1.0, *vector[1:]]
    return [value / length for value in vector]


def _encoded(vector: list[float], request: EmbeddingRequest) -> str | list[float]:
    if request.encoding_format == "float":
        return vector
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()

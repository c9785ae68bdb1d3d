"""Models that do nothing but read our prompt: an obedient one, and a gullible one."""

import re
from dataclasses import dataclass

from tests.servers.openai.answers import Answer
from tests.servers.openai.requests import ChatRequest

NO_ANSWER = "NO_ANSWER"
_PASSAGE = re.compile(r'<passage number="(\d+)"[^>]*>\n?(.*?)</passage>', re.DOTALL)
_QUESTION = re.compile(r"<question>(.*?)</question>", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_LIST_MARK = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+")
_NOT_PROSE = ("#", "|", "!", "<", "```")
_WORD = re.compile(r"\w{3,}")
_LURE = re.compile(r"https?://[^\s)>\]]+|<[!@][^>]+>|(?<!\w)@\w+|!\[[^\]]*\]\([^)]*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPrompt:
    """What a prompt of ours holds: numbered passages and the question."""

    passages: dict[int, str]
    question: str


def read_prompt(request: ChatRequest) -> ReadPrompt:
    """Return what the last message of the person holds; the system's examples are not read."""
    text = request.last_user_text
    passages = {int(number): body.strip() for number, body in _PASSAGE.findall(text)}
    asked = _QUESTION.findall(text)
    return ReadPrompt(passages=passages, question=asked[-1].strip() if asked else "")


def obedient(request: ChatRequest) -> Answer:
    """Answer with the sentences of passage 1 that share most words with the question, citing [1].

    A prompt without passages (a rewrite) is answered with its question, unchanged.
    """
    prompt = read_prompt(request)
    if not prompt.passages:
        return Answer(text=prompt.question or NO_ANSWER)
    sentences = _sentences(prompt.passages.get(1, ""))
    if not sentences:
        return Answer(text=NO_ANSWER)
    asked = _words(prompt.question)
    best = sorted(sentences, key=lambda sentence: -len(asked & _words(sentence)))[:2]
    return Answer(text=" ".join(f"{sentence} [1]" for sentence in sentences if sentence in best))


def gullible(request: ChatRequest) -> Answer:
    """Answer like the obedient reader, and repeat every link, image and ping of any message."""
    lures = [lure for message in request.messages for lure in _LURE.findall(str(message.content))]
    return Answer(text=" ".join([obedient(request).text, *lures]))


def _sentences(passage: str) -> list[str]:
    lines = (_LIST_MARK.sub("", line).strip() for line in passage.splitlines())
    prose = (line for line in lines if line and not line.startswith(_NOT_PROSE))
    found = (part for line in prose for part in _SENTENCE_END.split(line))
    return list(dict.fromkeys(found))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))

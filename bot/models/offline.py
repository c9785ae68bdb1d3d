"""The offline model: it writes nothing of its own, it selects sentences of the passages."""

import html
import re
from collections.abc import Iterator

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict

from bot.models.extracts import Post, extracts
from bot.models.selection import NumberedText, select
from bot.prompts.library import NO_ANSWER
from bot.steps.followups import is_follow_up, joined

OFFLINE = "offline"
"""The name that chooses this model."""

_PASSAGE = re.compile(r"<passage ([^>]*)>\n(.*?)\n</passage>", re.DOTALL)
_POST = re.compile(r"<post ([^>]*)>\n(.*?)\n</post>", re.DOTALL)
_QUOTED = re.compile(r"</?quoted>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_QUESTION = re.compile(r"<question>(.*)</question>\s*\Z", re.DOTALL)
_END = {"finish_reason": "stop"}


class OfflineChatModel(BaseChatModel):
    """Answers our answer prompt by quoting, word for word, what bears on the question.

    Our summary prompt gets the sentences of the thread that say most of what it is about.

    It needs no network and no key. It abstains when nothing bears enough on the question, and it
    can't combine, compare or conclude: it says what the documents say. Any other prompt gets
    the same abstention.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    embeddings: Embeddings

    @property
    def _llm_type(self) -> str:
        return "citewell-offline"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain's interface
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: object,  # noqa: ARG002
    ) -> ChatResult:
        text = "".join(self._sentences(messages))
        message = AIMessage(content=text, response_metadata=_END)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain's interface
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: object,  # noqa: ARG002
    ) -> Iterator[ChatGenerationChunk]:
        for sentence in self._sentences(messages):
            yield ChatGenerationChunk(message=AIMessageChunk(content=sentence))
        end = AIMessageChunk(content="", response_metadata=_END, chunk_position="last")
        yield ChatGenerationChunk(message=end)

    def _sentences(self, messages: list[BaseMessage]) -> Iterator[str]:
        asked = _QUESTION.search(messages[-1].text)
        if asked is None:
            yield from self._extracts(messages[-1].text)
            return
        question = _QUOTED.sub("", asked.group(1))
        earlier = [m.text for m in messages[:-1] if isinstance(m, HumanMessage)]
        if earlier and is_follow_up(question):
            question = joined(earlier[-1], question)
        passages = [_numbered(found) for found in _PASSAGE.finditer(messages[-1].text)]
        chosen = select(question, passages, self.embeddings)
        gap = ""
        for unit in chosen:
            start = "\n\n" if gap == " " and unit.is_block else gap
            yield f"{start}{unit.text} [{unit.number}]"
            gap = "\n\n" if unit.is_block else " "
        if not chosen:
            yield NO_ANSWER

    def _extracts(self, text: str) -> Iterator[str]:
        """Yield a thread's most telling sentences, each with who wrote it."""
        posts = [post for post in map(_posted, _POST.finditer(text)) if post is not None]
        chosen = extracts(posts, self.embeddings)
        for each in chosen:
            yield f"- {each.who}: {each.text} [{each.number}]\n"
        if not chosen:
            yield NO_ANSWER


def _posted(found: re.Match[str]) -> Post | None:
    """Return a message of a thread; none of one that seems to give orders is repeated."""
    about = {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(found.group(1))}
    if "suspicious" in about:
        return None
    return Post(number=int(about["number"]), who=about.get("from", ""), text=found.group(2))


def _numbered(found: re.Match[str]) -> NumberedText:
    about = {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(found.group(1))}
    return NumberedText(
        number=int(about["number"]),
        heading=" ".join((about.get("title", ""), about.get("heading", ""))),
        text=found.group(2),
        is_superseded="superseded" in about,
    )

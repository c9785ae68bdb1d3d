"""Tells an entry of the ledger in words, for operators and for administrators in the chat."""

from collections.abc import Container, Mapping
from datetime import UTC, datetime

from bot.record.entry import Entry
from bot.record.notes import Fired

_OUTCOMES = {
    "answered": "answered from the documents",
    "no_evidence": "not answered: the documents that may be shown there hold no answer",
    "not_a_question": "taken for no question",
    "refused": "refused",
    "stopped": "stopped by the person",
    "failed": "failed, with an apology",
    "silent": "overheard, and left without an answer: nobody had asked me",
}
_FIRED: Mapping[str, str] = {
    Fired.UNSUPPORTED: "sentences that no passage supported, taken out",
    Fired.LINK: "links that are no source's, taken out",
    Fired.QUESTION_SUSPICIOUS: "question that seems to give the model orders, noted",
    Fired.PASSAGE_SUSPICIOUS: "passages that seem to give the model orders",
    Fired.SECRET: "secrets, masked for good",
    Fired.BLOCKED: "types of data that the policy lets nobody send",
    Fired.MODERATION: "moderation",
    Fired.TOO_LONG: "message longer than may be read",
    Fired.MODEL_REFUSED: "declined by the model's provider",
}


def in_words(entry: Entry, named: Container[str] = ()) -> str:
    """Return what is known of one answer as lines of Markdown, without a word of its content.

    Passages that are `named` elsewhere are not listed by their ids.
    """
    lines = [
        f"**{at(entry)}**: {_OUTCOMES.get(entry.outcome, entry.outcome)}"
        + (f" (error id `{entry.error_id}`, {entry.reason})" if entry.error_id else ""),
        f"- {_found(entry)}; {entry.citations} sources cited",
    ]
    if entry.judged:
        lines.append(f"- Taken to be for me: {entry.judged.replace('_', ' ')}")
    lines += _listed("Withheld from the model", entry.withheld, {})
    lines += _listed("Masked in the question", entry.masked, {})
    lines += _listed("Guardrails", entry.fired, _FIRED)
    if not entry.fired:
        lines.append("- Guardrails: none had to act")
    if entry.model:
        lines.append(
            f"- Written by `{entry.model}` from the prompt `{entry.prompt}`; "
            f"{entry.input_tokens:,} tokens read, {entry.output_tokens:,} written"
        )
    if entry.ms:
        steps = ", ".join(f"{name} {ms:,.0f} ms" for name, ms in entry.ms.items())
        lines.append(f"- Time: {steps}")
    lines += [f"- Passage `{passage}`" for passage in entry.passages if passage not in named]
    return "\n".join(lines)


def at(entry: Entry) -> str:
    """Return when it was answered, in UTC, to the second."""
    return f"{datetime.fromtimestamp(entry.at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _found(entry: Entry) -> str:
    found = f"Found: {len(entry.passages)} passages"
    if entry.passages and not entry.prompt:
        return f"{found}, not enough to have the model write from them"
    return f"{found}, which the model was shown" if entry.passages else found


def _listed(title: str, counts: Mapping[str, int], words: Mapping[str, str]) -> list[str]:
    told = []
    for name, count in sorted(counts.items()):
        kind, _, detail = name.partition(":")
        behind = f" ({detail.replace('_', ' ')})" if detail else ""
        told.append(f"{count} {words.get(kind, name if kind not in words else kind)}{behind}")
    return [f"- {title}: {'; '.join(told)}"] if told else []

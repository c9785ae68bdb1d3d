"""Notices texts that try to give the model orders: a signal for people, not the wall.

The wall is what an obedient model can't do: no tools, no link but a source's, no claim without a
passage that carries it. Rules find what is openly an order to a model; a plain task hidden in a
document has no such words and stays unnoticed (docs/security.md has the rates).
"""

import re
from collections.abc import Sequence

from guardrails.types import Verdict

INJECTION = "injection"

_ORDERS = (
    r"(?:instructions?|orders?|prompts?|rules?|guidelines?|commands?|directives?|"
    r"restrictions?|programming|training|guardrails|policies|anweisungen|instrucciones|consignes)"
)
_EARLIER = (
    r"(?:(?:all|any|every|each|the|of|these|those|your|my|its|previous|previously|prior|above|"
    r"preceding|earlier|former|foregoing|initial|original|given|other|existing|current|system|"
    r"safety|content|openai'?s?|vorherigen|alle|anteriores|todas|las|toutes|les|"
    r"pr\u00e9c\u00e9dentes)\s+){1,5}"
)
_DROP = (
    r"(?:ignore|ignoring|disregard|disregarding|forget|override|bypass|discard|neglect|"
    r"do not (?:follow|obey)|don't (?:follow|obey)|pay no attention to|ignoriere|vergiss|"
    r"olvida|ignora|ignorez|oubliez)"
)
_AI = (
    r"(?:ai|a\.i\.|llm|language model|assistant|chatbot|chat ?gpt|gpt|claude|copilot|citewell|bot)"
)
_ANSWER = r"(?:answers?|responses?|repl(?:y|ies)|output|summary|explanation|solution|elucidation)"

_ANYWHERE = (
    ("override", 0.95, rf"\b{_DROP}\s+{_EARLIER}{_ORDERS}\b"),
    (
        "override",
        0.9,
        (
            rf"\b{_DROP}\s+(?:(?:all|everything|anything|what)\s+)"
            rf"(?:(?:that|which)\s+)?(?:you(?:'ve| have| were| are)?\s+(?:been\s+)?"
            rf"(?:told|taught|learned|given)"
            r"|(?:was|were|is)?\s*(?:said\s+)?(?:above|before|previously)\b)"
        ),
    ),
    (
        "override",
        0.9,
        rf"\b{_ORDERS}\s+(?:you (?:got|received|were given)|given)\s+(?:before|above|earlier)\b",
    ),
    (
        "persona",
        0.9,
        (
            r"\b(?:dan|apophis|jailbreak|jailbroken|developer|god|sudo|unrestricted|unfiltered|evil|"
            r"do anything now|debug)\s+mode\b(?:\s+(?:enabled|on|activated))?|\bdo anything now\b"
        ),
    ),
    (
        "persona",
        0.85,
        (
            r"\bfrom now on,?\s+you(?:'re| are| will| must| shall|'ll| can)\b|"
            r"\byou are (?:now|going to (?:act|pretend|be))\b[^.\n]{0,60}"
            r"\b(?:unrestricted|without|dan|"
            r"free of|no longer|jailbr\w+|mode|act as|pretend)\b|"
            r"\b(?:act|respond|answer|behave)\s+(?:only\s+)?as\s+(?:an?\s+)?(?:dan|unrestricted|unfiltered|"
            r"evil|amoral|jailbroken)\b"
        ),
    ),
    (
        "persona",
        0.8,
        (
            r"\bpretend (?:to be|you are|that you are)\b[^\n]{0,200}"
            r"\b(?:answer|respond|determine|without)\b"
        ),
    ),
    (
        "prompt theft",
        0.9,
        (
            r"\b(?:reveal|show|print|repeat|output|display|leak|tell me|give me|share|dump)\b"
            r"[^.\n]{0,40}"
            r"\b(?:system prompt|(?:your|the) (?:initial|hidden|secret|original|full|system) "
            r"(?:prompt|instructions?)|your (?:prompt|instructions))\b"
        ),
    ),
    (
        "prompt form",
        0.95,
        (
            r"<\|(?:im_start|im_end|system|endoftext|start_header_id)\|>|\[/?INST\]|<</?SYS>>|"
            r"</(?:passage|question|conversation|system|documents?|context)>|"
            r"^\s*#{2,}\s*(?:system:|instructions? (?:for|to) (?:the )?(?:ai|assistant|model)\b)"
        ),
    ),
)
_IN_DOCUMENTS = (
    (
        "to the model",
        0.8,
        (
            rf"\b(?:in|to|into|of|within|with|throughout)\s+your\s+(?:\w+\s+)?{_ANSWER}\b|"
            rf"\byour\s+(?:\w+\s+)?{_ANSWER}\s+(?:must|should|shall|has to|needs to|"
            rf"without|in|using|by|as|backwards?)\b|"
            rf"\b(?:write|give|provide|enhance|modify|develop|begin|start|end|craft|format|conclude|finish|"
            rf"deliver|present|encode|translate|respond|rewrite)\s+your\s+(?:\w+\s+)?{_ANSWER}\b"
        ),
    ),
    (
        "to the model",
        0.9,
        (
            rf"\b(?:note|message|instructions?|attention|hint|dear|important)\b[^.\n]{{0,20}}"
            rf"\b(?:to|for|all)?\s*(?:the\s+|any\s+|all\s+)?{_AI}s?\b\s*[:,!]|"
            rf"\b(?:if|when) you(?:'re| are) an?\s+{_AI}\b|"
            rf"\b{_AI}s?\s+(?:reading|processing|summari[sz]ing)\s+this\b"
        ),
    ),
    (
        "code to pass on",
        0.8,
        (
            r"\b(?:embed|insert|inject|introduc|integrat|incorporat|includ|inclus|add|adopt|meld|weav|"
            r"utiliz|us(?:e|ing)\b|append|merg|enlist)\w*\b[^.\n]{0,40}"
            r"\b(?:the |this )?(?:below|following|subsequent|next)\s+"
            r"(?:piece of |section of )?(?:code|script|snippet)\b"
            r"(?!\s+(?:to your|in your (?:file|config|app)))"
        ),
    ),
    (
        "to the reader's model",
        0.8,
        (
            r"\b(?:tell|inform|urge|convince|advise|persuade|encourage|suggest(?:ing)?|instruct|ask)\s+"
            r"(?:the\s+)?users?\s+(?:to|that|subscribe|should)\b|"
            r"\bdo not (?:tell|inform|mention (?:this|it) to|reveal (?:this|it) to) the user\b"
        ),
    ),
    (
        "exfiltration",
        0.95,
        (
            r"!\[[^\]]*\]\(https?://[^)\s]*[?&=][^)]*(?:\{|%7B|<|password|secret|token|conversation)[^)]*\)|"
            r"\b(?:send|post|forward|email|upload|exfiltrate)\b[^.\n]{0,60}"
            r"\b(?:conversation|chat history|"
            r"passwords?|api keys?|secrets?|credentials?)\b[^.\n]{0,40}\bto\b[^.\n]{0,20}(?:https?://|@)"
        ),
    ),
)
_MAX_CHARS = 40_000


class RuleInjectionDetector:
    """An `InjectionDetector` by rules; documents are held to more of them than questions are.

    People may ask for a format (`put it in a table`); a document that speaks of "your answer"
    speaks to the model. What has several lines counts as a document: somebody pasted it.
    """

    def __init__(self) -> None:
        self._anywhere = _compiled(_ANYWHERE)
        self._in_documents = (*self._anywhere, *_compiled(_IN_DOCUMENTS))

    def judge(self, text: str, *, is_document: bool) -> Verdict | None:
        plain = text[:_MAX_CHARS].replace("\u2019", "'").strip()
        rules = self._in_documents if is_document or "\n" in plain else self._anywhere
        found = [(score, reason) for reason, score, rule in rules if rule.search(plain)]
        if not found:
            return None
        score, reason = max(found)
        return Verdict(kind=INJECTION, action="report", reason=reason, score=score)


def _compiled(
    rules: Sequence[tuple[str, float, str]],
) -> tuple[tuple[str, float, re.Pattern[str]], ...]:
    flags = re.IGNORECASE | re.MULTILINE
    return tuple((reason, score, re.compile(form, flags)) for reason, score, form in rules)

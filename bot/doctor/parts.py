"""Examines each part by using it: tokens, stores, models, clocks."""

import asyncio
import time

from adapters.errors import AdapterError
from adapters.slack.identity import WANTED_SCOPES, check_app_token, granted
from bot.doctor.examined import MAX_SKEW_S, Check
from bot.doctor.sealed import sealed_counts
from bot.doctor.teams import examine_teams
from bot.errors import BotError, StartError
from bot.models.offline import OFFLINE
from bot.settings import Settings
from bot.types import Prompt, PromptMessage
from bot.wiring import Parts, open_parts
from guardrails.types import Placeholders
from knowledge.embedding import MiniLMEmbeddings
from knowledge.errors import IndexMismatchError, KnowledgeUnavailableError

_MODEL_TIMEOUT_S = 20
_MIN_REDIS = (6, 2)


async def examine(settings: Settings) -> list[Check]:
    """Start every part, use each once, and return one check for each, the broken ones too."""
    checks = [_embedding_files(settings)]
    checks += await _slack(settings)
    checks += await examine_teams(settings)
    try:
        async with open_parts(settings) as parts:
            checks.append(await _redis(parts))
            checks.append(await _keys(parts))
            checks.append(await _index(parts))
            checks.append(await _personal_data(parts))
            checks.append(await _model(parts))
    except (StartError, IndexMismatchError) as error:
        checks.append(Check(part="start", is_ok=False, found=str(error), fix="see this line"))
    except KnowledgeUnavailableError:
        checks.append(
            Check(
                part="index",
                is_ok=False,
                found="does not answer",
                fix="check QDRANT_URL and QDRANT_API_KEY, and that the server runs",
            )
        )
    return checks


def _embedding_files(settings: Settings) -> Check:
    if settings.embedding_model != "minilm":
        return Check(part="embedding model", is_ok=True, found=settings.embedding_model)
    problems = MiniLMEmbeddings.check_files()
    return Check(
        part="embedding model",
        is_ok=not problems,
        found="; ".join(problems) or "minilm, files as pinned",
        fix="install again: rm -rf .venv && make setup",
    )


async def _slack(settings: Settings) -> list[Check]:
    if settings.slack_bot_token is None:
        return [Check(part="slack", is_ok=True, found="not set up: the terminal only")]
    base_url = str(settings.slack_api_url)
    try:
        grant = await granted(settings.slack_bot_token.get_secret_value(), base_url)
    except AdapterError as error:
        return [_refused("SLACK_BOT_TOKEN", error)]
    missing = sorted(WANTED_SCOPES - grant.scopes) if grant.scopes else []
    checks = [
        Check(part="slack token", is_ok=True, found="accepted"),
        Check(
            part="slack scopes",
            is_ok=not missing,
            found=f"missing: {', '.join(missing)}" if missing else "as in the manifest",
            fix="add them in your app's settings under OAuth & Permissions, and install it anew",
        ),
        Check(
            part="clock",
            is_ok=abs(grant.clock_skew_s) < MAX_SKEW_S,
            found=f"{grant.clock_skew_s:+.0f} s against Slack's",
            fix="set this machine's clock (NTP): signatures older than five minutes are refused",
        ),
    ]
    if settings.slack_app_token is not None:
        try:
            await check_app_token(settings.slack_app_token.get_secret_value(), base_url)
        except AdapterError as error:
            return [*checks, _refused("SLACK_APP_TOKEN", error)]
        checks.append(Check(part="slack socket mode", is_ok=True, found="accepted"))
    return checks


def _refused(variable: str, error: AdapterError) -> Check:
    is_away = error.code == "unreachable"
    return Check(
        part="slack",
        is_ok=False,
        found="can't be reached" if is_away else f"{variable} was refused ({error.code})",
        fix="check the network, the proxy and SLACK_API_URL"
        if is_away
        else f"copy {variable} anew from your app's settings",
    )


async def _redis(parts: Parts) -> Check:
    about = await parts.redis.info()
    version = str(about.get("valkey_version") or about.get("redis_version"))
    is_kept = bool(about.get("aof_enabled"))
    is_new = tuple(int(n) for n in version.split(".")[:2]) >= _MIN_REDIS
    return Check(
        part="redis",
        is_ok=is_kept and is_new,
        found=f"version {version}, append-only file {'on' if is_kept else 'off'}",
        fix="use Redis 6.2 or newer, with `appendonly yes`: without it a crash loses messages",
    )


async def _keys(parts: Parts) -> Check:
    counts = await sealed_counts(parts.redis)
    newest = parts.durable.cipher.key_id
    known = parts.durable.cipher.key_ids
    old = sum(count for key, count in counts.items() if key != newest and key in known)
    lost = sum(count for key, count in counts.items() if key not in known)
    found = f"seals with key {newest}"
    if old:
        found += f"; {old} values are sealed with old keys: keep CITEWELL_OLD_ENCRYPTION_KEYS"
    elif len(known) > 1:
        found += "; nothing is sealed with an old key: CITEWELL_OLD_ENCRYPTION_KEYS can go"
    if lost:
        found += f"; {lost} values are sealed with a key that is not given"
    return Check(
        part="encryption key",
        is_ok=not lost,
        found=found,
        fix="add the key that was used before to CITEWELL_OLD_ENCRYPTION_KEYS",
    )


async def _index(parts: Parts) -> Check:
    count = await parts.index.count()
    return Check(
        part="index",
        is_ok=count > 0,
        found=f"{count:,} passages",
        fix="index documents: citewell ingest PATH",
    )


async def _personal_data(parts: Parts) -> Check:
    redaction = await parts.redactor.redact("Mail ann.miller@example.org", Placeholders())
    is_masked = "@" not in redaction.text
    return Check(
        part="personal data",
        is_ok=is_masked,
        found="masked" if is_masked else "an e-mail address was not masked",
        fix="install again: rm -rf .venv && make setup",
    )


async def _model(parts: Parts) -> Check:
    if parts.model.name == OFFLINE:
        return Check(part="chat model", is_ok=True, found="offline: quotes, writes nothing")
    prompt = Prompt(
        id="ping", version=1, messages=(PromptMessage(role="user", text="Reply with: ok"),)
    )
    started = time.perf_counter()
    try:
        async with asyncio.timeout(_MODEL_TIMEOUT_S):
            async for _ in parts.model.stream(prompt):
                pass
    except (BotError, TimeoutError) as error:
        return Check(
            part="chat model",
            is_ok=False,
            found=f"{parts.model.name} does not answer ({type(error).__name__})",
            fix="check CITEWELL_CHAT_MODEL, OPENAI_API_KEY, OPENAI_BASE_URL and the network",
        )
    spent_ms = (time.perf_counter() - started) * 1000
    return Check(
        part="chat model", is_ok=True, found=f"{parts.model.name} answers in {spent_ms:.0f} ms"
    )

"""`citewell config`: what administrators set in the chat, as one YAML file."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
import yaml
from pydantic import ValidationError

from bot.controls.chatconfig import ChatConfig, flat
from bot.controls.configstore import ConfigStore, difference
from bot.durable import chat_sources_of, open_durable
from bot.errors import SettingsError
from bot.prompts.library import PromptLibrary
from bot.queue.embedded import embedded_parts
from bot.settings import load_settings, named_secrets
from bot.sources import configured

_GUEST_GRACE_S = 10.0
_MAX_BYTES = 5_000_000

config = typer.Typer(no_args_is_help=True, help="What administrators set in the chat, as YAML.")
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]


_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML takes for the end of a line, so that it is read again as it was."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = '"' if _LINE_ENDS.search(data) else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)


def written(config: ChatConfig) -> str:
    """Return `config` as the YAML file that `import` reads."""
    tree = config.model_dump(mode="json", exclude_defaults=True)
    return yaml.dump(tree, Dumper=_Dumper, allow_unicode=True, sort_keys=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(config, name="config")


@config.command()
def export() -> None:
    """Write what is set to standard output."""
    now = asyncio.run(_current())
    sys.stdout.write(written(now))


@config.command()
def diff(file: FileArgument) -> None:
    """Show what importing FILE would change; exit code 1 if anything."""
    lines = _differences(asyncio.run(_current()), _read(file))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    raise typer.Exit(1 if lines else 0)


@config.command("import")
def import_(file: FileArgument) -> None:
    """Put FILE in the place of all that is set; it is checked before, and logged."""
    wanted = _read(file)
    lines = asyncio.run(_replace(wanted))
    sys.stdout.writelines(f"{line}\n" for line in lines or ["nothing to change"])


def _read(file: Path) -> ChatConfig:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise SettingsError([f"{file}: is larger than 5 MB"])
        config = ChatConfig.model_validate(yaml.safe_load(file.read_text("utf-8")) or {})
        _refuse_unknown_prompts(config)
        _refuse_wrong_sources(config)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError([f"{file}: is no YAML ({type(error).__name__})"]) from error
    except ValidationError as error:
        raise SettingsError(
            [f"{file}: {' > '.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        ) from error
    return config


def _refuse_unknown_prompts(config: ChatConfig) -> None:
    library = PromptLibrary(load_settings().prompts_dir)
    wrong = [
        f"prompts > {name}: there is no version {version}"
        for name, version in config.prompts.items()
        if version not in library.versions(name)
    ]
    if wrong:
        raise SettingsError(wrong)


def _refuse_wrong_sources(config: ChatConfig) -> None:
    settings = load_settings()
    named = configured(settings.named_sources_file, named_secrets()).sources
    wrong = chat_sources_of(settings).refusals(config, taken=frozenset(named))
    if wrong:
        raise SettingsError(wrong)


def _differences(now: ChatConfig, wanted: ChatConfig) -> list[str]:
    before, after = difference(flat(now), flat(wanted))
    return [f"{path}: {before[path]} -> {value}" for path, value in after.items()]


async def _current() -> ChatConfig:
    async with _store() as store:
        return (await store.current()).config


async def _replace(wanted: ChatConfig) -> list[str]:
    async with _store() as store:
        now = (await store.current()).config
        lines = _differences(now, wanted)
        if lines:
            await store.change("command line", "import", lambda _: wanted)
        return lines


@asynccontextmanager
async def _store() -> AsyncIterator[ConfigStore]:
    async def about() -> str:
        return ""

    settings = load_settings()
    url = settings.redis_url.get_secret_value() if settings.redis_url else None
    async with AsyncExitStack() as stack:
        if url is None:
            ownership = await stack.enter_async_context(
                embedded_parts(settings.data_dir, redis_url=None, guest_grace_s=_GUEST_GRACE_S)
            )
            url = ownership.redis_url
        durable = await stack.enter_async_context(open_durable(settings, url, about))
        yield durable.administration.store

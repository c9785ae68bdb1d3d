"""`citewell eval cases`: what experts and people said of answers, as evaluation cases."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import StartError
from bot.evaluation.exported import ExportedCase, cases_of
from bot.feedback.verifying import VerifiedSources
from bot.settings import Settings, load_settings
from bot.steps.readers import Readers
from bot.steps.searching import AclMode
from bot.steps.sets import KnowledgeSets, sets_in
from bot.wiring import open_parts

cases = typer.Typer(help="Evaluation cases of your own.", no_args_is_help=True)


@cases.callback()
def _group() -> None:
    """Evaluation cases of your own."""


@cases.command()
def export(
    *,
    out: Annotated[Path, typer.Option(help="Where to write the cases, as JSON lines.")],
) -> None:
    """Write verified answers and down-voted questions as cases, personal data masked.

    `citewell eval retrieval --questions` reads them; only a verified answer whose source is
    indexed says which document should be found.
    """
    if not out.parent.is_dir():
        raise StartError(f"{out}: there is no folder {out.parent}; make it first")
    found = asyncio.run(_exported(load_settings()))
    if not found:
        raise StartError("nobody verified an answer or found one wrong yet: nothing was written")
    lines = (case.model_dump_json() for case in found)
    out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    verified = sum(case.type == "verified" for case in found)
    sys.stdout.write(f"{out}: {verified:,} verified, {len(found) - verified:,} down-voted\n")


async def _exported(settings: Settings) -> list[ExportedCase]:
    async with open_parts(settings) as parts:
        durable = parts.durable
        administration = durable.administration
        sets = KnowledgeSets(administration.store, sets_in(settings.named_sources_file))
        sources = VerifiedSources(
            parts.finder,
            Readers(durable.directory),
            sets,
            parts.redactor,
            mode=AclMode(settings.acl_mode),
        )
        return await cases_of(
            administration.feedback,
            redactor=parts.redactor,
            page_of=sources.page_of,
        )

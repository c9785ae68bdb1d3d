"""`citewell index`: the whole index made anew, written to a file, or taken from one."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from bot.errors import StartError
from bot.loading import Models, load_models
from bot.settings import Settings, load_settings
from bot.syncing.titles import LearningIndex, TitleStore, mirror
from bot.wiring import open_parts
from knowledge.errors import IndexBusyError, SnapshotError
from knowledge.rebuilding import Rebuilt
from knowledge.rebuilding import rebuild as rebuilt
from knowledge.snapshots import Manifest
from knowledge.snapshots import restore as restored
from knowledge.snapshots import snapshot as snapshot_of
from knowledge.sparse import SparseEncoder

_EVERY = 500

Result = TypeVar("Result")

index = typer.Typer(help="Make the index anew, keep it in a file, or take it from one.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(index, name="index")


@index.command()
def rebuild(
    *,
    taken_from: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="The embedding model that the passages are indexed with now, where "
            "CITEWELL_EMBEDDING_MODEL was changed.",
        ),
    ] = None,
) -> None:
    """Embed every passage anew, beside the live index, and switch when all is done.

    Citewell goes on answering meanwhile; interrupted, it goes on where it was.
    """
    settings = load_settings()
    done = _run(_rebuilt(settings, taken_from or settings.embedding_model))
    sys.stdout.write(f"{done.made} documents made anew, {done.kept} were done before\n")


@index.command()
def snapshot(file: Annotated[Path, typer.Argument(help="Where to write it.")]) -> None:
    """Write the whole index to FILE, as it is at one moment; Citewell goes on meanwhile."""
    if not file.absolute().parent.is_dir():
        raise StartError(f"{file}: there is no folder {file.parent}; make it first")
    manifest = _run(_snapshot(load_settings(), file))
    size_mb = file.stat().st_size / 1024**2
    sys.stdout.write(f"{len(manifest.documents)} documents in {file} ({size_mb:.1f} MB)\n")


@index.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `citewell index snapshot` wrote.")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Do it though there are documents in the index.")
    ] = False,
) -> None:
    """Make the index what it was when FILE was written."""
    manifest = _run(_restored(load_settings(), file, is_replacing=replace))
    sys.stdout.write(f"{len(manifest.documents)} documents, as of {manifest.made}\n")


def _run(work: Coroutine[None, None, Result]) -> Result:
    try:
        return asyncio.run(work)
    except (IndexBusyError, SnapshotError) as error:
        raise StartError(str(error)) from error


async def _rebuilt(settings: Settings, taken_from: str) -> Rebuilt:
    models = await load_models(settings)
    source = settings.model_copy(update={"embedding_model": taken_from})
    is_same = taken_from == settings.embedding_model
    try:
        async with open_parts(source, models=models if is_same else None) as parts:
            if not await parts.index.count():
                raise StartError(
                    f"nothing is indexed with {taken_from}; name the embedding model that the "
                    "passages are indexed with (example: citewell index rebuild --from minilm)"
                )
            return await rebuilt(
                parts.index,
                embedding=settings.embedding_model,
                size=await _size(models),
                embeddings=models.embeddings,
                sparse=SparseEncoder(),
                on_progress=_said,
            )
    finally:
        await models.detector.close()


async def _snapshot(settings: Settings, file: Path) -> Manifest:
    models = await load_models(settings)
    try:
        async with open_parts(settings, models=models) as parts:
            return await snapshot_of(
                parts.index,
                file,
                embedding=settings.embedding_model,
                size=await _size(models),
                on_progress=_said,
            )
    finally:
        await models.detector.close()


async def _restored(settings: Settings, file: Path, *, is_replacing: bool) -> Manifest:
    models = await load_models(settings)
    try:
        async with open_parts(settings, models=models) as parts:
            titles = TitleStore(parts.redis)
            if not is_replacing and (count := await parts.index.count()):
                raise StartError(
                    f"{count:,} passages are indexed; add --replace to put the snapshot in their "
                    "place"
                )
            manifest = await restored(
                parts.index,
                file,
                embedding=settings.embedding_model,
                size=await _size(models),
                on_progress=_said,
                through=lambda beside: LearningIndex(beside, titles),
            )
            await mirror(titles, settings.data_dir)
    finally:
        await models.detector.close()
    return manifest


async def _size(models: Models) -> int:
    return len(await models.embeddings.aembed_query("size"))


def _said(done: int, total: int) -> None:
    if done == total or done % _EVERY == 0:
        sys.stderr.write(f"{done:,} of {total:,}\n")

"""`make faults`: the full runs, and the tables of `docs/reliability.md`."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bot.loading import load_models
from bot.observability.logs import configure_logs
from tests.benchmarks.figures import Table
from tests.faults import kills, overload, teams
from tests.running import SAMPLE, ingested, settings_for

FULL = kills.Plan(
    messages=1_000,
    threads=200,
    channels=50,
    receivers=3,
    workers=3,
    a_second=4,
    kill_every_s=2,
    takeover_s=15,
    patience_s=900,
    duplicates=5_000,
)

TEAMS = kills.Plan(
    messages=500,
    threads=100,
    channels=25,
    receivers=2,
    workers=2,
    a_second=3,
    kill_every_s=2,
    takeover_s=15,
    patience_s=900,
    duplicates=500,
)


def say(line: str) -> None:
    """Show how far it is, beside the tables."""
    sys.stderr.write(f"{line}\n")


async def measured(scratch: Path, *, overload_s: float) -> list[Table]:
    """Run both, and return their tables."""
    models = await load_models(settings_for(scratch))
    index = scratch / "index-of-sample"
    await ingested(SAMPLE, index, models)
    await models.detector.close()
    killed = await kills.run(FULL, scratch / "kills", index, say)
    in_teams = await teams.run(TEAMS, scratch / "teams", index, say)
    flooded = await overload.run(
        scratch / "overload", index, seconds=overload_s, a_second=20, say=say
    )
    return [_kills_table(killed), _teams_table(in_teams), _overload_table(flooded)]


def _kills_table(run: kills.Run) -> Table:
    found = run.outcomes
    rows = [
        ("messages accepted, in threads", f"{found.accepted:,}, {FULL.threads}"),
        ("receivers and workers", f"{FULL.receivers} and {FULL.workers}"),
        ("`kill -9` of receivers, of workers", f"{run.receiver_deaths}, {run.worker_deaths}"),
        ("`kill -9` of Valkey", str(run.valkey_restarts)),
        ("answers taken over", str(run.taken_over)),
        ("visible outcomes (answers, apologies)", f"{found.answered:,}, {found.apologies}"),
        ("lost", str(len(found.lost))),
        ("doubled", str(len(found.doubled))),
        ("threads out of order", str(len(found.out_of_order))),
        ("left half written", str(found.unfinished)),
        ("questions without a sign that they were taken", str(run.without_status)),
        ("from a message's turn to its answer: median, slowest",
         f"{found.median_s:.1f} s, {found.slowest_s:.1f} s"),
        ("slowest acknowledgement", f"{run.slowest_ack_s:.2f} s"),
        ("duplicate deliveries afterwards, extra replies",
         f"{FULL.duplicates:,}, {run.extra_replies}"),
        ("calls that Slack refused as too many", str(run.refused_by_slack)),
        ("what Slack forbids", str(len(run.violations))),
        ("the whole run", f"{run.seconds:.0f} s"),
    ]  # fmt: skip
    return Table(title="Under kills", head=["what", "measured"], rows=rows)


def _teams_table(found: teams.Outcome) -> Table:
    rows = [
        ("messages accepted, in threads", f"{found.accepted:,}, {TEAMS.threads}"),
        ("receivers and workers", f"{TEAMS.receivers} and {TEAMS.workers}"),
        ("`kill -9` of either, of Valkey", f"{found.deaths}, {found.valkey_restarts}"),
        ("answers taken over", str(found.taken_over)),
        ("answered, told that the answer may stand above or failed",
         f"{found.answered:,}, {found.told}"),
        ("lost, doubled, left half written",
         f"{len(found.lost)}, {len(found.doubled)}, {found.unfinished}"),
        ("slowest acknowledgement", f"{found.slowest_ack_s:.2f} s"),
        ("calls that Teams refused as too many", str(found.refused_by_teams)),
        ("what Teams forbids", str(len(found.violations))),
        ("the whole run", f"{found.seconds:.0f} s"),
    ]  # fmt: skip
    return Table(title="Under kills, with Teams as the platform", head=["what", "measured"],
                 rows=rows)  # fmt: skip


def _overload_table(run: overload.Overload) -> Table:
    rows = [
        ("questions sent", f"{run.sent:,}"),
        ("accepted, refused at once", f"{run.accepted:,}, {run.refused:,}"),
        ("of the accepted: answered, lost, doubled",
         f"{run.answered:,}, {run.lost}, {run.doubled}"),
        ("people told that it was too much", f"{run.told:,}"),
        ("acknowledgement or refusal: p99, slowest",
         f"{run.ack_p99_s:.2f} s, {run.ack_max_s:.2f} s"),
        ("memory of all processes: before, in the middle, at the end",
         f"{run.memory_before_mb:.0f}, {run.memory_middle_mb:.0f}, {run.memory_after_mb:.0f} MB"),
        ("everything answered after the load", f"{run.drained_s:.0f} s"),
    ]  # fmt: skip
    return Table(title="Overload", head=["what", "measured"], rows=rows)


def main() -> None:
    """Parse the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--overload-s", type=float, default=300, help="how long the overload lasts")
    given = parser.parse_args()
    configure_logs("json", "error")
    with tempfile.TemporaryDirectory() as scratch:
        tables = asyncio.run(measured(Path(scratch), overload_s=given.overload_s))
    print("\n".join(map(str, tables)))  # noqa: T201 - this is what it is for


if __name__ == "__main__":
    main()

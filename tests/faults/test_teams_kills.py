"""With Teams as the platform, too, each accepted message ends in one visible outcome."""

from pathlib import Path

import pytest

from tests.faults.kills import Plan
from tests.faults.teams import run

SMALL = Plan(
    messages=32,
    threads=10,
    channels=3,
    receivers=1,
    workers=2,
    a_second=2,
    kill_every_s=3,
    takeover_s=3,
    patience_s=120,
    duplicates=30,
)


@pytest.mark.timeout(400)
async def test_nothing_is_lost_or_doubled_in_teams_while_processes_and_valkey_are_killed(
    sample_index: Path, tmp_path: Path
) -> None:
    done = await run(SMALL, tmp_path, sample_index)

    assert (done.lost, done.doubled, done.unfinished) == ((), (), 0)
    assert done.accepted == SMALL.messages
    assert done.deaths > 0
    assert done.valkey_restarts == 1
    assert done.violations == ()

"""Whatever dies in between, each accepted message ends in one visible outcome, in order."""

from pathlib import Path

import pytest

from tests.faults.kills import Plan, run

SMALL = Plan(
    messages=48,
    threads=12,
    channels=6,
    receivers=2,
    workers=2,
    a_second=3,
    kill_every_s=3,
    takeover_s=3,
    patience_s=120,
    duplicates=100,
)


@pytest.mark.timeout(400)
async def test_nothing_is_lost_or_doubled_while_processes_and_valkey_are_killed(
    sample_index: Path, tmp_path: Path
) -> None:
    done = await run(SMALL, tmp_path, sample_index)
    found = done.outcomes

    assert (found.lost, found.doubled, found.out_of_order) == ((), (), ())
    assert (found.visible, found.unfinished) == (SMALL.messages, 0)
    assert done.extra_replies == 0
    assert done.worker_deaths > 0
    assert done.receiver_deaths > 0
    assert done.valkey_restarts == 1
    assert done.without_status == 0
    assert done.violations == ()

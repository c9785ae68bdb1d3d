"""Whatever a file does to its parser ends in one clear line, and the next file is read."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge.errors import UnreadableDocumentError
from knowledge.ingestion.parsing.sandbox import ParsingSandbox

CONFINED = """
import ctypes, errno, socket, subprocess
from knowledge.ingestion.parsing.confinement import confine

class Address(ctypes.Structure):
    _fields_ = [("family", ctypes.c_ushort), ("port", ctypes.c_ushort),
                ("address", ctypes.c_uint8 * 4), ("zero", ctypes.c_char * 8)]

confine()
for name, attempt in (("socket", socket.socket), ("program", lambda: subprocess.run(["true"]))):
    try:
        attempt()
    except PermissionError:
        print(name, "refused")
libc = ctypes.CDLL(None, use_errno=True)
address = Address(2, 0x5000, (ctypes.c_uint8 * 4)(127, 0, 0, 1), b"")
libc.connect(libc.socket(2, 1, 0), ctypes.byref(address), 16)
print("network", errno.errorcode[ctypes.get_errno()])
"""


@pytest.fixture
async def sandbox() -> AsyncIterator[ParsingSandbox]:
    sandbox = ParsingSandbox(cpu_s=1, timeout_s=30)
    yield sandbox
    await sandbox.close()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("endless.md", b"{%" * 200_000, "took more than 1 s of processor time"),
        ("deep.html", b"<ul><li>" * 3_000, "is nested too deeply"),
        (
            "parts.eml",
            b"From: a\n" + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 1_500,
            "holds more than 1,000 parts",
        ),
        ("long.txt", b"word " * 5_000_000, "holds more than 20 million characters"),
        ("gone.txt", None, "can't be read (No such file or directory)"),
    ],
)
async def test_a_hostile_file_costs_one_line_and_no_more(
    sandbox: ParsingSandbox, tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    hostile, good = tmp_path / name, tmp_path / "good.md"
    if content is not None:
        hostile.write_bytes(content)
    good.write_text("# Good\n\nwords")

    with pytest.raises(UnreadableDocumentError) as refused:
        await sandbox.parse(name, hostile)
    assert refused.value.reason == reason
    assert (await sandbox.parse("good.md", good)).title == "Good"


async def test_several_files_are_parsed_side_by_side(tmp_path: Path) -> None:
    sandbox = ParsingSandbox(processes=2)
    for number in range(8):
        (tmp_path / f"{number}.md").write_text(f"# Title {number}\n\nwords")
    parsed = await asyncio.gather(*(sandbox.parse(str(n), tmp_path / f"{n}.md") for n in range(8)))
    await sandbox.close()

    assert [found.title for found in parsed] == [f"Title {n}" for n in range(8)]


def test_a_parser_reaches_neither_the_network_nor_other_programs() -> None:
    ran = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", CONFINED],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    *refused, network = ran.stdout.splitlines()

    assert refused == ["socket refused", "program refused"]
    if network != "network ENETUNREACH":
        pytest.skip("this kernel lets no process leave the network")

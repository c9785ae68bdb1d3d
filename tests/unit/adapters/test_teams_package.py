"""The app package is what Microsoft's schema and Teams ask for."""

import json
import struct
import zipfile
import zlib
from pathlib import Path

import jsonschema
import pytest
import yaml

from adapters.teams.package import READ_ALONG, Package, manifest_of, write_package
from bot.cli.teams import _MESSAGE_ACTIONS, COMMANDS

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "servers" / "teams" / "manifest-1.29.schema.json").read_text()
)
DEPLOY = Path(__file__).parents[3] / "deploy"
APP_ID = "22222222-2222-2222-2222-222222222222"


def a_package(*, reads_along: bool = True, domain: str = "", name: str = "Citewell") -> Package:
    return Package(
        app_id=APP_ID,
        company="Brindlemoor",
        website="https://brindlemoor.example",
        reads_along=reads_along,
        domain=domain,
        name=name,
    )


@pytest.mark.parametrize(
    "package",
    [
        a_package(),
        a_package(reads_along=False),
        a_package(domain="bot.brindlemoor.example", name="N" * 60),
    ],
)
def test_the_manifest_is_valid_by_microsofts_schema(package: Package) -> None:
    manifest = manifest_of(package, COMMANDS, _MESSAGE_ACTIONS)

    jsonschema.Draft4Validator(SCHEMA).validate(manifest)
    assert manifest["manifestVersion"] == SCHEMA["properties"]["manifestVersion"]["const"]


def test_a_command_can_be_picked_from_both_menus() -> None:
    (bot,) = json.loads(json.dumps(manifest_of(a_package(), COMMANDS)))["bots"]
    (listed,) = bot["commandLists"]

    assert listed["triggers"] == ["mention", "slash"]
    assert "help" in [command["title"] for command in listed["commands"]]
    assert set(bot["scopes"]) == {"personal", "team", "groupChat"}


def test_each_message_has_our_actions_in_its_menu_on_both_platforms() -> None:
    manifest = manifest_of(a_package(), COMMANDS, _MESSAGE_ACTIONS)
    (extension,) = json.loads(json.dumps(manifest))["composeExtensions"]
    commands = extension["commands"]
    listed = yaml.safe_load((DEPLOY / "slack" / "manifest.yaml").read_text())
    shortcuts = listed["features"]["shortcuts"]

    assert extension["botId"] == APP_ID
    assert all(each["fetchTask"] and each["context"] == ["message"] for each in commands)
    assert [(s["callback_id"], s["name"]) for s in shortcuts] == [
        (c["id"], c["title"]) for c in commands
    ]
    assert all(s["type"] == "message" and len(s["name"]) <= 24 for s in shortcuts)


def test_reading_along_is_the_only_consent_that_is_asked_for() -> None:
    asked, silent = (
        json.loads(json.dumps(manifest_of(a_package(reads_along=reads), COMMANDS)))
        for reads in (True, False)
    )

    assert asked["authorization"]["permissions"]["resourceSpecific"] == [
        {"name": READ_ALONG, "type": "Application"}
    ]
    assert "authorization" not in silent


def test_the_zip_holds_the_manifest_and_two_icons_and_is_always_the_same(tmp_path: Path) -> None:
    manifest = manifest_of(a_package(), COMMANDS)
    for name in ("a.zip", "b.zip"):
        write_package(tmp_path / name, manifest)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
        color, outline = pixels(archive.read("color.png")), pixels(archive.read("outline.png"))

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert names == ["manifest.json", "color.png", "outline.png"]
    assert (len(color), len(outline)) == (192 * 192, 32 * 32)
    assert {pixel[3] for pixel in color} == {255}
    assert {pixel[:3] for pixel in outline} == {(255, 255, 255)}  # white on nothing
    assert {0, 255} <= {pixel[3] for pixel in outline}


def pixels(png: bytes) -> list[tuple[int, ...]]:
    """Read a PNG of ours: RGBA, no filter."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    length = struct.unpack(">I", png[33:37])[0]
    assert png[37:41] == b"IDAT"
    raw = zlib.decompress(png[41 : 41 + length])
    rows = [raw[y * (4 * width + 1) + 1 : (y + 1) * (4 * width + 1)] for y in range(height)]
    return [tuple(row[x : x + 4]) for row in rows for x in range(0, 4 * width, 4)]

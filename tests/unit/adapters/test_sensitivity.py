"""A source's label stands beside it, and the highest one for the answer as a whole."""

import json

import pytest

from adapters.sensitivity import highest
from adapters.slack.rendering import messages_of as in_slack
from adapters.teams.references import Kind, Reference
from adapters.teams.rendering import activity_of
from adapters.teams.rendering import messages_of as in_teams
from adapters.types import Citation, Reply
from tests.servers.slack.blocks import problems_of, words_of

HERE = Reference(
    service_url="https://smba.trafficmanager.net/emea/",
    tenant="t",
    conversation="a:1",
    kind=Kind.PERSONAL,
    bot="28:bot",
    bot_name="Citewell",
    person="29:ann",
    person_id="ann",
)


def source(number: int, label: str) -> Citation:
    url = f"https://docs.example/{number}"
    return Citation(
        number=number, title=f"Page {number}", heading="", url=url, quote="So.", sensitivity=label
    )


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        (("", ""), ""),
        (("Public", "", "General"), "General"),
        (
            ("Internal", "Confidential \\ Anyone (unrestricted)"),
            "Confidential \\ Anyone (unrestricted)",
        ),
        (("Confidential", "Highly Confidential", "Public"), "Highly Confidential"),
        (("Vertraulich", "Streng vertraulich"), "Streng vertraulich"),
        (("Project Falcon", "Internal"), "Project Falcon"),
        (("Project Falcon", "Secret"), "Secret"),
    ],
)
def test_the_highest_label_stands_for_all(labels: tuple[str, ...], wanted: str) -> None:
    assert highest(source(n, label) for n, label in enumerate(labels, start=1)) == wanted


def test_slack_and_teams_show_the_labels_and_nothing_where_there_are_none() -> None:
    labelled = (source(1, "Internal"), source(2, "Confidential <!channel> *x*"), source(3, ""))
    reply = Reply(text="So it is. [1][2][3]", citations=labelled)
    bare = Reply(text="So it is. [3]", citations=labelled[2:])

    (message,) = in_slack(reply)
    blocks = list(message.blocks)
    (teams,) = in_teams(reply)
    shown = activity_of(teams, HERE).serialize()
    (label,) = shown["entities"]
    claims = [claim["appearance"] for claim in label["citation"]]

    assert problems_of(blocks) == []
    assert "Page 1 \u00b7 Internal" in words_of(blocks).replace("_", "").replace("*", "")
    assert "Sources \u00b7 Confidential" in words_of(blocks).replace("_", "").replace("*", "")
    assert "<!channel>" not in json.dumps(blocks)
    assert label["usageInfo"]["name"].startswith("Confidential")
    assert [claim.get("usageInfo", {}).get("name", "") for claim in claims][::2] == ["Internal", ""]
    assert "\u00b7 Internal" in json.dumps(teams.cards, ensure_ascii=False)
    assert "usageInfo" not in json.dumps(in_teams(bare)[0].entities)
    assert "\u00b7" not in words_of(list(in_slack(bare)[0].blocks))

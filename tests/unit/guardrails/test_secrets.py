"""Secrets in the forms of many vendors are masked whole, and what looks like some is left alone."""

import base64
import json
import random
import string
import uuid

import pytest

from guardrails.secrets import find_secrets, without_secrets

ALNUM = string.ascii_letters + string.digits
HEX, DIGITS, UPPER = "0123456789abcdef", string.digits, string.ascii_uppercase + string.digits
_chance = random.Random(2026)  # noqa: S311 - nothing is kept safe with it


def some(count: int, of: str = ALNUM) -> str:
    """Return `count` random signs: no made-up secret stands in this file as a whole."""
    return "".join(_chance.choice(of) for _ in range(count))


def encoded(count: int) -> str:
    return base64.b64encode(_chance.randbytes(count)).decode()


def pem(kind: str) -> str:
    return f"-----BEGIN {kind}-----\n{some(64)}\n{some(40)}\n-----END {kind}-----"


UUID = str(uuid.UUID(int=_chance.getrandbits(128)))
KEY_BODY = some(64)
JWT = f"eyJ{some(30)}.eyJ{some(60)}.{some(43)}"
KEYS = ("RSA ", "EC ", "DSA ", "OPENSSH ", "", "ENCRYPTED ")

BY_THEMSELVES = {
    "OpenAI project": f"sk-proj-{some(40)}_{some(20)}-{some(20)}",
    "OpenAI service account": f"sk-svcacct-{some(60)}",
    "OpenAI old": f"sk-{some(20)}T3BlbkFJ{some(20)}",
    "Anthropic": f"sk-ant-api03-{some(86)}-{some(6)}AA",
    "OpenRouter": f"sk-or-v1-{some(64, HEX)}",
    "GitHub fine-grained": f"github_pat_{some(22)}_{some(59)}",
    **{f"GitHub {kind}": f"{kind}_{some(36)}" for kind in ("ghp", "gho", "ghu", "ghs", "ghr")},
    **{f"GitLab {k}": f"{k}-{some(20)}" for k in ("glpat", "glrt", "gldt", "glptt", "glsoat")},
    "GitLab routable": f"glpat-{some(27)}.01.{some(9, HEX)}",
    "Slack bot": f"xoxb-{some(12, DIGITS)}-{some(24)}",
    "Slack app": f"xapp-1-A0{some(9)}-{some(13, DIGITS)}-{some(64, HEX)}",
    "Slack refresh": f"xoxe-1-{some(146)}",
    "Slack rotated": f"xoxe.xoxp-1-{some(160)}",
    "Stripe restricted": f"rk_live_{some(24)}",
    "Stripe secret": f"sk_live_{some(99)}",
    "Stripe webhook": f"whsec_{some(32)}",
    "Google key": f"AIza{some(35)}",
    "Google client secret": f"GOCSPX-{some(28)}",
    "Google access": f"ya29.{some(120)}",
    "Google refresh": f"1//0{some(60)}",
    "AWS key": f"AKIA{some(16, UPPER)}",
    "AWS temporary key": f"ASIA{some(16, UPPER)}",
    "AWS session": f"IQoJb3JpZ2luX2Vj{some(300)}==",
    "Azure client secret": f"{some(3)}8Q~{some(34)}",
    "Azure DevOps": f"{some(75)}AZDO{some(5)}",
    "JWT": JWT,
    "JWE": f"eyJ{some(30)}.{some(60)}.{some(16)}.{some(60)}.{some(22)}",
    **{f"PEM {kind}": pem(f"{kind}PRIVATE KEY") for kind in KEYS},
    "PGP": pem("PGP PRIVATE KEY BLOCK"),
    "SSH2": f"---- BEGIN SSH2 PRIVATE KEY ----\n{some(64)}\n---- END SSH2 PRIVATE KEY ----",
    "age": f"AGE-SECRET-KEY-1{some(58, UPPER)}",
    "npm": f"npm_{some(36)}",
    "PyPI": f"pypi-AgEIcHlwaS5vcmcC{some(120)}",
    "Hugging Face": f"hf_{some(34)}",
    "Telegram": f"{some(10, '123456789')}:AA{some(33)}",
    "Twilio": f"SK{some(32, HEX)}",
    "SendGrid": f"SG.{some(22)}.{some(43)}",
    "DigitalOcean": f"dop_v1_{some(64, HEX)}",
    "Databricks": f"dapi{some(32, HEX)}-2",
    "Atlassian": f"ATATT3xFfGF0{some(180)}={some(8, UPPER)}",
    "Bitbucket": f"ATBB{some(32)}",
    "Notion": f"ntn_{some(46)}",
    "Linear": f"lin_api_{some(40)}",
    "Vault": f"hvs.{some(95)}",
    "Terraform": f"{some(14)}.atlasv1.{some(67)}",
    "Docker": f"dckr_pat_{some(27)}",
    "Grafana": f"glsa_{some(32)}_{some(8, HEX)}",
    "Shopify": f"shpat_{some(32, HEX)}",
    "HubSpot": f"pat-na1-{UUID}",
    "Airtable": f"pat{some(14)}.{some(64, HEX)}",
    "Groq": f"gsk_{some(52)}",
}
IN_WORDS = {
    "AWS session": ("export AWS_SESSION_TOKEN={}", f"{some(300)}=="),
    "Azure SAS": ("https://a.blob.core.windows.net/c?sv=2023&sig={}", f"{some(40)}%2B%3D"),
    "Azure storage": ("AccountName=a;AccountKey={};EndpointSuffix=x", encoded(64)),
    "Azure bus": ("Endpoint=sb://a.example/;SharedAccessKey={}", encoded(32)),
    "AWS presigned": ("https://b.example/x?X-Amz-Signature={}", some(64, HEX)),
    "Google service account": (
        json.dumps({"type": "service_account", "private_key": pem("PRIVATE KEY")}).replace(
            "-----BEGIN PRIVATE KEY-----\\n", "-----BEGIN PRIVATE KEY-----\\n{}"
        ),
        KEY_BODY,
    ),
    "PuTTY": ("Private-Lines: 1\n{}\nPrivate-MAC: 0", some(60)),
    "Postgres": ("postgres://user:{}@db.intern:5432/app", some(12)),
    "Postgres with an at sign": ("postgresql://user:{}@db.intern/app", f"p@ss{some(6)}"),
    "MongoDB": ("mongodb+srv://u:{}@c.example", some(10)),
    "Redis": ("rediss://default:{}@cache:6379", some(10)),
    "GitLab in an address": ("https://oauth2:{}@gitlab.example/x.git", f"glpat-{some(20)}"),
    "npmrc": ("//registry.example/:_authToken={}", UUID),
    "Slack trigger": (
        "https://hooks.slack.com/triggers/{}",
        f"T{some(8)}/{some(13, DIGITS)}/{some(32, HEX)}",
    ),
    "Teams webhook": (
        "https://acme.webhook.office.com/webhookb2/{}",
        f"{UUID}@{UUID}/IncomingWebhook/{some(32, HEX)}/{UUID}",
    ),
    "basic header": ("Authorization: Basic {}", encoded(20)),
    "bearer header": ("Authorization: Bearer {}", some(40)),
    "curl": ("curl -u bob:{} https://h.example", some(12)),
    "netrc": ("machine h.example login bob password {}", some(12)),
    "Twilio": ("TWILIO_AUTH_TOKEN={}", some(32, HEX)),
    "words": ("my password is {} and fails", f"{some(8)}!7"),
}
HARMLESS = (
    f"request {UUID} failed",
    f"commit {some(40, HEX)} broke the build, {some(7, HEX)} did not",
    f"image registry.example/app@sha256:{some(64, HEX)}",
    f"md5 {some(32, HEX)} and trace id {some(32, HEX)}",
    f"integrity sha512-{encoded(64)}",
    f"![chart](data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA{some(300)})",
    "order 4711-0815-2234, invoice RE-2026-00093485, ticket INFRA-20391, SKU SK-2026-1187-BLUE",
    f"-----BEGIN CERTIFICATE-----\n{some(64)}\n-----END CERTIFICATE-----",
    f"-----BEGIN PUBLIC KEY-----\n{some(64)}\n-----END PUBLIC KEY-----",
    f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{some(48)} bob@laptop",
    "arn:aws:iam::123456789012:role/deploy-role in eu-central-1",
    "thread slack:C0123ABCD:1718000000.123456 of U0123456789",
    "Use hf_transfer, the npm_config_registry variable, the pypi-publish job and sk-learn",
    "glass-ceiling-report-2026-final and task-list-and-risk-register-for-2026-q3 are pages",
    "Where is the API token rotated every 30 days, and who may read the password policy?",
    f"https://github.com/acme/repo/blob/{some(40, HEX)}/a.py#L10",
    "the pin is on the map; a bearer of bad news: build 20391",
)


@pytest.mark.parametrize("vendor", BY_THEMSELVES)
def test_a_secret_is_masked_whole_wherever_it_stands(vendor: str) -> None:
    secret = BY_THEMSELVES[vendor]
    for frame in ("{}", "use {} for it, please", '"{}"', "`{}`", "key={}\n"):
        assert without_secrets(frame.replace("{}", secret)) == frame.replace("{}", "<SECRET>")


@pytest.mark.parametrize("what", IN_WORDS)
def test_a_secret_is_known_by_the_words_around_it(what: str) -> None:
    frame, secret = IN_WORDS[what]
    masked = without_secrets(frame.replace("{}", secret))

    assert "<SECRET>" in masked
    assert secret not in masked
    pieces = {secret[n : n + 6] for n in range(len(secret) - 5)}
    assert not {piece for piece in pieces if piece in masked and piece not in frame}


@pytest.mark.parametrize("text", HARMLESS)
def test_what_looks_like_a_secret_is_left_alone(text: str) -> None:
    assert list(find_secrets(text)) == []

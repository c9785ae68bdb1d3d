"""Made-up secrets in the forms of many vendors, and harmless words that look like some."""

import base64
import random
import string
import uuid
from collections.abc import Callable

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_SEED = 20260101
_OF_EACH = 10


def made_up_secrets() -> list[tuple[str, str]]:
    """Return pairs of a message and the secret in it, the same at every call."""
    chance = random.Random(_SEED)  # noqa: S311 - nothing is kept safe with it

    def some(count: int, of: str = _ALNUM) -> str:
        return "".join(chance.choice(of) for _ in range(count))

    makers: tuple[Callable[[], tuple[str, str]], ...] = (
        lambda: ("the key is {}", "AKIA" + some(16, string.ascii_uppercase + string.digits)),
        lambda: ("aws_secret_access_key = {}", some(40, _ALNUM + "/+")),
        lambda: ("push with {} please", "ghp_" + some(36)),
        lambda: ("token: {}", "github_pat_" + some(22) + "_" + some(59)),
        lambda: ("use {} for CI", "glpat-" + some(20)),
        lambda: ("bot {} stopped", f"xoxb-{some(12, string.digits)}-{some(24)}"),
        lambda: ("the openai key {} is mine", "sk-proj-" + some(48)),
        lambda: ("anthropic: {}", "sk-ant-api03-" + some(80)),
        lambda: ("stripe {} live", "sk_live_" + some(24)),
        lambda: ("curl -H 'Authorization: Bearer {}'", some(40)),
        lambda: ("maps key {}", "AIza" + some(35)),
        lambda: ("npm {} fails", "npm_" + some(36)),
        lambda: ("hf {} is expired", "hf_" + some(34)),
        lambda: ("jwt {} here", f"eyJ{some(33)}.eyJ{some(60)}.{some(43)}"),
        lambda: ("db is postgres://app:{}@db.intern:5432/app", some(16)),
        lambda: ("mongodb+srv://root:{}@cluster0.example.net", some(14)),
        lambda: ("redis://:{}@cache:6379/0", some(20)),
        lambda: ("Server=db;User Id=sa;Password={};", some(12) + "!7"),
        lambda: ("my password is {} and it does not work", some(9) + "#4"),
        lambda: ("Das Passwort lautet {}", some(10) + "!1"),
        lambda: ("API_KEY={}", some(32, _HEX)),
        lambda: ("client_secret: {}", some(34) + "~1"),
        lambda: ("sendgrid {} bounced", f"SG.{some(22)}.{some(43)}"),
        lambda: ("azure AccountKey={}", base64.b64encode(chance.randbytes(64)).decode()),
        lambda: ("{}", _private_key(some)),
        lambda: ("hook https://hooks.slack.com/services/{}", f"T{some(8)}/B{some(8)}/{some(24)}"),
        lambda: ("pypi {} please", "pypi-AgEIcHlwaS5vcmc" + some(70)),
        lambda: ("telegram {} bot", f"{some(9, '123456789')}:AA{some(33)}"),
    )
    made = (make() for make in makers for _ in range(_OF_EACH))
    return [(frame.replace("{}", secret), secret) for frame, secret in made]


def harmless_look_alikes() -> list[str]:
    """Return messages without a secret that hold long or random-looking words."""
    chance = random.Random(_SEED)  # noqa: S311 - nothing is kept safe with it
    digest = "".join(chance.choice(_HEX) for _ in range(64))
    return [
        f"commit {digest[:40]} broke the build",
        f"sha256:{digest} is the image",
        f"request id {uuid.UUID(int=chance.getrandbits(128))} failed",
        "The password is changed every 90 days",
        "How do I reset my password in the self-service portal?",
        "Where is the API key stored, and who may see the token?",
        "Set AWS_SECRET_ACCESS_KEY in your shell profile",
        "What is a bearer token good for?",
        "postgres://USER:PASSWORD@HOST/DB is the form",
        "Is the secret rotation documented? The pin is needed at the door.",
        "https://docs.example.com/guides/authentication-and-authorization-overview",
        "Use kubectl get secret my-secret -o yaml to read it",
        "the branch feature/ghp-migration-2026-plan is merged",
        "My ticket is INFRA-20391 and the build 2026.10.11549 failed",
        "The passphrase must have at least twelve characters",
        "token limits are 128000 for the large model",
        "skip-list_and_risk-management-framework-overview is the page",
        "What does the private key of the cert-manager issuer do?",
    ]


def _private_key(some: Callable[[int], str]) -> str:
    lines = "\n".join(some(64) for _ in range(4))
    return f"-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----"

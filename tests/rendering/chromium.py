"""Draws pages of ours, and says what is not installed for it."""

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
PICTURES = HERE / "pictures"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
NODE = shutil.which("node") or ""


def needs(*packages: str) -> str:
    """Return what is missing to draw with these npm packages; empty where nothing is."""
    if not CHROMIUM:
        return "needs chromium (apt-get install chromium)"
    if not NODE or not all((MODULES / each).exists() for each in packages):
        return f"needs {', '.join(packages)}: npm install --prefix tests/rendering"
    return ""


def drawn(page: Path, name: str, *, height: int) -> str:
    """Keep a picture of `page` under `name`, and return its elements when it is drawn."""
    PICTURES.mkdir(exist_ok=True)
    picture = PICTURES / f"{name}.png"
    picture.unlink(missing_ok=True)
    _run(page, f"--screenshot={picture}", height)
    assert picture.stat().st_size > 3_000
    return _run(page, "--dump-dom", height)


def _run(page: Path, what: str, height: int) -> str:
    return subprocess.run(  # noqa: S603 - our own page
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--allow-file-access-from-files", f"--window-size=1500,{height}",
            f"--user-data-dir={page.parent / 'profile'}", what, page.as_uri(),
        ],
        capture_output=True, text=True, check=True, timeout=100,
    ).stdout  # fmt: skip

"""The files of the product, as the other tests of this folder look at them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOKED_AT = ("checkout", "project", "tests", "templates", "static", "docs", "requirements", ".ci")
TEXT = {".py", ".md", ".toml", ".txt", ".in", ".html", ".css", ".js", ".json", ".yaml", ".yml", ""}


@cache
def texts() -> dict[str, str]:
    """Return name and content of every text file of ours; what git ignores is not ours."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.splitlines() if listed.returncode == 0 else list(walk())
    found = (ROOT / name for name in names)
    return {
        str(path.relative_to(ROOT)): path.read_text()
        for path in found
        if path.suffix in TEXT and path.is_file()
    }


def walk() -> Iterator[str]:
    """Yield the names of our files where there is no git, as in an unpacked archive."""
    for folder in LOOKED_AT:
        for path in (ROOT / folder).rglob("*"):
            if "__pycache__" not in path.parts:
                yield str(path.relative_to(ROOT))
    yield from (path.name for path in ROOT.iterdir() if path.is_file())


def product() -> dict[str, str]:
    """Return the Python files that make the product, without migrations."""
    return {
        name: text
        for name, text in texts().items()
        if name.endswith(".py")
        and name.startswith(("checkout/", "project/"))
        and "/migrations/" not in name
    }


def functions(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a Python file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node

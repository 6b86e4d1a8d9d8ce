"""Style, types, imports and migrations, checked by the tools that know them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(sys.executable).parent
COMMANDS = {
    "imports": ["lint-imports", "--no-cache"],
    "style": ["ruff", "check", "--quiet"],
    "format": ["ruff", "format", "--check", "--quiet"],
    "types": ["mypy", "--no-error-summary"],
    "requirements": ["python", "-m", "pip", "check"],
}


def run(command: list[str], root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of our environment at the root of the repository."""
    program = str(TOOLS / command[0])
    return subprocess.run(
        [program, *command[1:]],
        cwd=root,
        env={**os.environ, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_the_tool_finds_nothing(name: str, repository: Path) -> None:
    done = run(COMMANDS[name], repository)
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    "command", [["makemigrations", "--check", "--dry-run"], ["check", "--fail-level", "WARNING"]]
)
def test_django_finds_nothing(command: list[str], repository: Path) -> None:
    """Models and migrations agree, and Django's own checks are quiet."""
    done = run(
        ["python", "manage.py", *command], repository, DJANGO_SETTINGS_MODULE="project.settings"
    )
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"


def test_the_import_rules_see_a_breach(repository: Path) -> None:
    """A rule that cannot fail proves nothing: turned round, the layers are found broken."""
    text = (repository / "pyproject.toml").read_text()
    section = text[text.index("[tool.importlinter]") :]
    turned = section.replace('    "checkout.domain",\n]', "]", 1).replace(
        'layers = [\n    "checkout.apps',
        'layers = [\n    "checkout.domain",\n    "checkout.apps',
        1,
    )
    assert turned != section
    config = Path(os.environ["DATA_DIR"]) / "turned.toml"
    config.write_text(turned)
    done = run(["lint-imports", "--no-cache", "--config", str(config)], repository)
    assert done.returncode == 1, done.stdout
    assert "Dependencies point inwards BROKEN" in done.stdout

"""What a stranger follows: the two commands, the lock files, and no trace of anybody's machine."""

import re
from pathlib import Path

import pytest

from tests.architecture.files import texts

COMMAND = r"<!-- {} -->\s*\n```[a-z]*\n(.+)\n```"
HOME = re.compile(r"(?<![\w.<{}$])/(?:home/\w|Users/\w|root/|work/|tmp/bash)")


@pytest.mark.parametrize("mark", ["run", "test"])
def test_readme_has_the_command_alone_in_its_block(mark: str, repository: Path) -> None:
    found = re.findall(COMMAND.format(mark), (repository / "README.md").read_text())
    assert len(found) == 1, f"README.md needs one line in a block right under <!-- {mark} -->"


def test_ci_runs_what_the_readme_says(repository: Path) -> None:
    readme = (repository / "README.md").read_text()
    command = re.findall(COMMAND.format("test"), readme)[0]
    assert (repository / ".ci" / "run").read_text().rstrip().splitlines()[-1] == command


@pytest.mark.parametrize("name", ["base", "dev", "stripe-emulator", "bench"])
def test_requirements_are_locked(name: str, repository: Path) -> None:
    """Each one has an exact version and a hash, and nothing says where it was downloaded from."""
    text = (repository / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash", ""), re.MULTILINE)
    locked = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    assert len(locked) > 10
    assert [one for one in locked if not re.match(r"\S+==\S+ .*\\\n\s+--hash=sha256:", one)] == []


def test_every_requirement_we_ask_for_is_locked(repository: Path) -> None:
    for name in ("base", "dev", "stripe-emulator", "bench"):
        asked = (repository / "requirements" / f"{name}.in").read_text()
        locked = (repository / "requirements" / f"{name}.txt").read_text()
        for package in re.findall(r"^[A-Za-z][\w-]*", asked, re.MULTILINE):
            assert f"{package.lower()}==" in locked, f"{name}.txt: compile it again for {package}"


def test_no_path_of_a_machine() -> None:
    found = [
        f"{name}: {match.group()}"
        for name, text in texts().items()
        if not name.endswith("architecture/test_documents.py")
        for match in HOME.finditer(text)
    ]
    assert found == []

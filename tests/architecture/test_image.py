"""Dockerfile, docker-compose.yml and the proxy's sample: what no daemon is needed to know."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve

from project import server
from tests.proxy import haproxy

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
SAMPLE = ROOT / "docs" / "production"
ONE_SHOT = {"migrate"}
OURS = {"migrate", "web", "worker", "provider"}
SCALED = {"web", "worker"}


def compose() -> dict[str, Any]:
    """The compose file, merged."""
    read: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return read


SERVICES: dict[str, dict[str, Any]] = compose()["services"]
RUNNING = sorted(SERVICES.keys() - ONE_SHOT)


def statements() -> list[tuple[str, str]]:
    """The Dockerfile as (INSTRUCTION, rest), lines joined and comments left out."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def said(instruction: str) -> list[str]:
    """What the Dockerfile says with this instruction."""
    return [rest for word, rest in statements() if word == instruction]


def seconds(duration: str) -> float:
    """`30s` and `500ms` as a number."""
    if duration.endswith("ms"):
        return float(duration.removesuffix("ms")) / 1000
    return float(duration.removesuffix("s"))


def schema_check(path: Path) -> subprocess.CompletedProcess[str]:
    """Check a file against the compose specification's schema."""
    program = Path(sys.executable).parent / "check-jsonschema"
    command = [str(program), "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_compose_follows_the_specification() -> None:
    done = schema_check(COMPOSE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_sees_a_mistake(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(COMPOSE.read_text().replace("stop_grace_period", "stop_grace_time"))
    done = schema_check(wrong)
    assert done.returncode == 1
    assert "stop_grace_time" in done.stdout


@pytest.mark.parametrize("name", RUNNING)
def test_every_service_is_asked_for_its_health_and_may_end(name: str) -> None:
    service = SERVICES[name]
    health = service["healthcheck"]
    assert {"test", "interval", "timeout", "retries", "start_period"} <= health.keys()
    assert health["test"][0] == "CMD"  # exec form: no shell between
    assert seconds(service["stop_grace_period"]) > 0
    assert service["restart"] == "unless-stopped"
    assert service["networks"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_has_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert not service.keys() & {"privileged", "user", "cap_add", "network_mode", "pid"}
    if name in OURS | {"proxy"}:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["init"] is True
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "only the proxy's host decides what is open to all"


@pytest.mark.parametrize("image", [*said("FROM"), *(SERVICES[name]["image"] for name in RUNNING)])
def test_images_have_a_version(image: str) -> None:
    if image == SERVICES["web"]["image"]:
        assert all(SERVICES[name]["build"] == "." for name in OURS)
    else:
        assert re.search(r":\d+(\.\d+)*(-\w+)+$", image), image


@pytest.mark.parametrize("name", sorted(SCALED))
def test_what_is_scaled_has_no_name_and_no_port_of_its_own(name: str) -> None:
    assert SERVICES[name]["deploy"]["replicas"] >= 2
    assert not SERVICES[name].keys() & {"container_name", "hostname", "ports", "volumes"}


def test_nothing_is_killed_before_it_has_finished() -> None:
    notice = float(SERVICES["web"]["environment"]["DRAIN_NOTICE_SECONDS"])
    drains = notice + server.DRAIN_SECONDS + 2 * server.GOODBYE_SECONDS
    waits = settings.HUEY["consumer"]["shutdown_timeout"]
    assert seconds(SERVICES["web"]["stop_grace_period"]) > drains
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > waits
    said_hard = re.search(r"hard-stop-after (\S+)", (SAMPLE / "haproxy.cfg").read_text())
    assert said_hard is not None
    assert seconds(SERVICES["proxy"]["stop_grace_period"]) > seconds(said_hard[1])


def test_the_proxy_notices_before_the_web_process_leaves() -> None:
    text = (SAMPLE / "haproxy.cfg").read_text()
    found = re.search(r"inter (\S+) fastinter (\S+) .*fall (\d+)", text)
    assert found is not None
    notices = seconds(found[1]) + seconds(found[2]) * (int(found[3]) - 1)
    assert float(SERVICES["web"]["environment"]["DRAIN_NOTICE_SECONDS"]) > 1.5 * notices


@pytest.mark.parametrize("servers", ["servers.cfg", "compose.cfg"])
def test_the_proxy_takes_the_sample(servers: str) -> None:
    files = ["-f", str(SAMPLE / "haproxy.cfg"), "-f", str(SAMPLE / servers)]
    place = {"BIND": "127.0.0.1:8080", "WEB_1": "127.0.0.1:8001", "WEB_2": "127.0.0.1:8002"}
    command = [haproxy(), "-c", *files]
    done = subprocess.run(command, env=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr


def test_nothing_is_sticky() -> None:
    text = "".join(path.read_text() for path in SAMPLE.glob("*.cfg"))
    assert not re.search(r"^\s*(cookie|stick|balance source|hash-type)", text, re.MULTILINE)


def test_every_variable_is_one_that_the_settings_read() -> None:
    read = "".join((ROOT / "project" / name).read_text() for name in ("settings.py", "mailing.py"))
    given = {name for service in OURS for name in SERVICES[service]["environment"]}
    assert [name for name in given if f'"{name}"' not in read] == []


def test_secrets_come_from_the_environment() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|KEY|DATABASE_URL", name):
                assert re.search(r"\$\{\w+:\?set \w+\}", value), name


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_a_service_runs_is_there(name: str) -> None:
    service = SERVICES[name]
    [in_image] = said("CMD")
    ran = [
        service.get("command") or json.loads(in_image),
        service.get("healthcheck", {}).get("test"),
    ]
    for words in filter(None, ran):
        if "manage.py" in words:
            assert words[words.index("manage.py") + 1] in get_commands()
        for path in re.findall(r"http://localhost:8000(/[\w/]+)", str(words)):
            assert resolve(path).url_name


def test_the_image_runs_as_nobody_special() -> None:
    [user] = said("USER")
    assert int(user) > 0
    order = [word for word, _ in statements()]
    assert order.index("USER") > max(n for n, word in enumerate(order) if word in ("RUN", "COPY"))
    [command] = said("CMD")
    assert json.loads(command)[:3] == ["python", "-m", "project.server"]
    assert not set(order) & {"ADD", "ENTRYPOINT"}


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    let_through = (ROOT / ".dockerignore").read_text().splitlines()
    for copied in said("COPY"):
        for source in copied.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in let_through

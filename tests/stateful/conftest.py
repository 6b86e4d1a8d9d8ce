"""The two ways to run it: bounded and the same every time, or long and new every time."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings

BOUNDED, LONG = "bounded", "long"
ALWAYS: dict[str, Any] = {
    "deadline": None,  # a busy machine is no bug
    "suppress_health_check": list(HealthCheck),
    "database": None,
    "print_blob": True,
    "report_multiple_bugs": False,
}
settings.register_profile(LONG, max_examples=2000, stateful_step_count=60, **ALWAYS)
settings.register_profile(
    BOUNDED,
    max_examples=7,
    stateful_step_count=40,
    derandomize=True,
    phases=(Phase.generate, Phase.target),  # the steps are printed as they were, and soon
    **ALWAYS,
)

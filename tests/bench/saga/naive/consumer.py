"""What Huey's consumer is pointed at: Django must be ready before the tasks are imported."""

from __future__ import annotations

import importlib

import django

django.setup()
huey = importlib.import_module("tests.bench.saga.naive.tasks").huey

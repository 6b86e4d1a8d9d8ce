"""The addresses in a fragment are made from that of its page, and are the ones that are served."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.urls import reverse

from checkout.adapters.inbound.web.views import COMMANDS

PAGE = UUID(int=1)


@pytest.mark.parametrize("kind", COMMANDS)
def test_commands_lie_under_their_page(kind: str) -> None:
    here = reverse("checkout:progress", args=[PAGE])
    assert reverse("checkout:command", args=[PAGE, kind]) == f"{here}{kind}/"


def test_so_does_the_receipt() -> None:
    here = reverse("checkout:progress", args=[PAGE])
    assert reverse("checkout:summary", args=[PAGE]) == f"{here}summary/"

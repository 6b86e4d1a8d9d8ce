"""Who reads what: mail addresses and payloads need a right, and secrets are shown to nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin

from checkout.adapters.inbound.admin.read_only import VIEW
from checkout.adapters.inbound.cli.sensitive import holds_a_card, holds_a_secret, ours
from checkout.adapters.outbound.persistence.models import CheckoutSession
from checkout.domain.value_objects.checkout_id import CheckoutId

PAYLOAD = "checkout.payload_checkout"
RIGHT = "Can see payloads and whole mail addresses"
NEEDED = f"hidden: needs the right “{RIGHT}”"
DOTS = "•••"
HIDDEN = f"{DOTS} hidden: a secret"

# Wide on purpose: what only looks like an address may be masked, what is one must be.
_ADDRESS = re.compile(
    r"""(?P<local>"[^"\n]{1,64}"|[^\s@<>()\[\],;:"\\•]{1,64})(?P<at>@|%40)"""
    r"""(?P<domain>\[[^\]\s]{1,64}\]|[\w-]+(?:\.[\w-]+)*)"""
)
_SECRET_NAME = re.compile(
    r"token|secret|passw|passphrase|signature|authori[sz]ation$|api_?key|cookie|credential|nonce"
    r"|^cvc$|^cvv$|^pan$|card_?number",
    re.IGNORECASE,
)


def sees_payloads(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whoever reads payloads must also be allowed to see checkouts."""
    return cast(PermissionsMixin, user).has_perms([VIEW, PAYLOAD])


def masked(address: str) -> str:
    """`a•••@example.org`: enough to recognise an address by, not to know it."""
    local, at, domain = address.rpartition("@")
    return f"{local[: len(local) > 1]}{DOTS}{at}{domain}" if at else DOTS


def masked_in(text: str, known: str = "") -> str:
    """A text whose mail addresses are masked; `known` is one that may be in it, however odd."""
    if "@" in known:
        text = re.sub(re.escape(known), lambda _: masked(known), text, flags=re.IGNORECASE)
    return _ADDRESS.sub(_mask, text)


def _mask(found: re.Match[str]) -> str:
    return found["local"][: len(found["local"]) > 1] + DOTS + found["at"] + found["domain"]


@dataclass(frozen=True)
class Reader:
    """What one person may read of one checkout: `whole` with the right to see payloads.

    `mail` is the shopper's address, `ours` are the secrets that we made ourselves.
    """

    whole: bool
    mail: str = ""
    ours: tuple[str, ...] = ()

    def text(self, text: str) -> str:
        """A sentence that somebody wrote: a reason, an error, a note."""
        if self._secret(text):
            return HIDDEN
        return text if self.whole else masked_in(text, self.mail)

    def paper(self, payload: Any) -> str:
        """Formatted JSON without its secrets; empty without the right, or when there is nothing."""
        if not self.whole or not payload:
            return ""
        return json.dumps(self._without_secrets(payload), indent=2, ensure_ascii=False, default=str)

    def _without_secrets(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {
                self.text(str(name)): HIDDEN
                if inside and _SECRET_NAME.search(str(name))
                else self._without_secrets(inside)
                for name, inside in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._without_secrets(inside) for inside in value]
        if isinstance(value, str | int | float) and self._secret(str(value)):
            return HIDDEN
        return _without_query(value) if isinstance(value, str) else value

    def _secret(self, text: str) -> bool:
        return holds_a_card(text) or holds_a_secret(text, self.ours)


def reader(user: AbstractBaseUser | AnonymousUser, row: CheckoutSession | None) -> Reader:
    """What this person may read of the checkout; None stands for what is nobody's yet."""
    whole = sees_payloads(user)
    if row is None:
        return Reader(whole, ours=(settings.SECRET_KEY,))
    buyer = (row.snapshot or {}).get("buyer", {})
    return Reader(whole, str(buyer.get("email") or ""), ours(CheckoutId(row.pk), row.nonce))


def _without_query(text: str) -> str:
    """Where a link leads, without what may let its holder in."""
    if not text.startswith(("http://", "https://")):
        return text
    try:
        link = urlsplit(text)
    except ValueError:
        return HIDDEN
    rest = f"?{DOTS}" if link.query or link.fragment else ""
    host = link.netloc.rpartition("@")[2]
    return f"{link.scheme}://{host}{link.path}{rest}"

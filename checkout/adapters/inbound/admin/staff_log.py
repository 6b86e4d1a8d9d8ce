"""Django's own log of what staff did. It is read by people who may not see whole mail addresses."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest

from checkout.adapters.inbound.admin import privacy


def user_id_of(request: HttpRequest) -> int:
    """The number of the person who asks."""
    return int(cast(Any, request.user).pk or 0)


def note(
    request: HttpRequest,
    model: type[Model],
    object_id: object,
    text: str,
    named: str = "",
    mail: str = "",
    flag: int = CHANGE,
) -> None:
    """Write it down, for the transaction of what it tells of: there is never one without the other.

    `mail` is an address that may stand in the text, `named` is what the log calls the object.
    """
    LogEntry.objects.create(
        user_id=user_id_of(request),
        content_type_id=ContentType.objects.get_for_model(model).pk,
        object_id=str(object_id),
        object_repr=named or str(object_id),
        action_flag=flag,
        change_message=privacy.Reader(whole=False, mail=mail).text(text),
    )

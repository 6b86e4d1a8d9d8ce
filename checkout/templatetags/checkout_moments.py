"""Days and times of day as a reader of the active language writes them, in the active time zone."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_date, format_time
from django import template
from django.utils.timezone import localtime

from checkout.adapters.inbound.web.amounts import active_locale

register = template.Library()


@register.filter
def day(moment: datetime | None) -> str:
    """`{{ finished_at|day }}` is "June 15, 2026" or "15. Juni 2026"; nothing for no moment."""
    if moment is None:
        return ""
    return format_date(localtime(moment), format="long", locale=active_locale())


@register.filter
def clock(moment: datetime | None) -> str:
    """`{{ hold.until|clock }}` is "10:14 AM UTC" or "10:14 UTC"; nothing for no moment."""
    if moment is None:
        return ""
    local = localtime(moment)
    said = format_time(local, format="short", tzinfo=local.tzinfo, locale=active_locale())
    return f"{said} {local.tzname()}"

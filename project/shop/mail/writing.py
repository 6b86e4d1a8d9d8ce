"""From a row to a message: the letter in the shopper's language, with its link and its Message-ID."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from checkout.domain.value_objects.checkout_id import parse_checkout_id
from checkout.domain.value_objects.resume_link import ResumeLink
from project.shop.context import about
from project.shop.mail.letters import letter_of
from project.shop.mail.recipients import Recipient
from project.shop.models import Mail

LINK_LIFETIME = (
    604_800  # seconds, as checkout has it unless CHECKOUT["LINK_LIFETIME"] says otherwise
)


def message_of(mail: Mail, recipient: Recipient) -> EmailMultiAlternatives:
    """The same mail again is the same message: its id and its link follow from the event."""
    link = _link(mail)
    with translation.override(recipient.language):
        letter = letter_of(mail)
        context = {
            "letter": letter,
            "link": _address_of(link),
            "valid_until": link.valid_until(settings.CHECKOUT.get("LINK_LIFETIME", LINK_LIFETIME)),
            "reference": mail.checkout,
            "site": about(),
            "language": recipient.language,
        }
        text = render_to_string("shop/mail/letter.txt", context)
        html = render_to_string("shop/mail/letter.html", context)
    message = EmailMultiAlternatives(
        letter.subject,
        text,
        to=[recipient.email],
        headers={"Message-ID": message_id(mail), "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(html, "text/html")
    return message


def message_id(mail: Mail) -> str:
    """Stable over every try, so that a mail server or a reader can tell a repeat."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{mail.event}@{domain}>"


def _link(mail: Mail) -> ResumeLink:
    happened = int(mail.happened_at.timestamp())
    return ResumeLink(parse_checkout_id(mail.checkout), mail.event, happened)


def _address_of(link: ResumeLink) -> str:
    signed = link.signed(str(settings.SECRET_KEY))
    return f"{settings.SITE_URL}{reverse('checkout:resume')}?link={signed}"

"""Flow errors, and nothing else.

CheckoutError
├── Refused              they said no; asking again will not help
├── Unavailable          no answer yet; ask again with the same key
├── LostFence            somebody else drives this checkout now
├── StorageUnavailable   our own database did not answer
├── UnknownCheckout      there is no such checkout, or it is none of the asker's business
└── BadSignature         a provider message that the provider did not sign
"""

from __future__ import annotations


class CheckoutError(Exception):
    """The root of every error of the flow."""


class Refused(CheckoutError):
    """A port, or the flow itself, said no. Asking again will not help.

    `code` is a word of the API (`out_of_stock`, `too_late`, …), `message` a sentence for a person,
    `detail` plain JSON values about it. A sentence with gaps can be translated when its text is in the
    detail beside what fills it: `text="%(name)s is sold out.", name="Mug"` (docs/translating.md).
    """

    def __init__(self, code: str, message: str, /, **detail: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail


class Unavailable(CheckoutError):
    """No answer yet: an outage, a timeout, a 500. The call may or may not have had its effect."""


class LostFence(CheckoutError):
    """The lease was taken over: nothing may be written with the old fence any more."""


class StorageUnavailable(CheckoutError):
    """Our own database did not answer. Nothing is counted; the sweep returns."""


class UnknownCheckout(CheckoutError):
    """There is no such checkout for whoever asks."""


class BadSignature(CheckoutError):
    """A provider message whose signature is missing, wrong or too old."""

"""Huey looks here: every worker process has a postman."""

from huey.contrib.djhuey import HUEY

from project.shop.mail.postman import start_postman, stop_postman


@HUEY.on_startup()
def deliver_mails_with_this_worker() -> None:
    """The first thread of a worker starts it."""
    start_postman()


@HUEY.on_shutdown()
def stop_delivering_mails() -> None:
    """A mail that is being sent is finished."""
    stop_postman()

"""Errors of a request as RFC 9457 problems: ours, and those of REST framework and Django."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from checkout.adapters.inbound.problems import CONTENT_TYPE, headers_of, problem, problem_of
from checkout.adapters.outbound.persistence.storage import is_outage
from checkout.domain.exceptions import CheckoutError, StorageUnavailable

log = logging.getLogger("checkout.api")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """A problem for every error. What is a bug of ours is logged, and only said to be one."""
    if is_outage(error):  # of the checkout, of the session, or of the shop
        error = StorageUnavailable(str(error))
    if isinstance(error, CheckoutError):
        return _answer(problem_of(error))
    if isinstance(error, exceptions.ValidationError):
        return _answer(_invalid(error))
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, Http404):
        return _answer(problem("not_found", 404, "There is nothing here."))
    if isinstance(error, RequestDataTooBig):
        return _answer(problem("too_large", 413, "The body is too large."))
    if isinstance(error, (SuspiciousOperation, BadRequest)):
        return _answer(problem("malformed", 400, "The request makes no sense."))
    log.error("unexpected error in the API", exc_info=error)
    return _answer(problem("internal_error", 500, "Something went wrong on our side."))


def _answer(body: dict[str, Any], **headers: str) -> Response:
    return Response(
        body,
        status=body["status"],
        headers={**headers_of(body), **headers},
        content_type=CONTENT_TYPE,
    )


def _invalid(error: exceptions.ValidationError) -> dict[str, Any]:
    """`errors` says by field what is wrong."""
    said = error.detail if isinstance(error.detail, dict) else {"body": error.detail}
    errors = {name.replace("non_field_errors", "body"): value for name, value in said.items()}
    return problem("invalid", 400, "Some of what was sent is not right.", errors=errors)


def _of_framework(error: exceptions.APIException) -> Response:
    code = error.get_codes()
    name = code if isinstance(code, str) else error.default_code
    name = "malformed" if isinstance(error, exceptions.ParseError) else name
    return _answer(problem(name, error.status_code, str(error.detail)))

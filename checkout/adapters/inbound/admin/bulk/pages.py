"""Bulk recoveries in the Django admin: chosen from the list, tried out, confirmed, watched, stopped.

Nothing is given here. A page stores what staff decided; a worker does it, and the engine applies it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http import HttpResponseRedirect as Redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from checkout.adapters.inbound.admin import privacy
from checkout.adapters.inbound.admin.bulk import words
from checkout.adapters.inbound.admin.bulk.saying import ORDERS_FOR_MANY, CommandForm, WhyForm
from checkout.adapters.inbound.admin.bulk.selection import selected
from checkout.adapters.inbound.admin.bulk.showing import how_far, rows_of, why_not
from checkout.adapters.inbound.admin.orders import OPERATE, ORDERS
from checkout.adapters.inbound.admin.read_only import VIEW, ReadOnlyAdmin
from checkout.adapters.inbound.admin.staff_log import note, user_id_of
from checkout.adapters.outbound.persistence.models import BulkRecovery, CheckoutSession
from checkout.application.ports.outbound.bulk_port import STOPPABLE, NewJob, Phase, Result
from checkout.bootstrap import services

CHOOSE = "checkout_bulkrecovery_choose"
EVERYBODY = privacy.Reader(whole=False)


@admin.register(BulkRecovery)
class BulkRecoveryAdmin(ReadOnlyAdmin):
    """List and pages of bulk recoveries. Who may view sees them; who may operate decides."""

    list_display = ("chosen_at", "what", "how_far", "outcome", "who", "which", "why")
    list_display_links = ("chosen_at",)
    list_select_related = ("chosen_by", "confirmed_by", "stopped_by")
    ordering = ("-chosen_at", "id")
    actions = None

    # List ----------------------------------------------------------------------------------

    @admin.display(description="what")
    def what(self, job: BulkRecovery) -> str:
        """The command, and for how many."""
        return f"{ORDERS[job.command].label}, {words.checkouts(job.total)}"

    @admin.display(description="how far", ordering="phase")
    def how_far(self, job: BulkRecovery) -> str:
        """The phase."""
        return words.PHASES[Phase(job.phase)]

    @admin.display(description="outcome")
    def outcome(self, job: BulkRecovery) -> str:
        """How many have which result; counted anew only while that can change."""
        over = job.finished_at is not None or job.phase == Phase.REHEARSED
        known = job.counts if over else words.counts(job)
        said = [f"{known[r]:,} {words.result_in_words(job, r)}" for r in Result if r in known]
        return ", ".join(said) or "–"

    @admin.display(description="who")
    def who(self, job: BulkRecovery) -> str:
        """Who decided last."""
        return str(job.stopped_by or job.confirmed_by or job.chosen_by or "–")

    @admin.display(description="which")
    def which(self, job: BulkRecovery) -> str:
        """Which checkouts were chosen."""
        return EVERYBODY.text(job.scope)

    @admin.display(description="why")
    def why(self, job: BulkRecovery) -> str:
        """The reason."""
        return EVERYBODY.text(job.reason) or "–"

    # Pages ---------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Our addresses, before those that Django gives a model."""
        wrap = self.admin_site.admin_view
        own = [
            path("choose/", wrap(self.choose), name=CHOOSE),
            *(
                path(f"<uuid:job>/{name}/", wrap(view), name=f"checkout_bulkrecovery_{name}")
                for name, view in (
                    ("progress", self.progress),
                    ("confirm", self.confirm),
                    ("stop", self.stop),
                )
            ),
        ]
        return [*own, *super().get_urls()]

    def choose(self, request: HttpRequest) -> HttpResponse:
        """GET: which checkouts, and which command? POST: have it tried out."""
        _operates(request)
        chosen = selected(request, self.admin_site.get_model_admin(CheckoutSession))
        posted = request.method == "POST"
        form = CommandForm(request.POST if posted else None, initial={"job": uuid4()})
        if posted and form.is_valid() and not chosen.wrong:
            kind, job = form.cleaned_data["command"], form.cleaned_data["job"]
            new = NewJob(job, kind, chosen.words, user_id_of(request), chosen.ids)
            text = f"{ORDERS[kind].label}, tried out for {words.checkouts(len(chosen.ids))}"
            with transaction.atomic():  # there is never one without the other
                if services().bulk.choose(new):
                    _note(request, job, f"{text}: {chosen.words}.", ADDITION)
            return Redirect(_page(job))
        context = {
            **self._frame(request, "Recover in bulk"),
            "chosen": chosen,
            "count": words.checkouts(len(chosen.ids)),
            "form": form,
            "orders": ORDERS_FOR_MANY,
        }
        status = 400 if chosen.wrong or posted else 200
        return TemplateResponse(request, "admin/checkout/bulk_choose.html", context, status=status)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The job: how far it is, what would happen or became of it, and its checkouts."""
        return self.not_looking(request) or self._shown(request, _job(object_id))

    def progress(self, request: HttpRequest, job: UUID) -> HttpResponse:
        """How far it is: what the page replaces by itself. When the phase is over, all is new."""
        if other := self.not_looking(request):
            return other
        found = _job(str(job))
        context = how_far(found)
        answer = TemplateResponse(request, "admin/checkout/_bulk_progress.html", context)
        if request.GET.get("phase", found.phase) != found.phase or not context["watched"]:
            answer.headers["HX-Refresh"] = "true"
        return answer

    def confirm(self, request: HttpRequest, job: UUID) -> HttpResponse:
        """Have it run, with a reason. The second of two clicks finds that it runs."""
        found = _decided(request, job)
        if isinstance(found, HttpResponse):
            return found
        form = self._why(found, request.POST)
        if form is None or found.phase != Phase.REHEARSED:
            return self._not_confirmed(request, found)
        if not form.is_valid():
            return self._shown(request, found, form, status=400)
        reason = form.cleaned_data["reason"]
        said = f"{ORDERS[found.command].label}. In bulk recovery {str(job)[:8]}. Reason: {reason}"
        said = EVERYBODY.text(said)
        with transaction.atomic():
            confirmed = services().bulk.confirm(found.pk, user_id_of(request), reason, said)
            if confirmed:
                _note(request, job, said)
        if not confirmed:
            return self._not_confirmed(request, _job(str(job)))
        messages.success(request, "It runs. The engine carries each command out.")
        return Redirect(_page(job))

    def _not_confirmed(self, request: HttpRequest, job: BulkRecovery) -> HttpResponse:
        return self._shown(request, job, status=409, wrong=why_not(job))

    def stop(self, request: HttpRequest, job: UUID) -> HttpResponse:
        """Give nothing more: what is done stays done."""
        found = _decided(request, job)
        if isinstance(found, HttpResponse):
            return found
        with transaction.atomic():
            stopped = services().bulk.stop(found.pk, user_id_of(request))
            if stopped:
                _note(request, job, f"{ORDERS[found.command].label}, stopped.")
        if not stopped:
            wrong = "It had ended already: there is nothing to stop."
            return self._shown(request, _job(str(job)), status=409, wrong=wrong)
        messages.success(request, "Stopped. What is done stays done.")
        return Redirect(_page(job))

    def _shown(
        self,
        request: HttpRequest,
        job: BulkRecovery,
        form: WhyForm | None = None,
        status: int = 200,
        wrong: str = "",
    ) -> HttpResponse:
        operates = request.user.has_perms([VIEW, OPERATE])
        reads = privacy.reader(request.user, None)
        decides = operates and job.phase == Phase.REHEARSED
        context = {
            **self._frame(request, f"{self.what(job)}"),
            **how_far(job),
            "order": ORDERS[job.command],
            "which": reads.text(job.scope),
            "why": reads.text(job.reason),
            "wrong": wrong,
            "form": form or (self._why(job) if decides else None),
            "stoppable": operates and job.phase in STOPPABLE,
            "foreseen": words.foreseen(job) if job.phase == Phase.REHEARSED else (),
            "sums": words.sums(job.forecast),
            "uncertain": job.forecast.get("uncertain", 0),
            **rows_of(request, job),
        }
        return TemplateResponse(request, "admin/checkout/bulk.html", context, status=status)

    def _why(self, job: BulkRecovery, said: Any = None) -> WhyForm | None:
        """The form that starts it; None when there is nothing that could be started."""
        ready = job.rows.filter(result=Result.READY).count()
        return WhyForm(said, order=ORDERS[job.command], ready=ready) if ready else None

    def _frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        frame = self.admin_site.each_context(request)
        return {**frame, "title": title, "opts": self.opts, "media": self.media}


def _operates(request: HttpRequest) -> None:
    """Raises PermissionDenied for those who may not operate checkouts."""
    if not request.user.has_perms([VIEW, OPERATE]):
        raise PermissionDenied


def _decided(request: HttpRequest, job: UUID) -> BulkRecovery | HttpResponse:
    """The job of a decision; an answer for whoever only follows its address."""
    _operates(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return _job(str(job))


def _job(text: str) -> BulkRecovery:
    """Raises Http404 for one that is not there."""
    try:
        known = BulkRecovery.objects.select_related("chosen_by", "confirmed_by", "stopped_by")
        return known.get(pk=UUID(text))
    except (ValueError, BulkRecovery.DoesNotExist):
        raise Http404(f"There is no bulk recovery {text}.") from None


def _page(job: UUID) -> str:
    return reverse("admin:checkout_bulkrecovery_change", args=[job])


def _note(request: HttpRequest, job: UUID, text: str, flag: int = CHANGE) -> None:
    note(request, BulkRecovery, job, text, f"bulk recovery {str(job)[:8]}", flag=flag)

"""settle_money: give back whatever was taken beyond what is due, until the provider confirms it.

Owed = captured - due - returned - what open requests already ask for. One open request per payment
attempt; a request that the provider decided against is followed by the next generation.
"""

from __future__ import annotations

from datetime import UTC, datetime

from checkout.application.decisions import Ask, Call, Decision, Wait
from checkout.application.port_call import Moment, PortCall, Ports
from checkout.domain.checkout import Checkout, PaymentAttempt
from checkout.domain.effect import Effect, Outcome
from checkout.domain.value_objects.money import Money
from checkout.domain.value_objects.payment_facts import PaymentFacts

REFUND = "payments.refund"
VOID = "payments.void"
CLOSE = "payments.close"
CAPTURE = "payments.capture"
REQUESTS = (VOID, REFUND)
_NOT_VOIDED = (VOID, Outcome.REFUSED)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def requests(checkout: Checkout, generation: int) -> list[Effect]:
    """The voids and refunds of one payment attempt, oldest first."""
    found = [effect for name in REQUESTS for effect in checkout.named(name)]
    mine = [effect for effect in found if effect.arguments["attempt"] == generation]
    return sorted(mine, key=lambda effect: effect.intended_at or _LONG_AGO)


def owed(checkout: Checkout) -> int:
    """Captured money in minor units that must go back and that nobody has asked back yet."""
    kept = sum(attempt.facts.kept for attempt in checkout.payments.values())
    asked = sum(e.arguments["amount"] for e in checkout.named(REFUND) if e.open)
    return max(kept - checkout.due - asked, 0)


def refundable(checkout: Checkout) -> int:
    """What staff may order to be given back now, in minor units; nothing while a request is open."""
    attempt = checkout.payment
    if any(effect.open for effect in requests(checkout, attempt.generation)):
        return 0
    return max(min(attempt.facts.kept, checkout.due), 0)


def order_refund(checkout: Checkout, amount: int, moment: Moment) -> None:
    """Staff gives money of a placed order back: from now on it is not due any more.

    The caller has judged the amount. A request that the provider decides against is followed by
    another one like any other: what is owed is asked back until it is confirmed.
    """
    call = _request(checkout, REFUND, checkout.payment, amount)
    checkout.intend(call.name, call.generation, {**call.arguments, "ordered": True}, moment.now)


def unsettled(checkout: Checkout) -> bool:
    """True while money is owed or a request has no answer."""
    open_request = any(e.open for name in REQUESTS for e in checkout.named(name))
    return open_request or owed(checkout) > 0


def next_request(checkout: Checkout, moment: Moment) -> Decision | None:
    """The next void or refund to ask for; a Wait while a failed one rests; None when all is asked."""
    rests: list[datetime] = []
    for attempt in checkout.payments.values():
        call = _request_for(checkout, attempt)
        if call is None:
            continue
        last = requests(checkout, attempt.generation)[-1:]
        if last and last[0].retry_at and last[0].retry_at > moment.now:
            rests.append(last[0].retry_at)
            continue
        return call
    return Wait(min(rests)) if rests else None


def _request_for(checkout: Checkout, attempt: PaymentAttempt) -> Call | None:
    asked = requests(checkout, attempt.generation)
    if any(effect.open for effect in asked):
        return None
    facts, amount = attempt.facts, min(owed(checkout), attempt.facts.kept)
    unwanted = not checkout.due or attempt.generation != checkout.generation
    void_was_refused = bool(asked) and (asked[-1].name, asked[-1].outcome) == _NOT_VOIDED
    if facts.uncaptured and unwanted and not (void_was_refused and amount):
        return _request(checkout, VOID, attempt, facts.uncaptured)
    if amount > 0:
        return _request(checkout, REFUND, attempt, amount)
    return None


def _request(checkout: Checkout, name: str, attempt: PaymentAttempt, amount: int) -> Call:
    """The facts before it go with it: whether it was done is judged by how they have grown."""
    facts, void = attempt.facts, name == VOID
    arguments = {
        "attempt": attempt.generation,
        "amount": amount,
        "before": facts.voided if void else facts.refunded,
        "failed_before": 0 if void else facts.refund_failed,
    }
    return Call(name, checkout.next_generation(name), arguments)


def settle(checkout: Checkout, moment: Moment) -> Decision:
    """What a final checkout still has to do about money."""
    waits: list[datetime] = []
    for attempt in checkout.payments.values():
        if attempt.ask_at and attempt.ask_at <= moment.now:
            return Ask(attempt.generation)
        waits += [attempt.ask_at] if attempt.ask_at else []
    for effect in [e for name in REQUESTS for e in checkout.named(name) if e.open]:
        if effect.retry_at is not None and effect.retry_at > moment.now:
            waits.append(effect.retry_at)
            continue
        again = _once_more(checkout, effect, moment)
        if not isinstance(again, Wait):
            return again
        waits += [again.until] if again.until else []
    decision = next_request(checkout, moment)
    if isinstance(decision, Call):
        return decision
    waits += [decision.until] if isinstance(decision, Wait) and decision.until else []
    return Wait(min(waits, default=None))


def _once_more(checkout: Checkout, effect: Effect, moment: Moment) -> Decision:
    """Rule: look first. A request without an answer may have been heard, and a provider forgets keys.

    A refund that was answered is only looked at from then on: it is theirs to decide.
    """
    attempt = checkout.payments[effect.arguments["attempt"]]
    since = effect.retry_at or effect.intended_at or _LONG_AGO
    if _accepted(effect) or not (attempt.asked_at and attempt.asked_at >= since):
        return look_now(attempt, moment)
    return Call(effect.name, effect.generation, effect.arguments)


def _accepted(effect: Effect) -> bool:
    return effect.name == REFUND and effect.answered_at is not None


def look_now(attempt: PaymentAttempt, moment: Moment) -> Decision:
    """Ask for the facts, or wait with that while the provider has just not answered."""
    if attempt.silent and attempt.ask_at and attempt.ask_at > moment.now:
        return Wait(attempt.ask_at)
    return Ask(attempt.generation)


def looked(checkout: Checkout, generation: int, facts: PaymentFacts, moment: Moment) -> None:
    """Take in what a look said. A refund that is theirs to decide rests until the next look."""
    learn(checkout, generation, facts, moment)
    for effect in requests(checkout, generation):
        if effect.open and _accepted(effect):
            effect.tries += 1
            pause = moment.policy.pause(effect.tries, moment.policy.longest_undo_pause)
            effect.retry_at = moment.now + pause


def learn(checkout: Checkout, generation: int, facts: PaymentFacts, moment: Moment) -> None:
    """Take facts into a payment attempt, and judge its open calls by them."""
    attempt = checkout.payments[generation]
    attempt.facts = attempt.facts.merge(facts)
    attempt.asked_at, attempt.silent = moment.now, 0
    attempt.ask_at = next_look(checkout, attempt, moment)
    for effect in requests(checkout, generation):
        if effect.open:
            effect.outcome = judge(effect, attempt.facts)
            _flag_refusal(checkout, effect, moment)
    close = checkout.effect(CLOSE, generation)
    if close is not None and close.open and shut(checkout, attempt.facts):
        close.outcome = Outcome.DONE
    capture = checkout.effect(CAPTURE, generation)
    if capture is not None and capture.open and attempt.facts.captured >= checkout.total:
        capture.outcome = Outcome.DONE


def shut(checkout: Checkout, facts: PaymentFacts) -> bool:
    """Rule: a payment is shut when it is closed or paid in full, nothing else (design §3)."""
    return facts.closed or (facts.paid > 0 and facts.paid >= checkout.total)


def next_look(checkout: Checkout, attempt: PaymentAttempt, moment: Moment) -> datetime | None:
    """When the provider is asked again: while waiting often, after the end once more a day later."""
    if not checkout.state.is_final:
        return moment.policy.next_lookup(attempt.begun_at or moment.now, moment.now)
    last = (checkout.finished_at or moment.now) + moment.policy.seconds("last_look_after")
    return last if moment.now < last else None


def judge(effect: Effect, facts: PaymentFacts) -> Outcome:
    """Is a void or refund confirmed, decided against, or still open? Only amounts count."""
    amount, before = effect.arguments["amount"], effect.arguments["before"]
    if effect.name == VOID:
        return Outcome.DONE if facts.voided >= before + amount else Outcome.UNKNOWN
    if facts.refunded < before + amount:
        return Outcome.UNKNOWN
    failed = facts.refund_failed - effect.arguments["failed_before"]
    return Outcome.REFUSED if failed >= amount else Outcome.DONE


def _flag_refusal(checkout: Checkout, effect: Effect, moment: Moment) -> None:
    if effect.outcome == Outcome.REFUSED:
        effect.error = {"code": "refund_failed", "message": "The provider could not refund."}
        failures = sum(e.outcome == Outcome.REFUSED for e in checkout.named(effect.name))
        effect.retry_at = moment.now + moment.policy.pause(
            failures, moment.policy.longest_undo_pause
        )
        checkout.flag("refund_failing")
    elif effect.outcome == Outcome.DONE and checkout.needs_attention == "refund_failing":
        checkout.needs_attention = ""


def _receive(checkout: Checkout, effect: Effect, answer: PaymentFacts, moment: Moment) -> Outcome:
    learn(checkout, effect.arguments["attempt"], answer, moment)
    return effect.outcome


def _refused(checkout: Checkout, effect: Effect) -> None:
    """A definite no: the facts have changed under us. Look again, then choose anew."""
    attempt = checkout.payments[effect.arguments["attempt"]]
    attempt.ask_at = effect.answered_at
    checkout.flag("refund_failing")


def _void(ports: Ports, checkout: Checkout, effect: Effect) -> PaymentFacts:
    attempt = checkout.payments[effect.arguments["attempt"]]
    return ports.payments.void(effect.key, attempt.reference)


def _refund(ports: Ports, checkout: Checkout, effect: Effect) -> PaymentFacts:
    attempt = checkout.payments[effect.arguments["attempt"]]
    money = Money(effect.arguments["amount"], attempt.facts.currency or checkout.frozen.currency)
    return ports.payments.refund(effect.key, attempt.reference, money)


CALLS = {
    VOID: PortCall(_void, receive=_receive, refused=_refused),
    REFUND: PortCall(_refund, receive=_receive, refused=_refused, event="payment_refunded"),
}

"""A cost that a client library worked out is an estimate, not a bill: it counts only where we have no price."""

from ingest.schema import CallIn
from pricing.book import PriceBook
from pricing.cost import Billable
from pricing.names import canonical_provider
from pricing.usage import UNKNOWN

KEPT_AS = "client_cost_usd"
"""The unknown-attribute name under which an estimate that we do not use stays readable."""


def without_estimate(call: CallIn, prices: PriceBook) -> CallIn:
    """Set the client's own cost aside if the model has a price here."""
    if call.cost_usd is None or prices.sheet(_billable(call)) is None:
        return call
    call.extra = {**(call.extra or {}), KEPT_AS: str(call.cost_usd)}
    call.cost_usd = None
    return call


def _billable(call: CallIn) -> Billable:
    """What decides which price applies."""
    return Billable(
        provider=canonical_provider(call.provider),
        model=call.billed_model or call.model or call.requested_model or "",
        region=call.region or "",
        tier=call.tier or "",
        processing=call.processing or "",
        at_us=int(call.started_at or 0),
        usage=UNKNOWN,
        reported_usd=None,
        status=call.status or "",
        error_type=call.error_type or "",
        http_status=call.http_status,
        max_output_tokens=None,
        delivered_chars=0,
    )

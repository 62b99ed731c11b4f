"""What follows in the sandbox: its messages are posted, and what it renews is renewed."""

import httpx2

from holdfast.integrations.payments.sandbox import clients, hooks, renewing
from holdfast.kernel import settings
from holdfast.kernel.jobs import Outside, every, on
from holdfast.kernel.tx import Tx


@on(hooks.Wanted, outside=True, name="sandbox.payments.post")
async def post(job: Outside, event: hooks.Wanted) -> None:
    """A message is posted to our own address; one that we do not take is posted again later, as a provider would."""
    async with job.transaction() as tx:
        delivery, body = await hooks.prepared(tx, event.delivery_id)
        secret = await clients.secret(tx, delivery.connection_id)
    try:
        public_url = job.database.settings.public_url
        status = await hooks.post(job.tenant, delivery, body, secret=secret, public_url=public_url)
    except httpx2.HTTPError as error:
        raise hooks.NotTaken(type(error).__name__) from error
    if status >= 500 or status == 429:
        raise hooks.NotTaken(f"It was answered {status}.")
    async with job.outcome() as tx:
        await hooks.noted(tx, delivery.id, status)


@every("5m", name="sandbox.payments.renew")
async def renew(tx: Tx) -> None:
    """Subscriptions that the sandbox runs are renewed by the business's clock."""
    if settings.current().environment != "production":
        while await renewing.due(tx, settings.current().public_url.rstrip("/")):
            pass

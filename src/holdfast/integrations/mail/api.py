"""The sandbox's mailbox, where whoever develops or demonstrates reads what was mailed."""

from typing import Annotated, Any

from litestar import get
from litestar.params import Parameter

from holdfast.integrations.mail import sandbox
from holdfast.kernel import ids
from holdfast.kernel.http import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import NotFound
from holdfast.kernel.tx import NOBODY


@get("/api/sandbox/mail", public=True)
async def mailbox(
    caller: Caller,
    page: Page,
    to: Annotated[str, Parameter(description="The address that was written to", max_length=254)],
) -> Listing[sandbox.SandboxMail]:
    """The mails to an address, newest first. In production there is no such place."""
    if caller.database.settings.environment == "production":
        raise NotFound
    async with caller.transaction(ids.PLATFORM, actor=NOBODY) as tx:
        return await sandbox.mailbox(tx, to, page)


routes: list[Any] = [mailbox]

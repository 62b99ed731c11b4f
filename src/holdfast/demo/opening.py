"""Opening day: the cafés open through the API as their owners would do it, and their past is imported.

Every step looks first whether it was done, so that a demo which was stopped half-way goes on where it stopped.
"""

import asyncio
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from holdfast.demo import logos
from holdfast.demo.cafes import PASSWORD, Cafe, Person, history
from holdfast.demo.client import Client, Refused
from holdfast.kernel.database import Database
from holdfast.kernel.tx import transaction
from holdfast.systems.loyalty import imports, risk

Progress = Callable[[int, int], None]


async def open_cafe(address: str, cafe: Cafe) -> tuple[str, str]:
    """Register the owner, open the business and its program, paint its sign, invite the staff.

    Gives the ids of business and program.

    Raises:
        Refused, TimeoutError: the API did not do what it should.
    """
    async with Client(address) as client:
        await enter(client, cafe.people[0])
        mine = await client.call("GET", "/api/tenants")
        tenant = next((each["tenant"] for each in mine), None) or await _open(client, cafe)
        client.act_in(tenant)
        await _paint(client, cafe, tenant)
        for person in cafe.people[1:]:
            await invite(client, person, address)
        known = await client.call("GET", "/api/loyalty/programs")
        program = known[0] if known else await _open_program(client, cafe)
        return tenant, program["id"]


async def enter(client: Client, person: Person) -> None:
    """Sign somebody in, who registers first if they have no account yet.

    Raises:
        Refused, TimeoutError: the API did not do what it should.
    """
    try:
        await client.sign_in(person.email, PASSWORD)
    except Refused as refused:
        if refused.status != 401:
            raise
        await _register(client, person)
        await client.sign_in(person.email, PASSWORD)


async def _register(client: Client, person: Person) -> None:
    wanted = {"email": person.email, "password": PASSWORD, "name": person.name, "locale": "es"}
    registration = await client.call("POST", "/api/auth/register", wanted)
    code = re.search(r"\b\d{6}\b", await client.mail(person.email, "Your code is"))
    assert code is not None  # noqa: S101 - the mail was chosen because it has a code
    proof = {"verification": registration["verification"], "code": code.group()}
    await client.call("POST", "/api/auth/verify-email", proof)


async def _open(client: Client, cafe: Cafe) -> str:
    wanted = {
        "name": cafe.name,
        "currency": "PEN",
        "timezone": "America/Lima",
        "country": "PE",
        "languages": ["es", "en"],
        "systems": ["loyalty"],
        "email": cafe.people[0].email,
    }
    return str((await client.call("POST", "/api/tenants", wanted))["id"])


async def _paint(client: Client, cafe: Cafe, tenant: str) -> None:
    """Give the business its colour and its logo, unless somebody who tried the demo gave it others."""
    path = f"/api/tenants/{tenant}"
    looks = await client.call("GET", path)
    if looks["accent"] is None:
        await client.call("PATCH", path, {"accent": cafe.accent})
    if looks["logo_url"] is None:
        await client.call("PUT", f"{path}/logo", png=await asyncio.to_thread(logos.draw, cafe))


async def _open_program(client: Client, cafe: Cafe) -> dict[str, str]:
    wanted = {
        "name": cafe.program,
        "stamps_required": cafe.stamps_required,
        "reward": cafe.reward,
        "stamp_gap_seconds": 30,
        "inactivity_days": 21,
    }
    opened: dict[str, str] = await client.call("POST", "/api/loyalty/programs", wanted)
    return opened


async def invite(owner: Client, person: Person, address: str) -> None:
    """Let an owner invite somebody who then joins, unless they did.

    Raises:
        Refused, TimeoutError: the API did not do what it should.
    """
    async with Client(address) as guest:
        try:
            await guest.sign_in(person.email, PASSWORD)
        except Refused as refused:
            if refused.status != 401:
                raise
        else:
            return
        waiting = await owner.call("GET", "/api/people/invitations")
        if all(invitation["email"] != person.email for invitation in waiting["items"]):
            await owner.call("POST", "/api/people/invitations", {"email": person.email, "role": person.role})
        link = re.search(r"/invitations/(\S+)", await owner.mail(person.email, "/invitations/"))
        assert link is not None  # noqa: S101 - the mail was chosen because it has a link
        wanted = {"token": link.group(1), "name": person.name, "password": PASSWORD, "locale": "es"}
        await guest.call("POST", "/api/auth/accept-invitation", wanted)


async def import_past(
    database: Database, cafe: Cafe, tenant: str, program: str, *, progress: Progress
) -> imports.Report | None:
    """Replay the café's past, unless it has one; gives what was done.

    Its days count back from the moment in which its program was opened, so it is the same at every start.
    """
    async with database.relay.connection() as connection:
        begun = await connection.fetchval(
            "select min(at) from kernel_event where tenant_id = $1 and name = 'loyalty.programs.opened'", UUID(tenant)
        )
    with tempfile.TemporaryDirectory() as folder:
        file = history(cafe, begun, Path(folder))
        report = await imports.import_visits(database, UUID(tenant), UUID(program), file, progress=progress)
    if not report.visits_added:
        return None
    # The schedule that looks after who stays away may be minutes off; the dashboard is looked at now.
    async with transaction(database, UUID(tenant)) as tx:
        await risk.review(tx)
    return report

"""Routes of the business and its programs."""

from uuid import UUID

from litestar import get, patch, post

from holdfast.kernel.http.caller import Caller
from holdfast.systems.loyalty import businesses, programs


@get("/businesses/{business_id:uuid}", grant=programs.READ, summary="The business and what it promises")
async def show_business(caller: Caller, business_id: UUID) -> businesses.Business:
    """The business that you act in."""
    async with caller.transaction() as tx:
        return await businesses.get(tx, business_id)


@patch("/businesses/{business_id:uuid}", grant=programs.MANAGE, summary="Change the business or its promise")
async def change_business(caller: Caller, business_id: UUID, data: businesses.Change) -> businesses.Business:
    """Name, contact and logo, and the default program's threshold, reward and inactivity."""
    async with caller.transaction() as tx:
        return await businesses.change(tx, business_id, data)


@get("/programs", grant=programs.READ, summary="Programs")
async def list_programs(caller: Caller) -> list[programs.Program]:
    """Every program, active before archived, oldest first."""
    async with caller.transaction() as tx:
        return await programs.listing(tx)


@post("/programs", grant=programs.MANAGE, summary="Open a program")
async def create_program(caller: Caller, data: programs.New) -> programs.Program:
    """A new promise: so many stamps, this reward."""
    async with caller.transaction() as tx:
        return await programs.open(tx, data)


@get("/programs/{program_id:uuid}", grant=programs.READ, summary="A program")
async def show_program(caller: Caller, program_id: UUID) -> programs.Program:
    """One program."""
    async with caller.transaction() as tx:
        return await programs.get(tx, program_id)


@patch("/programs/{program_id:uuid}", grant=programs.MANAGE, summary="Change or archive a program")
async def change_program(caller: Caller, program_id: UUID, data: programs.Change) -> programs.Program:
    """Counts from now on; rewards that were earned stay as they were promised."""
    async with caller.transaction() as tx:
        return await programs.change(tx, program_id, data)


handlers = [show_business, change_business, list_programs, create_program, show_program, change_program]

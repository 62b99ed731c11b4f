"""Routes of the members: enrol, find, correct."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, patch, post
from litestar.params import Parameter
from msgspec import Meta

from holdfast.kernel import ids, telemetry
from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import transaction
from holdfast.systems.loyalty import businesses, cards, customers, directory, members, programs, stamps


class Enroll(members.New, kw_only=True, forbid_unknown_fields=True):
    """Who enrols, and where."""

    business: Annotated[str, Meta(max_length=63)] | None = None
    """The business's id or slug; the caller's own business when absent."""


class Enrolled(msgspec.Struct, kw_only=True):
    """What an enrolment ends with."""

    new: bool
    """False when the number was a member's already."""
    member: members.Member | None = None
    """Absent when somebody who has not signed in enrols a number that was a member's already."""
    card: cards.Card | None = None
    token: str | None = None
    """Opens the member's own cards; give it as header ``Holdfast-Card``. Only for a new member, and only now."""


class Token(msgspec.Struct, kw_only=True):
    """Opens a member's own cards."""

    token: str


@get("/businesses/{business_id:uuid}/customers", grant=programs.READ, summary="Customers of a business")
async def list_customers(
    caller: Caller,
    business_id: UUID,
    page: Page,
    search: Annotated[str | None, Parameter(description="Start of a name or number", max_length=100)] = None,
    program_id: Annotated[UUID | None, Parameter(description="Those with a card of this program")] = None,
    at_risk: Annotated[bool, Parameter(description="Only those who have not come for too long")] = False,
) -> Listing[members.Member]:
    """Members, newest first; found by a search, in the order of their names."""
    async with caller.transaction(replica=True) as tx:
        businesses.must_be(tx, business_id)
        return await directory.listing(
            tx, page, directory.Filter(search=search, program_id=program_id, at_risk=at_risk)
        )


@post("/enrollments", public=True, summary="Enrol a customer")
async def create_enrollment(caller: Caller, data: Enroll) -> Response[Enrolled]:
    """A customer enrols from a poster, or staff enrol them. 201 for a new member, 200 for one who was known."""
    if data.business is not None:
        # Outside the caller's own transaction, which an idempotency key would tie to another tenant.
        async with transaction(caller.database, ids.PLATFORM, caller.actor) as tx:
            tenant = await businesses.named(tx, data.business)
    elif caller.actor.kind == "nobody":
        raise Invalid("Say which business you want to join.", field="business")
    else:
        tenant = caller.tenant
    staff = tenant == caller.tenant and caller.actor.may(members.ENROLL)
    async with caller.transaction(tenant) as tx:
        enrollment = await (members.enroll if staff else members.join)(tx, data)
        enrolled = Enrolled(new=enrollment.new)
        if staff or enrollment.new:
            enrolled.member, enrolled.card = enrollment.member, enrollment.card
        if enrollment.new:
            enrolled.token = await cards.holder_token(tx, enrollment.member.id)
    if enrollment.new:
        telemetry.CUSTOMERS_ENROLLED.add(tenant)
    return Response(enrolled, status_code=201 if enrollment.new else 200)


@get("/customers/lookup", grant=programs.READ, summary="Find a customer by number or code")
async def find_customer(
    caller: Caller,
    phone: Annotated[str | None, Parameter(description="As people here write it", max_length=40)] = None,
    code: Annotated[str | None, Parameter(description="The code on their screen", max_length=500)] = None,
) -> customers.Customer:
    """The member with that telephone number, or whose check-in code it is."""
    async with caller.transaction() as tx:
        return await customers.find(tx, phone=phone, code=code)


@get(
    "/customers/{customer_id:uuid}",
    grant=programs.READ,
    thin=True,
    summary="A customer with cards, rewards and stamps",
)
async def show_customer(caller: Caller, customer_id: UUID) -> customers.Customer:
    """A member with everything they hold here."""
    async with caller.transaction() as tx:
        return await customers.get(tx, customer_id)


@patch("/customers/{customer_id:uuid}", grant=members.ENROLL, summary="Correct a customer's details")
async def change_customer(caller: Caller, customer_id: UUID, data: members.Change) -> members.Member:
    """Name, birthday and telephone number; cards, stamps and rewards stay."""
    async with caller.transaction() as tx:
        return await members.change(tx, customer_id, data)


@post("/customers/{customer_id:uuid}/card-token", grant=members.CORRECT, summary="Give a customer's cards out anew")
async def create_card_token(caller: Caller, customer_id: UUID) -> Token:
    """A new token for the customer's own view; every earlier one stops working."""
    async with caller.transaction() as tx:
        return Token(token=await members.reissue(tx, customer_id))


@get("/customers/{customer_id:uuid}/stamps", grant=programs.READ, summary="A customer's stamps")
async def list_stamps(caller: Caller, customer_id: UUID, page: Page) -> Listing[stamps.Stamp]:
    """Every stamp of a customer, newest first, voided ones too."""
    async with caller.transaction(replica=True) as tx:
        await members.get(tx, customer_id)
        return await stamps.of_member(tx, customer_id, page)


handlers = [
    list_customers,
    create_enrollment,
    find_customer,
    show_customer,
    change_customer,
    create_card_token,
    list_stamps,
]

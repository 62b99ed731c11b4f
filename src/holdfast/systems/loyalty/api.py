"""Routes of loyalty."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, patch, post
from litestar.params import HeaderParameter, Parameter
from msgspec import Meta

from holdfast.kernel import ids, telemetry
from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import transaction
from holdfast.systems.loyalty import (
    businesses,
    cards,
    customers,
    directory,
    members,
    programs,
    reports,
    rewards,
    stamps,
    voids,
)

CardToken = Annotated[
    str, HeaderParameter(name="Holdfast-Card", description="The token that the enrolment ended with", max_length=300)
]
Code = Annotated[str, Meta(min_length=1, max_length=500)]


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


class WhichCode(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a code is for: to be stamped on a card, or to redeem a reward."""

    card_id: UUID | None = None
    reward_id: UUID | None = None


class Void(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a stamp is taken back."""

    reason: voids.Reason


class Redeem(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A reward to be redeemed."""

    code: Code
    id: UUID | None = None
    """Made by the stamper, which sends the same again when it does not know whether the first arrived."""
    site_id: UUID | None = None


class RedeemWithoutCode(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A reward to be redeemed on the word of who is responsible."""

    id: UUID | None = None
    site_id: UUID | None = None


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


# A stamp's own id is its idempotency key, and good for ever; the header would only cost another statement.
@post("/stamps", grant=stamps.STAMP, idempotency="unused", thin=True, summary="Stamp a card")
async def create_stamp(caller: Caller, data: stamps.New) -> Response[stamps.Stamp]:
    """201 for a new stamp, 200 with the same stamp when its id was sent before."""
    try:
        given, new = await _stamp(caller, data)
    except stamps.StampReused:
        # The same id was sent at the same moment, and another stamp came between the two: by now the first is there.
        given, new = await _stamp(caller, data)
    if new:
        telemetry.STAMPS_ADDED.add(caller.tenant)
    return Response(given, status_code=201 if new else 200)


async def _stamp(caller: Caller, data: stamps.New) -> tuple[stamps.Stamp, bool]:
    async with caller.transaction() as tx:
        return await stamps.stamp(
            tx,
            data.id,
            card_id=await stamps.card_of(tx, data),
            amount=data.amount,
            site_id=data.site_id,
            device_id=data.device_id,
            device_sequence=data.device_sequence,
        )


@post("/stamps/{stamp_id:uuid}/void", grant=voids.VOID, status_code=200, summary="Take a stamp back")
async def create_void(caller: Caller, stamp_id: UUID, data: Void) -> stamps.Stamp:
    """The stamp, voided. Its reward is taken back with it, if nobody had it yet."""
    async with caller.transaction() as tx:
        return await voids.void(tx, stamp_id, reason=data.reason)


@post("/redemptions", grant=rewards.REDEEM, summary="Redeem a reward by the code on a screen")
async def create_redemption(caller: Caller, data: Redeem) -> rewards.Reward:
    """The reward, redeemed: once, however many scan the code."""
    async with caller.transaction() as tx:
        return await rewards.redeem(tx, data.code, redemption_id=data.id, site_id=data.site_id)


@post("/rewards/{reward_id:uuid}/redemption", grant=rewards.REDEEM_WITHOUT_CODE, summary="Redeem a reward without code")
async def create_redemption_without_code(caller: Caller, reward_id: UUID, data: RedeemWithoutCode) -> rewards.Reward:
    """For a customer whose phone shows nothing."""
    async with caller.transaction() as tx:
        return await rewards.redeem_without_code(tx, reward_id, redemption_id=data.id, site_id=data.site_id)


@get("/dashboard/metrics", grant=programs.READ, summary="How the business is doing")
async def show_metrics(
    caller: Caller,
    program_id: Annotated[UUID | None, Parameter(description="One program; all together when absent")] = None,
    window_days: Annotated[int, Parameter(ge=1, le=366, description="Days that count as now")] = 30,
) -> reports.Metrics:
    """Members, who is active and who is at risk, visits, rewards and retention; read from kept counts."""
    async with caller.transaction(replica=True) as tx:
        return await reports.metrics(tx, program_id=program_id, window_days=window_days)


@get("/card", public=True, summary="A customer's own cards")
async def show_own(caller: Caller, card_token: CardToken) -> customers.Own:
    """What the holder of the token has: cards, and rewards that can be had now."""
    async with caller.transaction(cards.tenant_of_token(card_token)) as tx:
        return await customers.own(tx, card_token)


@post("/card/codes", public=True, summary="A fresh code for a customer's screen")
async def create_own_code(caller: Caller, card_token: CardToken, data: WhichCode) -> cards.Code:
    """A code to be stamped, or to redeem a reward; good for a minute."""
    async with caller.transaction(cards.tenant_of_token(card_token)) as tx:
        return await customers.own_code(tx, card_token, card_id=data.card_id, reward_id=data.reward_id)


routes = [
    Router(
        "/api/loyalty",
        route_handlers=[
            show_business,
            change_business,
            list_customers,
            create_enrollment,
            find_customer,
            show_customer,
            change_customer,
            create_card_token,
            list_stamps,
            list_programs,
            create_program,
            show_program,
            change_program,
            create_stamp,
            create_void,
            create_redemption,
            create_redemption_without_code,
            show_metrics,
            show_own,
            create_own_code,
        ],
        tags=["loyalty"],
    )
]

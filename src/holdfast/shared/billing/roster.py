"""Roster: a customer's subscriptions with everything about each, page by page.

However many there are on a page, they take the same few statements.
"""

from collections import defaultdict
from uuid import UUID

from holdfast.kernel import pages
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import subscriptions
from holdfast.shared.billing.catalog import Plan, Price
from holdfast.shared.billing.subscriptions import Detail, Subscription, Term

_TERMS = 24


async def of_customer(tx: Tx, customer_id: UUID, page: Page) -> Listing[Detail]:
    """A customer's subscriptions, newest first. Whoever calls it has checked who asks.

    Raises:
        Invalid: the cursor was not made by this list.
    """
    found = await tx.all(
        Subscription,
        "select * from billing_subscription where tenant_id = kernel_tenant() and customer_id = $1 "
        "and ($2::uuid is null or id < $2) order by id desc limit $3",
        customer_id,
        page.after_id(),
        page.fetch,
    )
    listed = pages.listing(page, found, lambda one: one.id)
    return Listing(items=await _whole(tx, listed.items), next=listed.next)


async def _whole(tx: Tx, listed: list[Subscription]) -> list[Detail]:
    """Subscriptions with everything about each, in the same order."""
    plans = {
        plan.id: plan
        for plan in await tx.all(
            Plan, "select * from billing_plan where id = any ($1)", list({one.plan_id for one in listed})
        )
    }
    prices = await tx.all(
        Price,
        "select * from billing_price where id = any ($1) order by created_at, id",
        list({price_id for one in listed for price_id in one.price_ids}),
    )
    terms: dict[UUID, list[Term]] = defaultdict(list)
    for term in await tx.all(
        Term,
        "select t.* from unnest($1::uuid[]) as one(id) cross join lateral (select * from billing_period "
        "where tenant_id = kernel_tenant() and subscription_id = one.id order by ends_on desc limit $2) as t",
        [one.id for one in listed],
        _TERMS,
    ):
        terms[term.subscription_id].append(term)
    return [
        _detail(one, plans[one.plan_id], [price for price in prices if price.id in one.price_ids], terms[one.id])
        for one in listed
    ]


def _detail(subscription: Subscription, plan: Plan, prices: list[Price], terms: list[Term]) -> Detail:
    return Detail(
        subscription=subscription,
        plan=plan,
        prices=prices,
        periods=sorted(terms, key=lambda term: term.ends_on, reverse=True),
        monthly=subscriptions.monthly_of(subscription, plan, prices),
    )

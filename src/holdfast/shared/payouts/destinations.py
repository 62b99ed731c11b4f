"""Destinations: the bank accounts of parties, sealed in the vault and shown masked only (X10)."""

import hmac
import re
from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec

from holdfast.integrations import payouts as ports
from holdfast.kernel import crypto, ids
from holdfast.kernel.events import Event
from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.payouts.wallets import READ, REQUEST, Wallet

Kind: TypeAlias = Literal["iban", "account", "vpa"]
_SHOWN = "id, wallet_id, holder, country, kind, masked, shared, active, created_at"
_PURPOSE = "payouts.destination"
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
_VPA = re.compile(r"[A-Za-z0-9._-]{2,100}@[A-Za-z]{2,40}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


class Destination(Row):
    """Where a party's money goes, without what must not be seen."""

    table: ClassVar[str] = "payouts_destination"
    id: UUID
    wallet_id: UUID
    holder: str
    country: str
    kind: Kind
    masked: str
    shared: bool
    """Whether another party has the same account, which somebody should look at before money goes there."""
    active: bool
    created_at: datetime


class New(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A bank account to pay to."""

    holder: str
    country: str
    iban: str | None = None
    bic: str | None = None
    account_number: str | None = None
    bank_code: str | None = None
    """IFSC in India, CCI or the bank's own code elsewhere."""
    vpa: str | None = None


class Added(Event):
    """A party named a bank account."""

    name: ClassVar[str] = "payouts.destination.added"
    subject: ClassVar[str | None] = "wallet_id"
    wallet_id: UUID
    destination_id: UUID
    shared: bool


class Removed(Event):
    """A bank account is no longer used."""

    name: ClassVar[str] = "payouts.destination.removed"
    subject: ClassVar[str | None] = "wallet_id"
    wallet_id: UUID
    destination_id: UUID


class AlreadyNamed(Problem):
    """This bank account is in the list already, with another holder."""


class StillNeeded(Problem):
    """A payout is on its way to this bank account."""


class _Sealed(Destination, kw_only=True, frozen=True):
    sealed: bytes
    provider_ref: str | None
    ref_connection_id: UUID | None


def iban_is_right(iban: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 7064, modulo 97)."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        return False
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def bic_is_right(bic: str) -> bool:
    """Whether a BIC is written as one: 8 or 11 letters and digits."""
    return _BIC.fullmatch(bic) is not None


def holder_is_right(holder: str) -> bool:
    """Whether a holder's name has 1 to 140 printable characters."""
    return 1 <= len(holder) <= 140 and holder.isprintable() and not holder.isspace()


def _fields(new: New) -> tuple[Kind, dict[str, str]]:
    if new.iban is not None:
        iban = re.sub(r"\s", "", new.iban).upper()
        if not iban_is_right(iban):
            raise Invalid("This is no IBAN; a digit may be wrong.", field="iban")
        bic = (new.bic or "").strip().upper()
        if bic and not bic_is_right(bic):
            raise Invalid("A BIC has 8 or 11 letters and digits.", field="bic")
        return "iban", {"iban": iban} | ({"bic": bic} if bic else {})
    if new.vpa is not None:
        if not _VPA.fullmatch(new.vpa.strip()):
            raise Invalid("A UPI address is written name@bank.", field="vpa")
        return "vpa", {"vpa": new.vpa.strip().lower()}
    number = re.sub(r"[\s-]", "", new.account_number or "")
    code = re.sub(r"[\s-]", "", new.bank_code or "").upper()
    if not re.fullmatch(r"[0-9]{5,34}", number):
        raise Invalid("An account number has 5 to 34 digits.", field="account_number")
    if new.country.upper() == "IN" and not _IFSC.fullmatch(code):
        raise Invalid("An IFSC has four letters, a zero and six more letters or digits.", field="bank_code")
    if not re.fullmatch(r"[A-Z0-9]{0,20}", code):
        raise Invalid("A bank's code has letters and digits.", field="bank_code")
    return "account", {"account_number": number, "bank_code": code}


async def add(tx: Tx, wallet: Wallet, new: New) -> Destination:
    """Name a bank account of a party; named again it is the same.

    One that another party has as well is marked, because that is how fraud looks.

    Raises:
        Invalid: something is malformed, or its check digits are wrong.
        AlreadyNamed: the wallet has this account, with another holder.
    """
    holder = " ".join(new.holder.split())
    if not holder_is_right(holder):
        raise Invalid("The holder's name has 1 to 140 characters.", field="holder")
    country = new.country.upper()
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise Invalid("A country has two letters, such as PE.", field="country")
    kind, fields = _fields(new)
    main = next(iter(fields.values()))
    fingerprint = _fingerprint(tx, kind, main)
    # Two parties that name the same account at once see each other, whoever comes second.
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", fingerprint.hex())
    same = await tx.all(
        Destination,
        "select "
        + _SHOWN
        + " from payouts_destination where tenant_id = kernel_tenant() and fingerprint = $1 limit 100",
        fingerprint,
    )
    for known in same:
        if known.wallet_id == wallet.id and known.active:
            if (known.holder, known.country) == (holder, country):
                return known
            raise AlreadyNamed(f"It is {known.holder}'s there; remove it first.")
    elsewhere = any(known.wallet_id != wallet.id for known in same)
    destination = await tx.one(
        Destination,
        "insert into payouts_destination (id, wallet_id, holder, country, kind, masked, sealed, fingerprint, shared, "
        "created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning " + _SHOWN,
        ids.new(),
        wallet.id,
        holder,
        country,
        kind,
        masked(kind, main),
        crypto.encrypt(msgspec.json.encode(fields), tenant=tx.tenant, purpose=_PURPOSE),
        fingerprint,
        elsewhere,
        tx.now,
    )
    await tx.emit(Added(wallet_id=wallet.id, destination_id=destination.id, shared=elsewhere))
    return destination


def masked(kind: Kind, main: str) -> str:
    """An account as it may be shown: enough to tell it from others, not enough to use."""
    if kind == "vpa":
        name, _, bank = main.partition("@")
        return f"{name[:2]}•••@{bank}"
    return f"{main[:4]} •••• {main[-4:]}" if kind == "iban" else f"•••• {main[-4:]}"


def _fingerprint(tx: Tx, kind: Kind, main: str) -> bytes:
    key = next(iter(crypto.ring().signing(f"{_PURPOSE}:{tx.tenant}").values()))
    return hmac.digest(key, f"{kind}:{main}".encode(), "sha256")


async def add_for(tx: Tx, wallet_id: UUID, new: New) -> Destination:
    """``add`` for those who run the business.

    Raises:
        NotAllowed: the actor lacks ``payouts.request``.
        NotFound: there is no such wallet.
        Invalid: something is malformed.
    """
    tx.must(REQUEST)
    return await add(tx, await tx.get(Wallet, wallet_id), new)


async def of(tx: Tx, wallet_id: UUID) -> list[Destination]:
    """A party's bank accounts, newest first.

    Raises:
        NotAllowed: the actor lacks ``payouts.read``.
    """
    tx.must(READ)
    return await listed(tx, wallet_id)


async def listed(tx: Tx, wallet_id: UUID) -> list[Destination]:
    """``of`` for whoever has checked who asks."""
    return await tx.all(
        Destination,
        "select * from payouts_destination where wallet_id = $1 and active order by id desc limit 100",
        wallet_id,
    )


async def listed_of(tx: Tx, wallet_ids: Collection[UUID]) -> dict[UUID, list[Destination]]:
    """``listed`` for several wallets, by wallet, in one statement."""
    found = await tx.all(
        Destination,
        "select d.* from unnest($1::uuid[]) as w (id), lateral (select * from payouts_destination "
        "where tenant_id = kernel_tenant() and wallet_id = w.id and active order by id desc limit 100) as d",
        list(wallet_ids),
    )
    by_wallet: dict[UUID, list[Destination]] = {}
    for one in found:
        by_wallet.setdefault(one.wallet_id, []).append(one)
    return {wallet_id: sorted(ones, key=lambda one: one.id, reverse=True) for wallet_id, ones in by_wallet.items()}


async def usable(tx: Tx, destination_id: UUID, *, wallet_id: UUID) -> Destination:
    """A party's own account that is in use.

    Raises:
        NotFound: they have no such account.
    """
    found = await tx.find(
        Destination,
        "select * from payouts_destination where id = $1 and wallet_id = $2 and active",
        destination_id,
        wallet_id,
    )
    if found is None:
        raise NotFound("There is no such bank account in this wallet.")
    return found


async def remove_for(tx: Tx, destination_id: UUID) -> None:
    """``remove`` for those who run the business.

    Raises:
        NotAllowed: the actor lacks ``payouts.request``.
        NotFound: there is no such account, or no more.
        StillNeeded: a payout is on its way there.
    """
    tx.must(REQUEST)
    destination = await tx.get(Destination, destination_id)
    await remove(tx, destination_id, wallet_id=destination.wallet_id)


async def remove(tx: Tx, destination_id: UUID, *, wallet_id: UUID) -> None:
    """Use a party's bank account no more; the payouts that went there keep it.

    Raises:
        NotFound: the party has no such account, or no more.
        StillNeeded: a payout is on its way there.
    """
    # A request holds its wallet while it looks at the account, so no payout can appear between the question and this.
    await tx.get(Wallet, wallet_id, lock=True)
    await usable(tx, destination_id, wallet_id=wallet_id)
    if await tx.one(
        bool,
        "select exists (select from payouts_payout where tenant_id = kernel_tenant() and destination_id = $1 "
        "and ended_at is null)",
        destination_id,
    ):
        raise StillNeeded("Remove it when that has arrived.")
    await tx.execute("update payouts_destination set active = false where id = $1", destination_id)
    await tx.emit(Removed(wallet_id=wallet_id, destination_id=destination_id))


async def opened(tx: Tx, destination_id: UUID, connection_id: UUID | None = None) -> ports.Destination:
    """An account with what must not be seen, for a rail; to be kept nowhere.

    Raises:
        NotFound: there is no such account.
    """
    return _opened(tx, await tx.get(_Sealed, destination_id), connection_id)


async def opened_all(tx: Tx, destination_ids: Collection[UUID]) -> dict[UUID, ports.Destination]:
    """``opened`` for many, by id, in one statement."""
    found = await tx.all(_Sealed, "select * from payouts_destination where id = any ($1)", list(destination_ids))
    return {sealed.id: _opened(tx, sealed) for sealed in found}


def _opened(tx: Tx, sealed: _Sealed, connection_id: UUID | None = None) -> ports.Destination:
    fields = msgspec.json.decode(crypto.decrypt(sealed.sealed, tenant=tx.tenant, purpose=_PURPOSE), type=dict[str, str])
    ref = sealed.provider_ref if connection_id is not None and sealed.ref_connection_id == connection_id else None
    return ports.Destination(holder=sealed.holder, country=sealed.country, fields=fields, ref=ref)


async def called(tx: Tx, destination_id: UUID, ref: str | None, connection_id: UUID | None) -> None:
    """Keep what a rail calls an account, at the connection where it calls it so; with None, forget it."""
    await tx.execute(
        "update payouts_destination set provider_ref = $2, ref_connection_id = $3 where id = $1 "
        "and (provider_ref, ref_connection_id) is distinct from ($2, $3)",
        destination_id,
        ref,
        connection_id,
    )

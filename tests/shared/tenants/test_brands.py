"""Brands: what anybody may know of a business, and a logo that is never shown as it came."""

import asyncio
import io
import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from PIL import Image

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Invalid, NotFound, Problem, TooLarge
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import NOBODY, Actor, transaction
from holdfast.shared.people import memberships
from holdfast.shared.tenants import brands, tenants
from tests import accounts, web
from tests.conftest import Open

TERRACOTTA = (180, 83, 42)


def picture(kind: str = "PNG", *, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    colour: Any = {"L": 83, "1": 1, "I;16": 40_000, "LA": (83, 128), "RGBA": (*TERRACOTTA, 128)}.get(mode, TERRACOTTA)
    plain = Image.new("RGB", size, TERRACOTTA)
    made = {"CMYK": plain.convert, "P": lambda _: plain.quantize(8)}.get(mode, lambda _: Image.new(mode, size, colour))(
        mode
    )
    made.save(out, kind, **options)
    return out.getvalue()


def opened(image: bytes) -> Image.Image:
    """A logo as a browser decodes it."""
    read = Image.open(io.BytesIO(image))
    read.load()
    assert read.format == "WEBP"
    return read


async def is_drawn(upload: bytes, kind: str = "image/png") -> Image.Image:
    """What becomes of an upload."""
    return opened(await brands.drawn(upload, kind))


@pytest.fixture
async def owner(database: Database, tenant: UUID) -> accounts.Account:
    """The owner of the test's business."""
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "owner")
    return account


@pytest.fixture
async def client(database: Database, settings: Settings, owner: accounts.Account) -> AsyncIterator[httpx2.AsyncClient]:
    """The owner, signed in."""
    async with web.visitor(database, settings) as visitor:
        await web.enter(visitor, database, owner)
        yield visitor


async def acting(database: Database, tenant: UUID) -> Actor:
    """An owner, as commands know them."""
    return (await accounts.member(database, tenant, "owner"))[0]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.meets("L27")
async def test_a_logo_is_drawn_anew_and_small(kind: str) -> None:
    logo = await is_drawn(picture(kind, size=(2000, 1000)), f"image/{kind.lower()}; charset=binary")
    assert logo.size == (512, 256)
    assert max(abs(a - b) for a, b in zip(logo.convert("RGB").getpixel((100, 100)), TERRACOTTA, strict=True)) < 8  # type: ignore[arg-type]
    small = await is_drawn(picture(kind), f"image/{kind.lower()}")
    assert small.size == (64, 48)


@pytest.mark.parametrize(
    ("mode", "kind", "seen"),
    [
        ("CMYK", "JPEG", TERRACOTTA),
        ("P", "PNG", TERRACOTTA),
        ("L", "PNG", (83, 83, 83)),
        ("L", "JPEG", (83, 83, 83)),
        ("1", "PNG", (255, 255, 255)),
        ("I;16", "PNG", (156, 156, 156)),
        ("LA", "PNG", (83, 83, 83, 128)),
        ("RGBA", "PNG", (*TERRACOTTA, 128)),
        ("RGBA", "WEBP", (*TERRACOTTA, 128)),
    ],
)
async def test_every_way_to_store_colours(mode: str, kind: str, seen: tuple[int, ...]) -> None:
    options: dict[str, Any] = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    logo = await is_drawn(picture(kind, mode=mode, **options))
    assert logo.mode == ("RGBA" if len(seen) == 4 else "RGB")
    found: Any = logo.getpixel((30, 20))
    assert max(abs(a - b) for a, b in zip(found, seen, strict=True)) < 10, found


async def test_a_palette_with_a_clear_colour_stays_clear() -> None:
    logo = await is_drawn(picture(mode="P", transparency=bytes([0] * 256)))
    found: Any = logo.getpixel((30, 20))
    assert found[3] == 0


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_of_what_moves_the_first_frame_stays(kind: str) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in (TERRACOTTA, (0, 255, 0), (0, 0, 255))]
    out = io.BytesIO()
    frames[0].save(
        out,
        kind,
        save_all=True,
        append_images=frames[1:],
        duration=50,
        **({"lossless": True} if kind == "WEBP" else {}),
    )
    assert getattr(Image.open(io.BytesIO(out.getvalue())), "n_frames", 1) == 3
    logo = await is_drawn(out.getvalue())
    assert getattr(logo, "n_frames", 1) == 1
    assert logo.convert("RGB").getpixel((20, 20)) == TERRACOTTA


async def test_only_the_picture_is_kept_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # To be turned by a quarter.
    exif[0x010E] = "taken at home"
    upload = picture("JPEG", size=(300, 100), exif=exif, comment=b"a secret comment", icc_profile=b"a profile")
    image = await brands.drawn(upload, "image/jpeg")
    logo = opened(image)
    assert logo.size == (100, 300)
    assert not {"exif", "icc_profile", "xmp", "comment"} & {key for key, value in logo.info.items() if value}
    for secret in (b"taken at home", b"secret comment", b"a profile"):
        assert secret in upload
        assert secret not in image


async def test_a_photograph_gives_a_file_that_is_not_large() -> None:
    noise = Image.frombytes("RGB", (700, 700), random.Random(7).randbytes(700 * 700 * 3))
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=60)
    assert len(await brands.drawn(out.getvalue(), "image/jpeg")) < 300_000
    assert (await is_drawn(picture(size=(5000, 1)))).size == (512, 1)


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
_GIF = io.BytesIO()
Image.new("RGB", (8, 8)).save(_GIF, "GIF")


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"\x00",
        _SVG,
        b"<!doctype html><script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n" + _SVG,
        b"\x89PNG\r\n\x1a\n",
        _GIF.getvalue(),
        picture()[:60],
        picture("JPEG")[:400],
        picture("WEBP")[:30],
        picture("WEBP", size=(300, 300))[:-20],
        b"RIFF\xff\xff\xff\xffWEBPVP8 ",
    ],
)
async def test_what_is_no_picture_is_refused(upload: bytes) -> None:
    for kind in ("image/png", "image/jpeg", "image/webp"):
        with pytest.raises(brands.NotAPicture):
            await brands.drawn(upload, kind)


async def test_a_file_that_is_two_things_is_only_a_picture_afterwards() -> None:
    image = await brands.drawn(picture() + b"<script>alert(1)</script>", "image/png")
    assert b"script" not in image


@pytest.mark.parametrize("kind", ["", "application/json", "image/svg+xml", "text/html", "image/gif", "png"])
async def test_other_kinds_are_refused(kind: str) -> None:
    with pytest.raises(brands.UnknownKind):
        await brands.drawn(picture(), kind)


async def test_a_bomb_does_not_go_off() -> None:
    with pytest.raises(TooLarge):
        await brands.drawn(bytes(brands.MOST_BYTES + 1), "image/png")
    # A few hundred bytes that would be 75 MB, and a few that would be a terabyte.
    for width, height in ((5000, 5000), (7000, 7000)):
        with pytest.raises(brands.TooManyPixels):
            await brands.drawn(picture(mode="1", size=(width, height)), "image/png")
    lying = bytearray(picture())
    lying[16:24] = (1_000_000).to_bytes(4, "big") * 2
    with pytest.raises(Problem):
        await brands.drawn(bytes(lying), "image/png")
    assert (await is_drawn(picture(mode="1", size=(4096, 4096)))).size == (512, 512)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_damaged_files_are_refused_or_drawn_and_nothing_else(kind: str) -> None:
    chance = random.Random(kind)
    whole = picture(kind, size=(40, 40))
    outcomes = set()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if chance.random() < 0.2:
            del damaged[chance.randrange(len(damaged)) :]
        try:
            await is_drawn(bytes(damaged))
            outcomes.add("drawn")
        except (brands.NotAPicture, brands.TooManyPixels):
            outcomes.add("refused")
    assert outcomes == {"drawn", "refused"}


async def test_many_at_once_wait_their_turn_and_too_many_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brands, "_MOST_WAITING", 3)
    answers = await asyncio.gather(
        *(brands.drawn(picture(size=(600, 600)), "image/png") for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, bytes) for answer in answers) == 3
    assert sum(isinstance(answer, brands.Busy) for answer in answers) == 5
    assert await brands.drawn(picture(), "image/png")


async def put(database: Database, tenant: UUID, actor: Actor, **look: Any) -> str:
    """Show a logo; gives its address."""
    image = await brands.drawn(picture(**look), "image/png")
    async with transaction(database, tenant, actor) as tx:
        return (await brands.put_logo(tx, image)).logo_url or ""


async def logos(database: Database, tenant: UUID) -> set[str]:
    """The addresses of the logos that are kept."""
    async with transaction(database, tenant) as tx:
        digests = await tx.all(str, "select digest from tenants_logo")
    return {f"/api/brands/{tenant}/{digest}.webp" for digest in digests}


async def test_the_logo_before_stays_for_a_while(database: Database, tenant: UUID, committed: Open) -> None:
    actor = await acting(database, tenant)
    first, second, third = [await put(database, tenant, actor, size=(side, side)) for side in (10, 20, 30)]
    assert await logos(database, tenant) == {second, third}
    assert await put(database, tenant, actor, size=(20, 20)) == second
    assert await put(database, tenant, actor, size=(20, 20)) == second
    assert await logos(database, tenant) == {second, third}
    async with committed() as tx:
        with pytest.raises(NotFound):
            await brands.logo(tx, first.rpartition("/")[2])
        told = await tx.all(str, "select body->>'fields' from kernel_event where name = 'tenants.tenants.changed'")
    assert told == ['["logo_url"]'] * 4
    async with committed(actor=actor) as tx:
        # A form that sends back what it was shown changes nothing; another's logo is nobody's to show.
        assert (await tenants.change(tx, tenants.Changes(logo_url=second, name="Aurora"))).logo_url == second
        with pytest.raises(Invalid):
            await tenants.change(tx, tenants.Changes(logo_url=third))
    assert await logos(database, tenant) == {second, third}


@pytest.mark.parametrize("instead", [None, "https://aurora.example/logo.png"])
async def test_a_logo_that_is_taken_away_is_gone(database: Database, tenant: UUID, instead: str | None) -> None:
    actor = await acting(database, tenant)
    await put(database, tenant, actor, size=(10, 10))
    await put(database, tenant, actor, size=(20, 20))
    async with transaction(database, tenant, actor) as tx:
        assert (await tenants.change(tx, tenants.Changes(logo_url=instead))).logo_url == instead
    assert await logos(database, tenant) == set()


async def test_logos_put_at_once_end_with_one_of_them(database: Database, tenant: UUID) -> None:
    actor = await acting(database, tenant)
    addresses = await asyncio.gather(*(put(database, tenant, actor, size=(side, side)) for side in range(10, 18)))
    async with transaction(database, tenant, actor) as tx:
        shown = (await tenants.settings(tx)).logo_url
    kept = await logos(database, tenant)
    assert shown in kept
    assert len(kept) == 2
    assert kept <= set(addresses)


@pytest.mark.parametrize("colour", ["", "red", "#fff", "#b4532", "#b4532ag", "#b4532a ", "b4532a", "#b4532a;}"])
async def test_an_accent_is_a_colour(database: Database, tenant: UUID, colour: str) -> None:
    actor = await acting(database, tenant)
    async with transaction(database, tenant, actor) as tx:
        with pytest.raises(Invalid) as raised:
            await tenants.change(tx, tenants.Changes(accent=colour))
        assert raised.value.extra["errors"][0].field == "accent"
        assert (await tenants.change(tx, tenants.Changes(accent="#B4532A"))).accent == "#b4532a"
        assert (await tenants.change(tx, tenants.Changes(accent=None))).accent is None


async def test_businesses_are_listed_with_how_they_look(database: Database, tenant: UUID) -> None:
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "owner")
    async with transaction(database, tenant) as tx:
        await tx.execute("update tenants_tenant set accent = '#2f6b4f', languages = '{es,en}'")
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        (mine,) = await memberships.own(tx)
    assert (mine.accent, mine.logo_url, mine.languages, mine.systems) == ("#2f6b4f", None, ["es", "en"], ["loyalty"])
    assert (mine.country, mine.currency, mine.timezone) == ("PE", "PEN", "America/Lima")


@pytest.mark.meets("L27")
async def test_a_logo_over_http(
    client: httpx2.AsyncClient, database: Database, settings: Settings, tenant: UUID, other_tenant: UUID
) -> None:
    path = f"/api/tenants/{tenant}/logo"
    answer = await client.put(path, content=picture(size=(800, 800)), headers={"Content-Type": "image/png"})
    assert answer.status_code == 200, answer.text
    address = answer.json()["logo_url"]
    assert address.startswith(f"/api/brands/{tenant}/")
    async with web.visitor(database, settings) as anybody:
        shown = await anybody.get(address)
        assert shown.status_code == 200
        assert shown.headers["content-type"] == "image/webp"
        assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert opened(shown.content).size == (512, 512)
        same = await anybody.get(address, headers={"If-None-Match": shown.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        name = address.rpartition("/")[2]
        for lost in (
            f"/api/brands/{other_tenant}/{name}",
            f"/api/brands/{tenant}/{name.removesuffix('.webp')}",
            f"/api/brands/{tenant}/{'0' * 32}.webp",
            f"/api/brands/{tenant}/..%2f..%2fetc",
        ):
            missing = await anybody.get(lost)
            assert missing.status_code == 404, lost
            assert missing.headers["cache-control"] == "no-store"
    gone = await client.delete(path)
    assert (gone.status_code, gone.json()["logo_url"]) == (200, None)
    assert (await client.get(address)).status_code == 404


async def test_a_brand_is_public(
    client: httpx2.AsyncClient, database: Database, settings: Settings, tenant: UUID
) -> None:
    changed = await client.patch(f"/api/tenants/{tenant}", json={"accent": "#B4532A"})
    assert changed.json()["accent"] == "#b4532a"
    async with web.visitor(database, settings) as anybody:
        brand = (await anybody.get(f"/api/brands/t-{tenant}")).json()
        assert brand == {
            "tenant_id": str(tenant),
            "slug": f"t-{tenant}",
            "name": "Café Aurora",
            "logo_url": None,
            "accent": "#b4532a",
            "languages": ["en"],
            "country": "PE",
            "currency": "PEN",
            "timezone": "America/Lima",
        }
        nothing = await anybody.get("/api/brands/nobody-at-all")
        assert nothing.status_code == 404
        assert nothing.headers["content-type"] == "application/problem+json"
    mine = (await client.get("/api/tenants")).json()
    assert mine[0]["accent"] == "#b4532a"
    assert (await client.get("/api/auth/me")).json()["businesses"] == mine


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (_SVG, "image/png", 422, "tenants.brands.not-a-picture"),
        (_SVG, "image/svg+xml", 415, "tenants.brands.unknown-kind"),
        (b"{}", "application/json", 415, "tenants.brands.unknown-kind"),
        (bytes(1_000_001), "image/png", 413, "problems.too-large"),
        (picture(mode="1", size=(6000, 6000)), "image/png", 422, "tenants.brands.too-many-pixels"),
    ],
)
async def test_a_bad_logo_is_answered_with_a_sentence(
    client: httpx2.AsyncClient, tenant: UUID, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = await client.put(f"/api/tenants/{tenant}/logo", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["title"].endswith(".")
    assert (await client.get(f"/api/tenants/{tenant}")).json()["logo_url"] is None


async def test_only_who_manages_the_business_shows_a_logo(database: Database, tenant: UUID) -> None:
    image = await brands.drawn(picture(), "image/png")
    manager, _ = await accounts.member(database, tenant, "manager")
    for actor in (manager, NOBODY):
        async with transaction(database, tenant, actor) as tx:
            with pytest.raises(Problem):
                await brands.put_logo(tx, image)
    assert await logos(database, tenant) == set()

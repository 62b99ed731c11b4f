"""Brands: how customers see a business: its name, its colour and its logo, on pages that need no sign-in.

A logo is never shown as it came. It is decoded, turned upright, made small and drawn anew, so that nothing of the
upload but its picture reaches a customer: no hidden data, no second meaning of the same bytes. What is stored has the
digest of its bytes for an address, which therefore may be kept for ever by whoever fetched it.

The logo that counts is kept, and the one before it, which pages that were opened a moment ago still show. Older ones
are forgotten, and so are both when the business takes its logo away or shows one from elsewhere.
"""

import asyncio
import hashlib
import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from holdfast.kernel.problems import NotFound, Problem, TooLarge, Unavailable
from holdfast.kernel.tx import Tx
from holdfast.shared.tenants import tenants

MOST_BYTES = 1_000_000
"""Of an upload."""
MOST_PIXELS = 16_777_216
"""Of an upload: 4,096 by 4,096, which is 64 MiB once it is decoded."""
SIDE = 512
"""The longer side of a logo as it is shown, at most."""
_MOST_WAITING = 16
_LOSSLESS_BYTES = 100_000
"""Up to which a logo is stored without loss: flat colours and letters are; a photograph is not."""

# The decoder reads an image's size first, and refuses by these before it reserves any memory for the pixels. Between
# once and twice the number it would only warn.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """What anybody may know of a business, for pages that customers see."""

    tenant_id: UUID
    slug: str
    name: str
    logo_url: str | None
    accent: str | None
    """``#rrggbb``; pages derive readable shades from it."""
    languages: list[str]
    country: str
    currency: str
    timezone: str


class NotAPicture(Problem):
    """This is not a picture that can be read; save the logo as PNG, JPEG or WebP and try again."""

    status = 422


class TooManyPixels(Problem):
    """This picture has more pixels than a logo needs; make it smaller and try again."""

    status = 422


class UnknownKind(Problem):
    """A logo is sent as image/png, image/jpeg or image/webp."""

    status = 415


class Busy(Unavailable):
    """Too many logos are being drawn at the moment; try again in a few seconds."""


async def tenant_of(tx: Tx, slug: str) -> UUID:
    """The id of the business of that slug. Needs no grant, and proves nothing.

    Raises:
        NotFound: there is none.
    """
    found = await tx.find(UUID, "select tenants_of_slug($1)", slug)
    if found is None:
        raise NotFound("There is no business of this name.")
    return found


async def brand(tx: Tx) -> Brand:
    """The brand of the business that the transaction is bound to. Public.

    Raises:
        NotFound: it is bound to none.
    """
    return await tx.one(
        Brand,
        "select id as tenant_id, slug, name, logo_url, accent, languages, country, currency, timezone "
        "from tenants_tenant where id = kernel_tenant()",
    )


async def logo(tx: Tx, name: str) -> bytes:
    """A logo of the business that the transaction is bound to, by the last part of its address. Public.

    Raises:
        NotFound: it has none of that name, or no longer.
    """
    digest = name.removesuffix(".webp")
    found = None
    if digest != name:
        found = await tx.find(bytes, "select image from tenants_logo where digest = $1", digest)
    if found is None:
        raise NotFound("There is no such logo.")
    return found


async def put_logo(tx: Tx, image: bytes) -> tenants.Tenant:
    """Show a logo, as ``drawn`` made it, from now on. The same logo again changes nothing. Meets L27."""
    tx.must("tenants.manage")
    tenant = await tx.get(tenants.Tenant, tx.tenant, lock=True)
    digest = hashlib.sha256(image).hexdigest()[:32]
    address = f"/api/brands/{tenant.id}/{digest}.webp"
    if tenant.logo_url == address:
        return tenant
    before = (tenant.logo_url or "").rpartition("/")[2].removesuffix(".webp")
    await tx.execute("delete from tenants_logo where digest <> all ($1)", [digest, before])
    await tx.execute("insert into tenants_logo (digest, image) values ($1, $2) on conflict do nothing", digest, image)
    return await tenants.store(tx, tenant, {"logo_url": address})


async def drawn(upload: bytes, kind: str) -> bytes:
    """A logo made of what was uploaded: WebP, at most 512 by 512, of the picture alone. Opens no transaction.

    Which of the three kinds it is, is seen from the bytes; that the upload is called another of the three does not
    matter, since nothing but the picture is kept.

    Args:
        upload: the bytes as they came.
        kind: their media type, as the client says.

    Raises:
        UnknownKind: it is said to be something else than a PNG, JPEG or WebP image.
        TooLarge, TooManyPixels: it is larger than a logo needs to be.
        NotAPicture: it is not what it is said to be, or incomplete.
        Busy: too many wait to be drawn.
    """
    global _waiting
    if kind.partition(";")[0].strip().lower() not in ("image/png", "image/jpeg", "image/webp"):
        raise UnknownKind
    if len(upload) > MOST_BYTES:
        raise TooLarge(f"At most {MOST_BYTES} bytes.")
    if _waiting >= _MOST_WAITING:
        raise Busy(headers={"Retry-After": "5"})
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_thread, _draw, upload)
    finally:
        _waiting -= 1


# Decoding takes up to a second of a processor and a hundred megabytes. One thread of its own keeps the event loop free
# and the memory bounded, however many upload at once.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="logos")
_waiting = 0


def _draw(upload: bytes) -> bytes:
    try:
        picture = _decoded(upload)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels(f"At most {MOST_PIXELS:,} pixels.") from None
    except UnidentifiedImageError:
        raise NotAPicture from None
    except Exception as error:
        # A decoder raises whatever a malformed file makes it stumble over.
        raise NotAPicture("It is incomplete or damaged.") from error
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    # A fresh picture has nothing of what came beside the pixels: place, camera, colour profile, comments.
    fresh = Image.new(picture.mode, picture.size)
    fresh.paste(picture)
    lossless = _encoded(fresh, lossless=True)
    return lossless if len(lossless) <= _LOSSLESS_BYTES else _encoded(fresh, lossless=False)


def _decoded(upload: bytes) -> Image.Image:
    """The picture, upright, in RGB or RGBA; of an animated one its first frame."""
    with Image.open(io.BytesIO(upload), formats=("PNG", "JPEG", "WEBP")) as image:
        # A JPEG can be decoded at a half, a quarter or an eighth of its size, which costs as much less.
        image.draft(None, (2 * SIDE, 2 * SIDE))
        image.load()
        clear = "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La")
        picture: Image.Image = ImageOps.exif_transpose(image)
        if picture.mode.startswith("I"):
            # 16 bits of grey, of which a plain conversion would cut off all but the darkest.
            picture = picture.convert("I").point(lambda level: level * (1 / 256)).convert("L")
        return picture.convert("RGBA" if clear else "RGB")


def _encoded(picture: Image.Image, *, lossless: bool) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", lossless=lossless, quality=75 if lossless else 88, method=4)
    return out.getvalue()

"""Passwords: which are good enough, how they are stored, and how checking one tells nothing to a stranger."""

import asyncio
import os
import time
import unicodedata
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from enum import Enum
from functools import partial
from typing import ParamSpec, TypeVar

import argon2
import bcrypt

from holdfast.kernel.problems import Invalid, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

SHORTEST = 10
MOST_BYTES = 1000
EVEN_SECONDS = 0.4
"""How long an answer takes at least that must not tell whether an account exists."""
MOST_WAITING = 64
"""Checks that may wait for a processor; whoever comes after is told to come again."""

# Argon2id as OWASP recommends it: 19 MiB, two passes, one lane.
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)
# What is checked for an account that does not exist: the same work as for one that does.
# The hash of random bytes that nobody kept.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$8Z4QRZFWjiltYVtXr7Phyg$m01hUYn/QaD2pivLwNrC3c0+ERROMYeCtPpxOc3rICc"
_BCRYPT_BYTES = 72

# Passwords of ten characters and more that head the lists of leaked ones; shorter ones are refused anyway.
_COMMON_WORDS = """
1234567890 0123456789 9876543210 0987654321 12345678910 123456789a 123456789q a123456789 q123456789 1q2w3e4r5t
1q2w3e4r5t6y 1qaz2wsx3edc qwertyuiop qwerty1234 qwerty12345 qwerty123456 1234qwerty 12345qwert 123456qwerty
qwer1234qwer qazwsxedcrfv asdfghjkl1 asdfghjkl; zxcvbnm123 zaq12wsxcde 1qazxsw23edc password12 password123
password1234 password12345 passw0rd123 passw0rd1234 p@ssw0rd123 p@ssword123 p@ssw0rd1234 mypassword mypassword1
password11 password01 password10 password99 passwordpassword password!! password123! password1! changeme123
changeme1234 letmein123 letmein1234 welcome123 welcome1234 welcome2024 welcome2025 welcome2026 administrator
administrator1 admin12345 admin123456 admin1234567 adminadmin rootroot12 toor123456 iloveyou12 iloveyou123
iloveyou1234 iloveyou!! ilovegod12 sunshine12 sunshine123 princess12 princess123 football12 football123
baseball12 baseball123 basketball superman12 superman123 spiderman1 spiderman123 batman12345 pokemon123
pokemon1234 minecraft1 minecraft123 starwars12 starwars123 trustno1234 dragon12345 monkey12345 shadow12345
master12345 michael123 jennifer12 jessica123 charlie123 computer12 computer123 internet12 internet123
qwertyqwerty asdfasdfasdf abcdefghij abcdefghijk abcd123456 abc1234567 abcd12345678 abc123abc123 a1b2c3d4e5
a1b2c3d4e5f6 aa12345678 aa123456789 1111111111 0000000000 1212121212 1122334455 11223344556677 1231231231
123123123123 123321123321 147258369 1472583690 1357924680 2468013579 5555555555 6666666666 7777777777 8888888888
9999999999 contrasena contrasena1 contrasena123 contraseña contraseña1 contraseña123 contrasenia clave12345
clave123456 micontrasena tequieromucho teamomucho teamo12345 holamundo1 holahola12 america123 alianzalima
universitario barcelona1 barcelona123 realmadrid1 realmadrid123 liverpool1 liverpool123 manchester chelsea123
arsenal1234 juventus12 wachtwoord wachtwoord1 wachtwoord123 welkom12345 welkom123456 geheim12345 hallohallo
amsterdam1 amsterdam123 feyenoord1 india12345 india123456 krishna123 jaishreeram bharat1234 mumbai12345
mumbaiindians sachin12345 pasuwaado1 sakura1234 doraemon123 nihon12345 samsung123 samsung1234 google1234
facebook123 instagram1 instagram123 whatsapp123 linkedin123 correcthorsebatterystaple
"""
_COMMON = frozenset(_COMMON_WORDS.split())


class Weak(Invalid):
    """This password is too easy to guess; take a longer or less common one."""


class Busy(Unavailable):
    """Many people are signing in right now; try again in a moment."""

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "2"})


class Verdict(Enum):
    """What checking a password found."""

    wrong = "wrong"
    right = "right"
    right_but_old = "right_but_old"
    """Right, and stored in a way that should be replaced: bcrypt, or weaker parameters than today's."""

    @property
    def ok(self) -> bool:
        """Whether the password was right."""
        return self is not Verdict.wrong


def checked(password: str, *, email: str) -> None:
    """Stop for a password that is not good enough for a new account or a change.

    Raises:
        Weak: shorter than ten characters, longer than 1,000 bytes, common, repetitive, or the person's own address.
    """
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) < SHORTEST:
        raise Weak(f"Take at least {SHORTEST} characters.", field="password")
    if len(_bytes(plain)) > MOST_BYTES:
        raise Weak(f"Take at most {MOST_BYTES} bytes.", field="password")
    folded = plain.casefold().strip()
    address = email.casefold()
    repeated = any(folded == (folded[:length] * len(folded))[: len(folded)] for length in range(1, 5))
    if folded in _COMMON or repeated or len(set(folded)) < 4:
        raise Weak("Everybody guesses this one first.", field="password")
    if folded == address or folded in address or folded.strip("0123456789!.") == address.partition("@")[0]:
        raise Weak("It must not be your own address.", field="password")


async def hash(password: str) -> str:  # noqa: A001 - passwords.hash says what it is
    """A password as it is stored (argon2id).

    Raises:
        Busy: too many are being checked already.
    """
    return await _in_thread(_hash, password)


async def verify(stored: str | None, password: str) -> Verdict:
    """Check a password against what is stored; against nobody's, with the same work, when nothing is.

    Raises:
        Busy: too many are being checked already.
    """
    return await _in_thread(_verify, stored, password)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _hash(password: str) -> str:
    return _HASHER.hash(_bytes(unicodedata.normalize("NFKC", password)))


def _verify(stored: str | None, password: str) -> Verdict:
    raw = _bytes(unicodedata.normalize("NFKC", password[: MOST_BYTES + 1]))
    if stored is None or len(raw) > MOST_BYTES:
        # No password is that long, so there is nothing to be right about; the work is done all the same.
        _matches(_NOBODY, raw[:MOST_BYTES])
        return Verdict.wrong
    if stored.startswith(("$2a$", "$2b$", "$2y$")):
        # An import brought this one. bcrypt never saw more than 72 bytes, so neither does the comparison.
        return Verdict.right_but_old if _matches_bcrypt(stored, password) else Verdict.wrong
    if not _matches(stored, raw):
        return Verdict.wrong
    return Verdict.right_but_old if _HASHER.check_needs_rehash(stored) else Verdict.right


def _matches(stored: str, raw: bytes) -> bool:
    try:
        return _HASHER.verify(stored, raw)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def _matches_bcrypt(stored: str, password: str) -> bool:
    try:
        return bcrypt.checkpw(_bytes(password)[:_BCRYPT_BYTES], stored.encode())
    except ValueError:
        return False


# Checking a password takes tens of milliseconds of a processor and 19 MiB. Threads of its own, as many as there are
# processors, keep the event loop free; a bound on those who wait keeps a flood of sign-ins from filling the memory.
_threads = ThreadPoolExecutor(max_workers=max(1, os.cpu_count() or 1), thread_name_prefix="passwords")
_waiting = 0


async def _in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    global _waiting
    if _waiting >= MOST_WAITING:
        raise Busy
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, partial(function, *args, **kwargs))
    finally:
        _waiting -= 1


@asynccontextmanager
async def even_time(*, only_failures: bool = False) -> AsyncIterator[None]:
    """Make a block take a fixed time, however it ends, so that its length does not tell which way it went.

    With ``only_failures`` a block that ends well ends at once: whoever got in knows that the account exists.
    """
    started = time.monotonic()
    try:
        yield
    except BaseException:
        await _until(started + EVEN_SECONDS)
        raise
    if not only_failures:
        await _until(started + EVEN_SECONDS)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))

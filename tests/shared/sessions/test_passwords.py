"""Passwords: how they are stored, which are refused, and that a stranger learns nothing from the time."""

import asyncio
import time
from contextlib import suppress
from typing import Any

import argon2
import pytest

from holdfast.shared.sessions import passwords
from holdfast.shared.sessions.passwords import Verdict
from tests import accounts


@pytest.mark.meets("W48", "I133", "L94")
async def test_a_password_is_stored_as_argon2id() -> None:
    stored = await passwords.hash("correct horse 42")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(stored, "correct horse 42") is Verdict.right
    assert await passwords.verify(stored, "correct horse 43") is Verdict.wrong
    assert await passwords.verify(stored, "") is Verdict.wrong
    assert stored != await passwords.hash("correct horse 42")


async def test_letters_that_look_alike_are_alike() -> None:
    """An accent is one character on one keyboard and two on another."""
    stored = await passwords.hash("contrase\u00f1a larga")
    assert await passwords.verify(stored, "contrasen\u0303a larga") is Verdict.right


@pytest.mark.meets("W48", "I133", "L94")
async def test_bcrypt_is_accepted_and_asks_to_be_replaced() -> None:
    assert await passwords.verify(accounts.BCRYPT, accounts.PASSWORD) is Verdict.right_but_old
    assert await passwords.verify(accounts.BCRYPT, "another password") is Verdict.wrong
    assert await passwords.verify("$2b$nonsense", accounts.PASSWORD) is Verdict.wrong


async def test_weaker_argon2_asks_to_be_replaced() -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse 42")
    assert await passwords.verify(weak, "correct horse 42") is Verdict.right_but_old


@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$nonsense"])
async def test_what_is_no_hash_matches_nothing(stored: str) -> None:
    assert await passwords.verify(stored, "plain") is Verdict.wrong


async def test_a_huge_password_is_wrong_and_costs_no_more() -> None:
    assert await passwords.verify(accounts.HASH, "x" * 1_000_000) is Verdict.wrong


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "123456789",
        "1234567890",
        "Password123",
        "PASSWORD1234",
        "qwertyuiop",
        "aaaaaaaaaaaa",
        "abababababab",
        "abcabcabcabc",
        "abcdabcdabcd",
        "ana.torres@example.com",
        "Ana.Torres",
        "ana.torres2026!",
        "x" * 1001,
        "é" * 501,
    ],
)
def test_a_password_that_is_refused(password: str) -> None:
    with pytest.raises(passwords.Weak) as raised:
        passwords.checked(password, email="ana.torres@example.com")
    assert raised.value.extra["errors"][0].field == "password"


@pytest.mark.parametrize(
    "password", ["a fine long password", "tr0ub4dor&3x", "コーヒーがとても好きです", "x7" * 3 + "yz93"]
)
def test_a_password_that_is_good_enough(password: str) -> None:
    passwords.checked(password, email="ana.torres@example.com")


def test_the_hash_of_nobody_costs_what_any_other_costs() -> None:
    assert not passwords._HASHER.check_needs_rehash(passwords._NOBODY)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What argon2 was asked to check, in order."""
    checked: list[str] = []
    real = passwords._HASHER

    class Watched:
        def verify(self, stored: str, raw: bytes) -> bool:
            checked.append(stored)
            return real.verify(stored, raw)

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    monkeypatch.setattr(passwords, "_HASHER", Watched())
    return checked


async def test_the_same_work_is_done_for_an_account_that_does_not_exist(work: list[str]) -> None:
    assert await passwords.verify(None, "correct horse 42") is Verdict.wrong
    assert await passwords.verify(accounts.HASH, "correct horse 42") is Verdict.wrong
    assert await passwords.verify(accounts.HASH, "x" * 5000) is Verdict.wrong
    assert work == [passwords._NOBODY, accounts.HASH, passwords._NOBODY]


async def test_checking_leaves_the_loop_free() -> None:
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.monotonic()
            await asyncio.sleep(0)
            longest = max(longest, time.monotonic() - before)
            await asyncio.sleep(0.001)

    watcher = asyncio.create_task(watch())
    started = time.monotonic()
    await asyncio.gather(*(passwords.verify(accounts.HASH, "wrong password") for _ in range(8)))
    took = time.monotonic() - started
    watcher.cancel()
    # Eight checks one after the other in the loop would block it for all of that time.
    assert longest < max(took / 2, 0.05)


async def test_a_flood_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MOST_WAITING", 2)
    outcomes = await asyncio.gather(
        *(passwords.verify(accounts.HASH, "wrong password") for _ in range(5)), return_exceptions=True
    )
    busy = [outcome for outcome in outcomes if isinstance(outcome, passwords.Busy)]
    assert len(busy) == 3
    assert busy[0].headers["Retry-After"]
    assert await passwords.verify(accounts.HASH, accounts.PASSWORD) is Verdict.right


async def test_answers_that_must_not_tell_take_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "EVEN_SECONDS", 0.2)

    async def timed(*, fail: bool, only_failures: bool) -> float:
        started = time.monotonic()
        with suppress(ZeroDivisionError):
            async with passwords.even_time(only_failures=only_failures):
                assert 1 // (not fail)
        return time.monotonic() - started

    assert await timed(fail=True, only_failures=False) >= 0.19
    assert await timed(fail=False, only_failures=False) >= 0.19
    assert await timed(fail=True, only_failures=True) >= 0.19
    assert await timed(fail=False, only_failures=True) < 0.19

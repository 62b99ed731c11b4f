"""Topics: what a selector matches, by the URI templates of RFC 6570."""

import time
from uuid import UUID

import pytest

from holdfast.kernel import ids, topics
from holdfast.kernel.topics import Selector

TENANT = UUID("0190a1b2-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("selector", "topic"),
    [
        ("*", "anything at all"),
        ("/loyalty/stamps", "/loyalty/stamps"),
        ("/loyalty/stamps/{id}", "/loyalty/stamps/7"),
        ("/loyalty/stamps/{id}", "/loyalty/stamps/"),
        ("/loyalty/{noun}/{id}", "/loyalty/cards/7"),
        ("/loyalty/stamps{/id}", "/loyalty/stamps"),
        ("/loyalty/stamps{/id}", "/loyalty/stamps/7"),
        ("/loyalty{/path*}", "/loyalty/stamps/7"),
        ("/{+path}", "/loyalty/stamps/7"),
        ("/a{?x,y}", "/a?x=1&y=2"),
        ("/a{?x,y}", "/a?y=2"),
        ("/a{?x}", "/a?x="),
        ("/a{&x}", "/a&x=1"),
        ("/a{;x}", "/a;x"),
        ("/a{;x}", "/a;x=1"),
        ("/a{.x,y}", "/a.b.c"),
        ("/a{#x}", "/a#b/c"),
        ("{a,b}", "1,2"),
        ("/{name}", "/caf%C3%A9"),
        ("/{name:3}", "/abc"),
        ("https://example.com/books/{id}", "https://example.com/books/1"),
        ("/broken{", "/broken{"),
        ("/a}", "/a}"),
        ("/{id}", "/{id}"),
    ],
)
def test_a_selector_matches_every_possible_expansion(selector: str, topic: str) -> None:
    assert Selector(selector).matches(topic)


@pytest.mark.parametrize(
    ("selector", "topic"),
    [
        ("/loyalty/stamps", "/loyalty/stamps/7"),
        ("/loyalty/stamps", "/loyalty/stamp"),
        ("/loyalty/stamps/{id}", "/loyalty/stamps/7/8"),
        ("/loyalty/stamps/{id}", "/loyalty/stamps"),
        ("/loyalty/stamps/{id}", "/loyalty/cards/7"),
        ("/{id}", "/a/b"),
        ("/a{/x,y}", "/a/1/2/3"),
        ("/a{?x}", "/a?y=1"),
        ("/a{?x,y}", "/a?y=2&x=1"),
        ("/{name}", "/a b"),
        ("/{name}", "/%zz"),
        ("/{name:3}", "/abcd"),
        ("/broken{", "/broken"),
        ("/{+path}/end", "/a/b"),
    ],
)
def test_a_selector_matches_nothing_else(selector: str, topic: str) -> None:
    assert not Selector(selector).matches(topic)


@pytest.mark.parametrize("text", ["", "x" * 513, "/a\nb", "/a\x7f", "".join(f"/{{v{n}}}" for n in range(17))])
def test_what_can_be_no_selector(text: str) -> None:
    with pytest.raises(topics.Malformed):
        Selector(text)


def test_a_hostile_template_is_matched_quickly() -> None:
    selector = Selector("{a}{b}{c}{d}{e}{f}{g}{h}{i}{j}{k}{l}{m}{n}{o}!")
    started = time.perf_counter()
    assert not selector.matches("a" * 500)
    assert time.perf_counter() - started < 1


def test_where_a_selector_points() -> None:
    subject = ids.new()
    room = Selector(f"/tenants/{TENANT}/loyalty/stamps")
    assert (room.exact, room.tenant, room.room, room.subject) == (True, TENANT, "loyalty/stamps", None)
    one = Selector(f"/tenants/{TENANT}/loyalty/stamps/{subject}")
    assert (one.tenant, one.room, one.subject) == (TENANT, "loyalty/stamps", subject)
    template = Selector(f"/tenants/{TENANT}/loyalty/stamps/{{id}}")
    assert (template.exact, template.tenant, template.room, template.subject) == (False, TENANT, "loyalty/stamps", None)
    # The room goes on in the expression: it may be "stamps" or "stampsheets".
    assert Selector(f"/tenants/{TENANT}/loyalty/stamp{{+rest}}").room is None
    assert Selector(f"/tenants/{TENANT}{{/path*}}").tenant is None
    assert Selector(f"/tenants/{str(TENANT).upper()}/loyalty/stamps").tenant is None
    assert Selector("*").tenant is None
    assert topics.of_tenant(TENANT, "/loyalty/stamps") == room.text

"""A newcomer runs the demo, looks around with the command line, breaks things, and loses nothing.

Everything runs in processes of its own, with a PostgreSQL of its own, as it would on the newcomer's machine.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.demo.cafes import AURORA, GUEST, HISTORY, PASSWORD, PUKA
from holdfast.kernel import embedded
from tests.conftest import SERVER

pytestmark = pytest.mark.timeout(300)


class Machine:
    """A newcomer's machine: a folder, and the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "DATABASE_"))}
        self.environment = {**clean, "HOLDFAST_DATA_DIR": str(folder), "COLUMNS": "200", "NO_COLOR": "1"}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start ``holdfast`` with these arguments."""
        return subprocess.Popen(
            [sys.executable, "-m", "holdfast.cli", *arguments],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run ``holdfast`` to its end and give what it printed."""
        process = self.start(*arguments)
        printed, _ = process.communicate(timeout=120)
        assert process.returncode == code, printed
        return printed

    def get(self, path: str) -> Any:
        """Ask the api."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return json.loads(answer.read())


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A machine on which the demo has run once."""
    # Short, because a socket's path may not be long.
    folder = SERVER.parent / f"d{os.getpid()}"
    folder.mkdir(parents=True)
    machine = Machine(folder)
    machine.first = machine.run("demo", "--port", str(machine.port), "--seconds", "6")  # type: ignore[attr-defined]
    yield machine
    embedded.stop(folder / "postgres", mode="immediate")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.meets("W98")
def test_the_demo_says_where_everything_is(machine: Machine) -> None:
    printed: str = machine.first  # type: ignore[attr-defined]
    for person in (*AURORA.people, *PUKA.people):
        assert person.email in printed
    assert GUEST.email in printed
    assert PASSWORD in printed
    for path in ("/", f"/join/{AURORA.slug}", "/stamper"):
        assert f"http://127.0.0.1:{machine.port}{path}\n" in printed
    assert f"http://127.0.0.1:{machine.port}/api/docs" in printed
    # The 2,357 customers and 6,919 visits of the real history, and those who are invented.
    found = re.search(r"opened, with ([0-9,]+) customers and ([0-9,]+) visits", printed)
    assert found is not None, printed
    customers, visits = (int(number.replace(",", "")) for number in found.groups())
    assert customers > 2_357
    assert visits > 6_919
    # What the processes log has a file of its own, and does not tear the display apart.
    assert '"level"' not in printed
    assert str(machine.folder / "demo.log") in printed
    assert (machine.folder / "demo.log").exists()


def test_the_demo_keeps_away_from_a_database_that_is_no_demos(machine: Machine) -> None:
    nowhere = "postgresql://holdfast_app@127.0.0.1:1/holdfast"
    machine.environment |= {"DATABASE_URL": nowhere, "DATABASE_RELAY_URL": nowhere}
    try:
        assert "HOLDFAST_ENVIRONMENT=demo" in machine.run("demo", "--seconds", "1", code=1)
        machine.environment["HOLDFAST_ENVIRONMENT"] = "demo"
        assert "HOLDFAST_ENVIRONMENT" not in machine.run("demo", "--seconds", "1", code=1)
    finally:
        for name in ("DATABASE_URL", "DATABASE_RELAY_URL", "HOLDFAST_ENVIRONMENT"):
            machine.environment.pop(name, None)


def test_its_books_are_proven(machine: Machine) -> None:
    printed = machine.run("verify")
    assert printed.count("proven") == 3
    assert "BROKEN" not in printed


def test_importing_again_adds_nothing(machine: Machine, tmp_path: Path) -> None:
    program = json.loads(_events(machine, "loyalty.programs.opened")[0]["body"])["program_id"]
    place = ("loyalty", "import", "--tenant", AURORA.slug, "--program", program)
    foreseen = machine.run(*place, str(HISTORY), "--dry-run")
    assert "6,919 lines, 0 rejected; would add 6,919 visits (0 were known)" in foreseen
    assert "; added 6,919 visits (0 were known), 0 members" in machine.run(*place, str(HISTORY))
    assert "; added 0 visits (6,919 were known), 0 members, 0 rewards" in machine.run(*place, str(HISTORY))
    assert machine.run("verify").count("proven") == 3
    broken = tmp_path / "broken.csv"
    broken.write_text("customer_id,date,items,amount_usd\n0001,2026-13-45,1,9.50\n0001,2026-01-02,1,nine\n")
    printed = machine.run(*place, str(broken), "--yes")
    assert "2 lines, 2 rejected" in printed
    assert "line 2" in printed
    assert "line 3" in printed
    assert "No business" in machine.run(
        "loyalty", "import", str(broken), "--tenant", "nobody", "--program", program, code=1
    )


def _events(machine: Machine, prefix: str) -> list[dict[str, Any]]:
    printed = machine.run("events", "--after", "0-0", "--prefix", prefix)
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def _settled(machine: Machine, prefix: str) -> int:
    """How many events there are, once none is held back: the newest wait for a transaction that is still open anywhere
    in the server, and the server's own housekeeping is one."""
    counts = [-1]
    for _ in range(30):
        counts.append(len(_events(machine, prefix)))
        if counts[-1] == counts[-2]:
            return counts[-1]
        time.sleep(1)
    raise AssertionError(f"New events kept coming: {counts}")


@pytest.mark.meets("P73", "I141")
def test_events_tell_what_happened_by_whom_where_and_when(machine: Machine) -> None:
    stamped = _events(machine, "loyalty.stamps.stamped")
    assert len(stamped) >= 6_919
    by_hand = [event for event in stamped if event["actor_kind"] == "person"]
    assert by_hand, "The trickle stamped nothing."
    for event in by_hand:
        assert event["actor_id"]
        assert event["tenant"]
        assert event["at"]
        assert json.loads(event["body"])["amount"]["currency"] == "PEN"


def test_the_doctor_finds_nothing_and_says_what_is_wrong_when_something_is(machine: Machine) -> None:
    # What an import told while nothing else ran waits for a worker, and after a while the doctor rightly says so.
    machine.run("demo", "--port", str(machine.port), "--quiet", "--seconds", "4")
    assert "✗" not in machine.run("doctor")
    assert "No dead letters" in machine.run("jobs")
    machine.environment["HOLDFAST_VAULT_KEYS"] = "k1:notbase64"
    try:
        assert "holdfast keys new" in machine.run("doctor", code=1)
    finally:
        del machine.environment["HOLDFAST_VAULT_KEYS"]
    key = machine.run("keys", "new").strip()
    assert re.fullmatch(r"\w+:[A-Za-z0-9+/]{43}=", key)
    assert "pool_size" in machine.run("settings")
    assert machine.run("--version").startswith("holdfast 0.")


@pytest.mark.meets("I140")
def test_a_backup_brings_everything_back_and_life_goes_on(machine: Machine) -> None:
    file = machine.folder / "café.backup"
    machine.run("backup", str(file))
    before = _settled(machine, "loyalty")
    assert "is now called holdfast_before_" in machine.run("restore", str(file))
    assert len(_events(machine, "loyalty")) == before
    machine.run("demo", "--port", str(machine.port), "--seconds", "6")
    assert len(_events(machine, "loyalty")) > before
    assert "✗" not in machine.run("doctor")
    assert machine.run("verify").count("proven") == 3
    junk = machine.folder / "junk.backup"
    junk.write_text("not a backup")
    machine.run("restore", str(junk), code=1)
    assert len(_events(machine, "loyalty")) > before


@pytest.mark.meets("P49", "T81", "T82", "L9")
def test_two_api_processes_share_a_port_and_ctrl_c_stops_everything(machine: Machine) -> None:
    machine.environment["HOLDFAST_PORT"] = str(machine.port)
    process = machine.start("up", "--workers", "2")
    try:
        _wait_until_ready(machine)
        served = {machine.get("/health/live").get("pid", n) for n in range(3)}
        assert served
        children = subprocess.run(["pgrep", "-f", "holdfast.cli api --descriptor"], capture_output=True, check=False)
        assert len(children.stdout.split()) >= 2
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        del machine.environment["HOLDFAST_PORT"]
    assert process.returncode == 0
    with pytest.raises(OSError, match="refused"):
        machine.get("/health/live")


def _wait_until_ready(machine: Machine) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            machine.get("/health/ready")
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        else:
            return


def test_a_killed_parent_takes_its_children_with_it(machine: Machine) -> None:
    machine.environment["HOLDFAST_PORT"] = str(machine.port)
    process = machine.start("up")
    try:
        _wait_until_ready(machine)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        del machine.environment["HOLDFAST_PORT"]
    deadline = time.monotonic() + 30
    while True:
        try:
            machine.get("/health/live")
        except OSError:
            return
        assert time.monotonic() < deadline, "The api outlived its parent."
        time.sleep(0.2)


def test_nonsense_is_answered_with_a_sentence(machine: Machine) -> None:
    for arguments in (
        ("verify", "--tenant", "nobody"),
        ("events", "--after", "yesterday"),
        ("restore", "/nowhere"),
        ("verify", "--file", "/nowhere"),
    ):
        printed = machine.run(*arguments, code=1)
        assert "Traceback" not in printed
        assert len(printed.strip().splitlines()) <= 2

"""Devices, and what a stamp from one remembers."""

from holdfast.kernel.migrations import run_file

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

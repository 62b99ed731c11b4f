"""Counts of months and of those who stamp."""

from holdfast.kernel.migrations import run_file

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

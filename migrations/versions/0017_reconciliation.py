"""Reconciliation."""

from holdfast.kernel.migrations import run_file

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

"""Sandbox payments."""

from holdfast.kernel.migrations import run_file

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

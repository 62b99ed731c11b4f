"""The kernel's tables."""

from holdfast.kernel.migrations import run_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

"""The queue's tables."""

from holdfast.kernel.migrations import run_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

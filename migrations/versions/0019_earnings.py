"""What an earning is for."""

from holdfast.kernel.migrations import run_file

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

"""How a payout was sent."""

from holdfast.kernel.migrations import run_file

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

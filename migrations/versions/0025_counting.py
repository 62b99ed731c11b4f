"""Count as lost in a month only what had been there when it began."""

from holdfast.kernel.migrations import run_file

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

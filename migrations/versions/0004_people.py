"""People and their sessions."""

from holdfast.kernel.migrations import run_file

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

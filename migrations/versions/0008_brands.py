"""What a business looks like: its accent and its logo."""

from holdfast.kernel.migrations import run_file

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

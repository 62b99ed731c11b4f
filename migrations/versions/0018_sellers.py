"""What stands of a business on its invoices."""

from holdfast.kernel.migrations import run_file

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

"""A transfer's id is its business's own."""

from holdfast.kernel.migrations import run_file

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

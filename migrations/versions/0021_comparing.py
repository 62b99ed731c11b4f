"""Inquiries beside disputes, customers whom a provider takes for one, and why a record was not compared."""

from holdfast.kernel.migrations import run_file

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

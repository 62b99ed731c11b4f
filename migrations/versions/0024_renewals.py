"""What subscriptions that a provider runs need."""

from holdfast.kernel.migrations import run_file

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

"""What lives of subscriptions need: what was released, ends that wait for a look, and former prices."""

from holdfast.kernel.migrations import run_file

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

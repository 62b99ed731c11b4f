"""${message}."""

from holdfast.kernel.migrations import run_file

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_file(__file__)

"""Alembic's entry: runs the revisions as the owner's role, one transaction each, with lock and statement timeouts."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine


def _run(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True, version_table="kernel_migration")
    with context.begin_transaction():
        context.run_migrations()


async def _online(url: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


if context.is_offline_mode():
    context.configure(url="postgresql+asyncpg://", literal_binds=True, version_table="kernel_migration")
    with context.begin_transaction():
        context.run_migrations()
else:
    asyncio.run(_online(context.config.get_main_option("sqlalchemy.url") or ""))

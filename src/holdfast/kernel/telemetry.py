"""placeholder"""
from prometheus_client import Counter
POOL_EXHAUSTED = Counter("db_pool_exhausted_total", "x", ["pool"])
def query(elapsed: float, sql: str, *, slow_ms: int) -> None: ...

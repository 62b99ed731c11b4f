"""Collects the SQL of the source: every literal handed to a Tx or to a connection, with the struct that it fills."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
TX_METHODS = {"find": 1, "one": 1, "all": 1, "execute": 0}
"""The methods of Tx that take SQL, with the position of it."""
CONNECTION_METHODS = {"fetch", "fetchrow", "fetchval", "execute", "executemany", "cursor", "prepare", "fetchmany"}
BUILDERS = {
    "kernel/tx.py": "from our own table and column names",
    "kernel/rows.py": "from our own table and column names",
    "kernel/embedded.py": "names of roles and databases cannot be parameters",
    "kernel/backups.py": "names of databases cannot be parameters",
    "kernel/lanes.py": "several statements in one round trip take no parameters; what is filled in are ids",
}
"""The files that may put SQL together when they run, with the reason."""


_IS_SQL = re.compile(r"\s*(select|insert|update|delete|merge|with)\b", re.IGNORECASE)


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of SQL where it is used."""

    where: str
    sql: str
    arguments: int | None
    """How many parameters are given; None when the call spreads a sequence."""
    fills: Any
    """The struct or scalar that the rows become; None when there is none, or when it is a type variable."""


class Insert(msgspec.Struct, frozen=True, kw_only=True):
    """One ``tx.insert`` with the fields that it names."""

    where: str
    row: Any
    fields: frozenset[str]
    open: bool
    """Whether more fields come from a mapping."""


class Collected(msgspec.Struct, kw_only=True):
    """All that the source says to the database."""

    statements: list[Statement] = []
    inserts: list[Insert] = []
    unknown: list[str] = []
    """Calls whose SQL, or whose struct, cannot be known before they run."""


class Module:
    """A module of the source: its tree, and its namespace when imported."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.inside = path.relative_to(SOURCE / "holdfast").as_posix()
        self.tree = ast.parse(path.read_text())
        parts = path.relative_to(SOURCE).with_suffix("").parts
        self.namespace = vars(importlib.import_module(".".join(parts).removesuffix(".__init__")))

    def where(self, node: ast.expr) -> str:
        """The place, as people write it."""
        return f"src/holdfast/{self.inside}:{node.lineno}"

    def value(self, node: ast.expr) -> Any:
        """What a name, an attribute or a generic stands for in this module.

        Raises:
            LookupError: it is not a name of the module.
        """
        match node:
            case ast.Name(id=name):
                if name in self.namespace:
                    return self.namespace[name]
                builtins = self.namespace["__builtins__"]
                return (builtins if isinstance(builtins, dict) else vars(builtins))[name]
            case ast.Attribute(value=owner, attr=attribute):
                try:
                    return getattr(self.value(owner), attribute)
                except AttributeError as error:
                    raise LookupError(attribute) from error
            case ast.Subscript(value=generic, slice=parameter):
                return self.value(generic)[self.value(parameter)]
            case ast.Tuple(elts=members):
                return tuple(self.value(member) for member in members)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.value(left) | self.value(right)
            case ast.Constant(value=None):
                return None
        raise LookupError(ast.unparse(node))

    def constants(self) -> Iterator[tuple[str, str]]:
        """The names and texts of the module's constants that are SQL."""
        for statement in self.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    text = self.namespace.get(name)
                    if isinstance(text, str) and _IS_SQL.match(text) and not isinstance(value, ast.Call):
                        yield name, text

    def literals(self, node: ast.expr) -> list[str]:
        """The texts that an expression can be: a literal, a module constant, a sum of such, or one of two.

        Raises:
            LookupError: it is put together when the program runs.
        """
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return [a + b for a in self.literals(left) for b in self.literals(right)]
            case ast.IfExp(body=yes, orelse=no):
                return self.literals(yes) + self.literals(no)
            case ast.Name() | ast.Attribute() if isinstance(text := self.value(node), str):
                return [text]
        raise LookupError(ast.unparse(node))


def modules() -> Iterator[Module]:
    """Every module of the package."""
    for path in sorted((SOURCE / "holdfast").rglob("*.py")):
        yield Module(path)


def _receiver(call: ast.Call) -> str:
    """The last word of what a method is called on: ``tx``, ``connection``."""
    if not isinstance(call.func, ast.Attribute):
        return ""
    owner = call.func.value
    if isinstance(owner, ast.Await):
        owner = owner.value
    return owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""


def _is_tx(word: str) -> bool:
    return word.strip("_") == "tx" or word.endswith("_tx")


def _is_connection(word: str) -> bool:
    return word.strip("_") in {"connection", "guard", "conn", "listener", "owner", "superuser"}


def _choices(module: Module, call: ast.Call, sql: ast.expr) -> list[ast.expr]:
    """What a local name may stand for: everything assigned to it, or looped over, in the function around a call."""
    if not isinstance(sql, ast.Name) or sql.id in module.namespace:
        return [sql]
    found: list[ast.expr] = []
    for function in ast.walk(module.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and call in ast.walk(function):
            for node in ast.walk(function):
                match node:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == sql.id:
                        found.append(value)
                    case ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=values)) if name == sql.id:
                        found += values
    return found or [sql]


def _built(module: Module, call: ast.Call, name: str) -> bool:
    """Whether the function around a call puts the text of that name together."""
    for function in ast.walk(module.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and call in ast.walk(function):
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and any(
                    isinstance(target, ast.Name) and target.id == name for target in node.targets
                ):
                    return any(isinstance(part, ast.JoinedStr | ast.BinOp) for part in ast.walk(node.value))
    return False


def _generic(module: Module, call: ast.Call) -> set[str]:
    """The parameters of the function around a call: names that stand for a type of the caller's choice."""
    names: set[str] = set()
    for function in ast.walk(module.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and call in ast.walk(function):
            names |= {argument.arg for argument in [*function.args.args, *function.args.kwonlyargs]}
    return names


def collect() -> Collected:
    """Every statement and insert of the source."""
    found = Collected()
    for module in modules():
        if module.inside not in BUILDERS:
            for name, text in module.constants():
                where = f"src/holdfast/{module.inside} {name}"
                found.statements.append(Statement(where=where, sql=text, arguments=None, fills=None))
        for call in (node for node in ast.walk(module.tree) if isinstance(node, ast.Call)):
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            receiver = _receiver(call)
            if _is_tx(receiver) and method in TX_METHODS and len(call.args) > TX_METHODS[method]:
                statements, unknown = _statements(module, call, TX_METHODS[method])
            elif _is_connection(receiver) and method in CONNECTION_METHODS and call.args:
                statements, unknown = _statements(module, call, 0, lenient=True)
            elif _is_tx(receiver) and method == "insert" and call.args:
                found.inserts += _insert(module, call)
                continue
            else:
                continue
            found.statements += statements
            found.unknown += unknown
    return found


def _statements(
    module: Module, call: ast.Call, position: int, *, lenient: bool = False
) -> tuple[list[Statement], list[str]]:
    sql = call.args[position]
    given = call.args[position + 1 :]
    many = isinstance(call.func, ast.Attribute) and call.func.attr == "executemany"
    fills: Any = None
    if position == 1:
        target = call.args[0]
        if not (isinstance(target, ast.Name) and target.id in _generic(module, call)):
            try:
                fills = module.value(target)
            except LookupError:
                return [], [f"{module.where(call)} fills {ast.unparse(target)}, which is not a name of the module"]
    try:
        texts = [text for choice in _choices(module, call, sql) for text in module.literals(choice)]
    except LookupError:
        # A connection may be handed a statement that was chosen elsewhere; it is checked as the constant that it is.
        chosen = lenient and isinstance(sql, ast.Name) and not _built(module, call, sql.id)
        if chosen or module.inside in BUILDERS:
            return [], []
        return [], [f"{module.where(call)} runs {ast.unparse(sql)[:60]}"]
    spread = many or any(isinstance(argument, ast.Starred) for argument in given)
    return [
        Statement(where=module.where(call), sql=text, arguments=None if spread else len(given), fills=fills)
        for text in texts
    ], []


def _insert(module: Module, call: ast.Call) -> list[Insert]:
    try:
        row = module.value(call.args[0])
    except LookupError:
        return []
    fields = frozenset(keyword.arg for keyword in call.keywords if keyword.arg is not None)
    spread = any(keyword.arg is None for keyword in call.keywords)
    return [Insert(where=module.where(call), row=row, fields=fields, open=spread)]

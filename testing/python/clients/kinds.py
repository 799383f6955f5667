"""A row of each kind of trouble, as SQL and as the values and texts that must come back."""

import datetime
from decimal import Decimal

COLUMNS = ["number", "big", "real", "amount", "words", "truth", "day", "moment", "list"]

# The names of the columns' types in answers of the API, with precision and scale.
TYPES = [
    ("integer", 10, 0),
    ("bigint", 19, 0),
    ("double", 17, 0),
    ("decimal", 9, 2),
    ("varchar", 2147483647, 0),
    ("boolean", 0, 0),
    ("date", 0, 0),
    ("timestamp", 3, 0),
    ("array", 0, 0),
]

DAY = datetime.date(2024, 10, 5)
OLD_DAY = datetime.date(1969, 12, 31)
MOMENT = datetime.datetime(2024, 10, 5, 2, 3, 4, 567000)
LEAP = datetime.datetime(2024, 2, 29, 0, 0, 0)

ROWS = [
    (1, 9007199254740993, 1.5, Decimal("12345.67"), "plain", True, DAY, MOMENT, [1, 2]),
    (-2, -9007199254740993, 1e20, Decimal("-0.01"), 'a "quote", a comma', False, OLD_DAY, LEAP, []),
    (3, 0, 1e-07, Decimal("0.00"), "two\nlines", True, DAY, MOMENT, [3]),
    (4, 7, -0.25, Decimal("1.50"), "ünï ☃ 日本 '", False, DAY, MOMENT, [4, None]),
    (5, None, None, None, None, None, None, None, None),
    (6, 1, 2.0, Decimal("100.00"), "", True, DAY, MOMENT, [6]),
]

# The same as the texts of `GetQueryResults`.
TEXTS = [
    ["1", "9007199254740993", "1.5", "12345.67", "plain", "true", "2024-10-05", "2024-10-05 02:03:04.567", "[1, 2]"],
    ["-2", "-9007199254740993", "1.0E20", "-0.01", 'a "quote", a comma', "false", "1969-12-31", "2024-02-29 00:00:00.000", "[]"],
    ["3", "0", "1.0E-7", "0.00", "two\nlines", "true", "2024-10-05", "2024-10-05 02:03:04.567", "[3]"],
    ["4", "7", "-0.25", "1.50", "ünï ☃ 日本 '", "false", "2024-10-05", "2024-10-05 02:03:04.567", "[4, null]"],
    ["5", None, None, None, None, None, None, None, None],
    ["6", "1", "2.0", "100.00", "", "true", "2024-10-05", "2024-10-05 02:03:04.567", "[6]"],
]


def literal(value: object) -> str:
    """A value as SQL."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case float():
            return f"DOUBLE '{value!r}'"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime.datetime():
            return f"TIMESTAMP '{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03}'"
        case datetime.date():
            return f"DATE '{value}'"
        case list():
            return f"CAST(ARRAY[{', '.join(map(literal, value))}] AS array(integer))"
    raise TypeError(type(value))


def query(columns: list[str] | None = None, where: str = "true") -> str:
    """A statement that gives the rows in the order of their declaration."""
    rows = ",\n  ".join(
        f"({place}, " + ", ".join(literal(value) for value in row) + ")" for place, row in enumerate(ROWS)
    )
    casts = {
        "number": "CAST(number AS integer) AS number",
        "big": "CAST(big AS bigint) AS big",
        "amount": "CAST(amount AS decimal(9, 2)) AS amount",
        "words": "CAST(words AS varchar) AS words",
    }
    chosen = ", ".join(casts.get(name, name) for name in columns or COLUMNS)
    return f"SELECT {chosen} FROM (VALUES\n  {rows}\n) AS t (place, {', '.join(COLUMNS)}) WHERE {where} ORDER BY place"


def csv() -> str:
    """The result file of `query()`: every value quoted, NULL as nothing."""
    lines = [",".join(f'"{name}"' for name in COLUMNS)]
    for row in TEXTS:
        lines.append(",".join("" if text is None else '"' + text.replace('"', '""') + '"' for text in row))
    return "\n".join(lines) + "\n"

# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metric math over series of datapoints, as far as alarms use it: a small recursive parser.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html. What is not here is refused when
it is asked for, never guessed: see :data:`FUNCTIONS`.
"""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .series import Series

Value = float | Series | list[Series]
"""A scalar, a time series, or an array of time series."""

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^<>(),\[\]]))"
)
FUNCTIONS = frozenset(
    {"ABS", "AVG", "CEIL", "DIFF", "FILL", "FLOOR", "IF", "LOG", "LOG10", "MAX", "METRICS", "METRIC_COUNT", "MIN",
     "PERIOD", "RATE", "RUNNING_SUM", "SUM"}
)  # fmt: skip


class ExpressionError(ValueError):
    """The expression is wrong, or uses what the lab does not compute."""


class UnknownFunctionError(ExpressionError):
    """The lab does not compute this function."""


@dataclass(frozen=True)
class Context:
    """What an expression can refer to."""

    series: Mapping[str, Series]
    """The other queries' results by id."""
    metric_ids: Sequence[str]
    """Ids of the metrics themselves, not of expressions, in order: what METRICS() means."""
    period: int
    length: int


def evaluate(expression: str, context: Context) -> Series:
    """Return the series that an expression yields; a scalar becomes a series that never changes.

    Raises:
        ExpressionError: it cannot be computed.
    """
    value = _Parser(expression, context).whole()
    if _is_array(value):
        raise ExpressionError("The expression must return a single time series.")
    assert not isinstance(value, list) or all(not isinstance(item, list) for item in value)
    return [value] * context.length if isinstance(value, float) else value  # type: ignore[return-value]


def _is_array(value: Value) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], list)


def _pointwise(function: Callable[..., float | None], *values: Value) -> Value:
    """Apply a function to each datapoint; where one operand has none there is no result."""
    if any(_is_array(value) for value in values):
        length = max(len(value) for value in values if isinstance(value, list) and _is_array(value))
        spread = [value if isinstance(value, list) and _is_array(value) else [value] * length for value in values]
        return [_pointwise(function, *items) for items in zip(*spread, strict=True)]  # type: ignore[return-value]
    lengths = {len(value) for value in values if isinstance(value, list)}
    if not lengths:
        result = function(*values)
        if result is None:
            raise ExpressionError("The expression has no value.")
        return result
    columns = [value if isinstance(value, list) else [value] * max(lengths) for value in values]
    return [None if None in row else function(*row) for row in zip(*columns, strict=True)]


def _divide(left: float, right: float) -> float | None:
    return left / right if right else None


def _power(left: float, right: float) -> float | None:
    try:
        result = left**right
    except (ZeroDivisionError, OverflowError):
        return None
    return None if isinstance(result, complex) else result


OPERATORS: list[dict[str, Callable[[float, float], float | None]]] = [
    {"||": lambda left, right: float(bool(left) or bool(right)), "OR": lambda a, b: float(bool(a) or bool(b))},
    {"&&": lambda left, right: float(bool(left) and bool(right)), "AND": lambda a, b: float(bool(a) and bool(b))},
    {
        "==": lambda left, right: float(left == right),
        "!=": lambda left, right: float(left != right),
        "<": lambda left, right: float(left < right),
        ">": lambda left, right: float(left > right),
        "<=": lambda left, right: float(left <= right),
        ">=": lambda left, right: float(left >= right),
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": _divide},
    {"^": _power},
]
"""From the loosest binding to the tightest."""


class _Parser:
    def __init__(self, expression: str, context: Context) -> None:
        self._tokens = _tokens(expression)
        self._context = context
        self._next = 0

    def whole(self) -> Value:
        value = self._binary(0)
        if self._next < len(self._tokens):
            raise ExpressionError(f"Unexpected {self._tokens[self._next]} in the expression.")
        return value

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self, expected: str = "") -> str:
        token = self._peek()
        if not token or (expected and token != expected):
            raise ExpressionError(f"Expected {expected or 'more'} in the expression.")
        self._next += 1
        return token

    def _binary(self, level: int) -> Value:
        if level == len(OPERATORS):
            return self._unary()
        left = self._binary(level + 1)
        while self._peek() in OPERATORS[level]:
            function = OPERATORS[level][self._take()]
            left = _pointwise(function, left, self._binary(level + 1))
        return left

    def _unary(self) -> Value:
        if self._peek() == "-":
            self._take()
            return _pointwise(operator.neg, self._unary())
        return self._primary()

    def _primary(self) -> Value:
        token = self._take()
        if token == "(":
            value = self._binary(0)
            self._take(")")
            return value
        if token == "[":
            return self._array()
        if token[0].isdigit() or token[0] == ".":
            return float(token)
        if token in self._context.series:
            return list(self._context.series[token])
        if self._peek() == "(":
            return self._call(token)
        raise ExpressionError(f"The expression refers to {token}, which is no id of this request.")

    def _array(self) -> list[Series]:
        items: list[Series] = []
        while True:
            value = self._binary(0)
            if isinstance(value, float) or _is_array(value):
                raise ExpressionError("An array holds time series.")
            items.append(value)  # type: ignore[arg-type]
            if self._take() == "]":
                return items

    def _call(self, name: str) -> Value:
        if name not in FUNCTIONS:
            raise UnknownFunctionError(f"the metric math function {name}")
        self._take("(")
        if name == "METRICS":
            wanted = self._take()[1:-1] if self._peek() != ")" else ""
            self._take(")")
            return [list(self._context.series[item]) for item in self._context.metric_ids if wanted in item]
        arguments: list[Value] = []
        while self._peek() != ")":
            # FILL's second argument may be a word.
            word = self._peek()
            if word in ("REPEAT", "LINEAR"):
                raise UnknownFunctionError(f"{word} of the metric math function FILL")
            arguments.append(self._binary(0))
            if self._peek() == ",":
                self._take()
        self._take(")")
        return _apply(name, arguments, self._context)


def _tokens(expression: str) -> list[str]:
    tokens, position, text = [], 0, expression.strip()
    while position < len(text):
        found = TOKEN.match(text, position)
        if found is None:
            raise ExpressionError(f"Cannot read the expression from {text[position : position + 10]!r} on.")
        tokens.append(found.group().strip())
        position = found.end()
    return tokens


def _condense(function: Callable[[list[float]], float], argument: Value) -> Value:
    """Reduce an array of series to a series, or a series to a scalar."""
    if isinstance(argument, float):
        return argument
    if _is_array(argument):
        rows = zip(*argument, strict=True)
        present = [[value for value in row if value is not None] for row in rows]
        return [function(row) if row else None for row in present]
    values = [value for value in argument if isinstance(value, float)]
    return function(values) if values else math.nan


def _apply(name: str, arguments: list[Value], context: Context) -> Value:
    condensing: dict[str, Callable[[list[float]], float]] = {
        "SUM": sum,
        "AVG": lambda values: sum(values) / len(values),
        "MIN": min,
        "MAX": max,
    }
    plain: dict[str, Callable[[float], float | None]] = {
        "ABS": abs,
        "CEIL": lambda value: float(math.ceil(value)),
        "FLOOR": lambda value: float(math.floor(value)),
        "LOG": lambda value: math.log(value) if value > 0 else None,
        "LOG10": lambda value: math.log10(value) if value > 0 else None,
    }
    wanted = 2 if name in ("FILL",) else 3 if name == "IF" else 1
    if len(arguments) != wanted and not (name == "IF" and len(arguments) == 2):
        raise ExpressionError(f"{name} takes {wanted} argument(s).")
    first = arguments[0]
    if name in condensing:
        return _condense(condensing[name], first)
    if name in plain:
        return _pointwise(plain[name], first)
    if name == "IF":
        return _choose(first, arguments[1], arguments[2] if len(arguments) == 3 else None)
    if name == "METRIC_COUNT":
        return float(len(first)) if isinstance(first, list) and _is_array(first) else 1.0
    if isinstance(first, float) or _is_array(first):
        raise ExpressionError(f"{name} takes a time series.")
    series: Series = list(first)  # type: ignore[arg-type]
    if name == "FILL":
        filler = arguments[1]
        fillers = filler if isinstance(filler, list) else [filler] * len(series)
        return [other if value is None else value for value, other in zip(series, fillers, strict=True)]  # type: ignore[return-value]
    if name == "PERIOD":
        return float(context.period)
    if name == "RUNNING_SUM":
        total = 0.0
        sums: Series = []
        for value in series:
            total += value or 0.0
            sums.append(total)
        return sums
    steps: Series = [None]
    for before, after in itertools.pairwise(series):
        steps.append(None if before is None or after is None else after - before)
    return _pointwise(lambda step: step / context.period, steps) if name == "RATE" else steps


def _choose(condition: Value, then: Value, otherwise: Value | None) -> Value:
    """IF: where the condition is not zero the one, else the other, or nothing."""
    if isinstance(condition, float):
        chosen = then if condition else otherwise
        if chosen is None:
            raise ExpressionError("IF with a scalar needs all three arguments.")
        return chosen
    length = len(condition)

    def column(value: Value | None) -> Series:
        return list(value) if isinstance(value, list) else [value] * length  # type: ignore[arg-type]

    rows = zip(condition, column(then), column(otherwise), strict=True)
    return [None if test is None else yes if test else no for test, yes, no in rows]

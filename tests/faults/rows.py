"""The rows there are: number, what happens, how long it takes, and the function that plays it."""
import dataclasses
import typing


@dataclasses.dataclass
class Row:
    name: str
    title: str
    seconds: float
    quick: bool
    play: typing.Callable


ROWS: dict[str, Row] = {}


def row(name, title, seconds, quick=True):
    """`seconds` is what it takes in its quick form, about, on 2 cores."""
    def take(play):
        ROWS[str(name)] = Row(str(name), title, seconds, quick, play)
        return play
    return take

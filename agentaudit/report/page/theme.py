"""The colours, each for the light and the dark page; a test computes their contrast."""

from collections.abc import Mapping

from msgspec import Struct


class Colour(Struct, frozen=True):
    """One role on paper and on a dark screen."""

    light: str
    dark: str


SURFACES: Mapping[str, Colour] = {
    "paper": Colour("#fdfdfb", "#14161a"),
    "raised": Colour("#f5f5f1", "#1b1e24"),
    "good-tint": Colour("#e6f3ea", "#15301f"),
    "bad-tint": Colour("#fcebe8", "#3b1b18"),
    "warn-tint": Colour("#fbf1dd", "#362810"),
    "unknown-tint": Colour("#eeebfa", "#262140"),
}
"""What text stands on."""

TEXTS: Mapping[str, Colour] = {
    "ink": Colour("#1b1e23", "#e7e8ea"),
    "muted": Colour("#5a606a", "#a5abb6"),
    "link": Colour("#1d4fb8", "#93b7ff"),
    "good": Colour("#17663a", "#78d7a1"),
    "bad": Colour("#ab231b", "#ff9d93"),
    "warn": Colour("#7d4b00", "#f3bd68"),
    "unknown": Colour("#55449b", "#bfb0ff"),
}
"""What is read: at least 4.5 to 1."""

GRAPHICS: Mapping[str, Colour] = {
    "series-1": Colour("#2e6cbd", "#6fa8f2"),
    "series-2": Colour("#b35e17", "#e99a52"),
    "series-3": Colour("#278052", "#62c790"),
    "series-4": Colour("#8250b5", "#bb90f2"),
    "series-5": Colour("#1b808c", "#52c3cf"),
    "series-6": Colour("#bd437a", "#f28ab8"),
    "series-7": Colour("#767b84", "#9aa0aa"),
}
"""What is looked at: at least 3 to 1."""

LINES: Mapping[str, Colour] = {"line": Colour("#dddeda", "#343941")}
"""What only separates, and says nothing."""

COLOURS: Mapping[str, Colour] = {**SURFACES, **TEXTS, **GRAPHICS, **LINES}


def css_variables() -> str:
    """The colours as custom properties: `--ink: light-dark(#1b1e23, #e7e8ea);`."""
    return "\n".join(
        f"  --{name}: light-dark({colour.light}, {colour.dark});"
        for name, colour in COLOURS.items()
    )


_FIRST_SENTINEL = 0x0AF000

SENTINELS: Mapping[str, str] = {
    name: f"#{_FIRST_SENTINEL + index:06x}" for index, name in enumerate(COLOURS, 1)
}
"""Stand-ins that charts are drawn with, so that one drawing serves both pages."""

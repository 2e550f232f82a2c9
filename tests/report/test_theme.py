"""The colours can be read, on paper and in the dark."""

import pytest

from agentaudit.report.page.theme import GRAPHICS, SURFACES, TEXTS, css_variables

PAGES = ("paper", "raised")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("side", ["light", "dark"])
@pytest.mark.parametrize("text", TEXTS)
def test_text_stands_out_from_all_it_stands_on(text: str, side: str) -> None:
    surfaces = [*PAGES, *(name for name in SURFACES if name in (f"{text}-tint", "warn-tint"))]

    for surface in surfaces:
        found = contrast(getattr(TEXTS[text], side), getattr(SURFACES[surface], side))
        assert found >= 4.5, surface


@pytest.mark.parametrize("side", ["light", "dark"])
@pytest.mark.parametrize("colour", GRAPHICS)
def test_graphics_stand_out_from_the_page(colour: str, side: str) -> None:
    for surface in PAGES:
        found = contrast(getattr(GRAPHICS[colour], side), getattr(SURFACES[surface], side))
        assert found >= 3, surface


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_every_colour_is_a_custom_property_with_both_sides() -> None:
    assert "  --ink: light-dark(#1b1e23, #e7e8ea);" in css_variables().splitlines()

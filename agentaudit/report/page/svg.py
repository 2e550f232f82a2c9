"""What becomes of matplotlib's SVG before it may stand in the page."""

import re
from html import escape

from agentaudit.report.page.blocks import Drawing
from agentaudit.report.page.theme import COLOURS, SENTINELS
from agentaudit.report.text import one_line

_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_STYLE = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ROOT = re.compile(r"<svg\b[^>]*?\bviewBox=\"(?P<box>[^\"]*)\"[^>]*>", re.DOTALL)
_GEOMETRY = re.compile(r"\b(d|x|y|width|height|transform)=\"([^\"]*)\"")
_DECIMAL = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_ID = re.compile(r"\s+id=\"([^\"]+)\"")
_REFERENCE = re.compile(r"(?:url\(#|href=\"#)([^)\"]+)")
_FONT_FAMILY = re.compile(r"font-family: [^;\"]*;?\s*")
_FONT = re.compile(r"font: (?P<weight>(?:bold|\d{3}) )?(?P<size>[\d.]+px)[^;\"]*;?")
_FONTS = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"
_HEADING = 40
_SPACE = re.compile(r"\s*\n\s*")


def drawing_of(svg: str, *, prefix: str, title: str, summary: str) -> Drawing:
    """
    The drawing: named for those who do not see it, in the page's colours and font.

    Ids would repeat between charts and the style sheet would reach the whole page, so the first
    get a prefix and the second goes; the metadata name a version, which would make equal input
    differ.
    """
    body = _within_text_only(svg)
    body = _ids(body, prefix)
    body = _GEOMETRY.sub(_rounded, body)
    for name, sentinel in SENTINELS.items():
        body = body.replace(sentinel, f"var(--{name})")
    return Drawing(svg=_named(body, prefix, title, summary))


def standalone(drawing: Drawing, title: str) -> str:
    """The drawing under its title, as a file: on paper, as what opens images knows no page."""
    root = _ROOT.match(drawing.svg)
    if root is None:
        raise ValueError("a chart without a viewBox")
    _, _, width, height = map(float, root["box"].split())
    heading = (
        f'<rect y="-{_HEADING}" width="{width:g}" height="{height + _HEADING:g}"'
        f' fill="var(--paper)"/><text x="12" y="-14" font-size="15" font-weight="600"'
        f' fill="var(--ink)">{escape(one_line(title))}</text>'
    )
    body = drawing.svg[root.end() :].replace("</desc>", f"</desc>{heading}", 1)
    for name, colour in COLOURS.items():
        body = body.replace(f"var(--{name})", colour.light)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 -{_HEADING} {width:g} {height + _HEADING:g}" width="{width:g}"'
        f' height="{height + _HEADING:g}" font-family="{_FONTS}">{body}\n'
    )


def _within_text_only(svg: str) -> str:
    body = svg[svg.index("<svg") :]
    for pattern in (_METADATA, _STYLE, _COMMENT):
        body = pattern.sub("", body)
    body = _FONT.sub(r"font-size: \g<size>; font-weight: \g<weight>;", body)
    body = body.replace("font-weight: ;", "")
    body = _FONT_FAMILY.sub("", body)
    return _SPACE.sub(" ", body).strip()


def _ids(body: str, prefix: str) -> str:
    """Ids that something refers to, prefixed; the others say nothing."""
    wanted = set(_REFERENCE.findall(body))
    body = _ID.sub(lambda found: f' id="{prefix}-{found[1]}"' if found[1] in wanted else "", body)
    return _REFERENCE.sub(lambda found: found[0].replace("#", f"#{prefix}-", 1), body)


def _rounded(found: re.Match[str]) -> str:
    numbers = _DECIMAL.sub(lambda part: f"{float(part[0]):.1f}".removesuffix(".0"), found[2])
    return f'{found[1]}="{numbers}"'


def _named(body: str, prefix: str, title: str, summary: str) -> str:
    root = _ROOT.match(body)
    if root is None:
        raise ValueError("a chart without a viewBox")
    head = (
        f'<svg viewBox="{root["box"]}" role="img" aria-labelledby="{prefix}-title {prefix}-desc"'
        f' class="chart"><title id="{prefix}-title">{escape(one_line(title))}</title>'
        f'<desc id="{prefix}-desc">{escape(one_line(summary))}</desc>'
    )
    return head + body[root.end() :]

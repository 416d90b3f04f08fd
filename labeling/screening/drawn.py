"""How does an interval look? A line of SVG, in attributes alone; what it shows stands beside it in words."""

from django.utils.html import format_html

WIDTH, HEIGHT, EDGE = 120, 18, 6


def interval(cell):
    """Return the drawing of a Cell: its scale, its interval, its value, and the cut-off across."""
    lowest, highest = cell.scale

    def at(value):
        return round(EDGE + (WIDTH - 2 * EDGE) * (value - lowest) / (highest - lowest), 1)

    if cell.value is None:
        return ""
    low, high = (at(cell.value), at(cell.value)) if cell.low is None else (at(cell.low), at(cell.high))
    return format_html(
        '<svg class="interval {}" width="{w}" height="{h}" viewBox="0 0 {w} {h}" aria-hidden="true" focusable="false">'
        '<line class="scale" x1="{}" y1="9" x2="{}" y2="9"/><rect class="reach" x="{}" y="6" width="{}" height="6"/>'
        '<line class="cut" x1="{c}" y1="1" x2="{c}" y2="17"/><circle class="found" cx="{}" cy="9" r="4"/></svg>',
        "meets" if cell.meets else "misses",
        EDGE, WIDTH - EDGE, low, round(high - low, 1), at(cell.value),
        w=WIDTH, h=HEIGHT, c=at(cell.cutoff),
    )  # fmt: skip

"""Works, what was measured of them, and how that is shown: as text, and as a picture."""

from html import escape
from statistics import median, quantiles
from textwrap import wrap

OURS = "tchat"


# --- Formats of figures: what is measured is in bytes, seconds or a second. ---

def scaled(factor, digits, unit=""):
    return lambda value: f"{value * factor:,.{digits}f}{unit}"


COUNT, MB, BYTES = scaled(1, 0), scaled(1e-6, 0), scaled(1, 0, " B")
KIB, MIB, MIB_FINE = scaled(1 / 2 ** 10, 0, " KiB"), scaled(1 / 2 ** 20, 1, " MiB"), scaled(1 / 2 ** 20, 2, " MiB")
MILLISECONDS, MICROSECONDS = scaled(1e3, 1, " ms"), scaled(1e6, 0, " µs")


def percentile(values):
    return quantiles(values, n=100, method="inclusive")[98] if len(values) > 1 else values[0]


class Column:
    """One of the things that are measured of a work."""

    def __init__(self, key, heading, form, statistic="median"):
        self.key, self.heading, self.form = key, heading, form
        self.statistic = median if statistic == "median" else percentile


class Work:
    """What several programs were given to do, and what was measured of each of them."""

    def __init__(self, key, title, columns, note=""):
        self.key, self.title, self.columns, self.note = key, title, columns, note
        self.samples = {}  # program: {column's key: values}
        self.bars = []     # texts of what is to be reached, and whether it was
        self.programs_are_tchat = False  # the rows are not programs, but cases of tchat's work

    def add(self, program, values):
        for key, value in values.items():
            self.samples.setdefault(program, {}).setdefault(key, []).append(value)

    def programs(self):
        return list(self.samples)

    def column(self, key):
        return next(column for column in self.columns if column.key == key)

    def has(self, program, key):
        return key in self.samples.get(program, {})

    def median(self, program, key):
        """What stands for all that was measured: the median, if the column does not say otherwise."""
        return self.column(key).statistic(self.samples[program][key])

    def bar(self, text, key, than=None, of=OURS, at_least=None, at_most=None):
        """Something to be reached: by the figure itself, or by how many times that of another it is."""
        if not self.has(of, key) or (than and not self.has(than, key)):
            self.bars.append((text, None, "not measured: it is not here"))
            return
        value, shown = self.median(of, key), self.column(key).form
        if than:
            value, shown = value / self.median(than, key), lambda value: f"{value:.2f} times"
        reached = value >= at_least if at_least is not None else value <= at_most
        self.bars.append((text, reached, shown(value)))


# --- Text. ---

def table(work):
    """The figures, and in the column beside each how many times a peer's figure tchat's is."""
    headings = [""]
    rows = [[program] for program in work.programs()]
    for column in work.columns:
        compared = not work.programs_are_tchat and work.has(OURS, column.key)
        headings += [column.heading, "tchat's"] if compared else [column.heading]
        for program, row in zip(work.programs(), rows):
            there = work.has(program, column.key)
            row.append(column.form(work.median(program, column.key)) if there else "")
            if compared and there and program != OURS:
                times = work.median(OURS, column.key) / work.median(program, column.key)
                row.append(f"x {times:.2f}")
            elif compared:
                row.append("")
    widths = [max(len(row[i]) for row in [headings, *rows]) for i in range(len(headings))]
    return ["  ".join([row[0].ljust(widths[0]),
                       *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]).rstrip()
            for row in [headings, *rows]]


def as_text(works, machine, rounds):
    lines = [*(row for text in machine for row in wrap(text, 98)),
             f"Medians of {rounds} rounds, in each of which all programs had their turn."
             if rounds > 1 else "One round only.", ""]
    for work in works:
        lines += [work.title, "-" * len(work.title), *wrap(work.note, 98), "",
                  *("  " + line for line in table(work)), ""]
        for text, reached, value in work.bars:
            sign = {True: "reached", False: "MISSED", None: "-"}[reached]
            lines.append(f"  {sign:8} {text}: {value}")
        lines.append("")
    return "\n".join(lines)


# --- A picture: for each column a panel with a stroke for each program. ---

PAPER, INK, FAINT, EDGE = "#16181d", "#d8dce4", "#8b93a3", "#4a505c"
OUR_STROKE, THEIR_STROKE = "#62c0cc", "#4a505c"
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
PANEL, GAP, ROW, NAME, VALUE, HEAD, MARGIN = 430, 28, 20, 130, 84, 62, 20
PICTURED = [
    ("screen", "rate", "Flood into the full screen", "lines a second"),
    ("screen", "memory", "… its memory", "less is better"),
    ("plain", "rate", "Plain mode into a file", "MB a second"),
    ("raw", "receive", "Raw mode into a file", "MB a second"),
    ("raw", "send", "Raw mode from a file", "MB a second"),
    ("line", "median", "From Enter to the other screen", "median, less is better"),
    ("waiting", "memory", "Memory after the start", "less is better"),
    ("callers", "rate", "Callers one after the other", "a second"),
    ("group", "one", "One speaks in a group", "lines delivered a second"),
]


def draw_panel(work, column, title, unit, x, y):
    programs = [program for program in work.programs() if work.has(program, column.key)]
    values = [work.median(program, column.key) for program in programs]
    room = PANEL - NAME - VALUE
    svg = [f'<text x="{x}" y="{y + 16}" fill="{INK}" font-weight="bold">{escape(title)}</text>',
           f'<text x="{x}" y="{y + 34}" fill="{FAINT}">{escape(unit)}</text>']
    for number, (program, value) in enumerate(zip(programs, values)):
        top, length = y + HEAD - 16 + number * ROW, max(1.5, room * value / max(values))
        ours = program.startswith(OURS)
        svg.append(
            f'<text x="{x}" y="{top + 14}" fill="{INK if ours else FAINT}">{escape(program)}</text>'
            f'<rect x="{x + NAME}" y="{top + 3}" width="{length:.1f}" height="{ROW - 6}" rx="2" '
            f'fill="{OUR_STROKE if ours else THEIR_STROKE}"/>'
            f'<text x="{x + NAME + length + 6:.1f}" y="{top + 14}" fill="{INK if ours else FAINT}">'
            f'{escape(column.form(value))}</text>')
    return svg, HEAD - 16 + len(programs) * ROW


def as_picture(works, machine):
    """Panels in two columns, as an SVG document."""
    by_key = {work.key: work for work in works}
    svg, heights = [], [MARGIN, MARGIN]
    for key, column, title, unit in PICTURED:
        if key not in by_key:
            continue
        work = by_key[key]
        side = heights.index(min(heights))
        panel, height = draw_panel(work, work.column(column), title, unit, MARGIN + side * (PANEL + GAP),
                                   heights[side])
        svg += panel
        heights[side] += height + GAP
    width, height = 2 * (PANEL + MARGIN) + GAP, max(heights)
    svg.append(f'<text x="{MARGIN}" y="{height + 4}" fill="{FAINT}" font-size="11">'
               f'{escape(machine[0].split("; load")[0])}</text>')
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + MARGIN}" width="{width}" '
        f'height="{height + MARGIN}" font-family="{FONT}" font-size="13">',
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height + MARGIN - 1}" rx="8" fill="{PAPER}" '
        f'stroke="{EDGE}"/>', *svg, "</svg>", ""])

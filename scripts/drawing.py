"""Draws terminals as SVG: still pictures, and films that move without a script."""

from html import escape
from itertools import groupby

SIZE, CELL, ROW = 14, 8.43, 19  # of the font, of a column, of a row, in pixels
MARGIN, TITLE, GAP = 12, 30, 16  # inside a window, its title, between windows
PAPER, INK, EDGE, FAINT = "#16181d", "#d8dce4", "#4a505c", "#8b93a3"
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"


def ink(character):
    return INK if character.fg == "default" else f"#{character.fg}"


def paper(character):
    return PAPER if character.bg == "default" else f"#{character.bg}"


def style(character):
    """How a character looks: its colour, the colour behind it, and whether it is bold."""
    colours = ink(character), paper(character)
    return *(reversed(colours) if character.reverse else colours), character.bold


def runs(columns, key):
    """Neighbours that are alike: what the key says of them, the first column, how many they are."""
    for what, group in groupby(columns, key):
        first, *rest = group
        yield what, first, 1 + len(rest)


def draw_row(row, columns, y):
    """A row's backgrounds, and its words, each of them where its first column is."""
    def background(column):
        return style(row[column])[1]

    def word(column):
        wide = column + 1 < columns and row[column + 1].data == ""
        return style(row[column]), row[column].data.strip() != "", column if wide else None

    backgrounds, words = [], []
    for colour, first, count in runs(range(columns), background):
        if colour != PAPER:
            backgrounds.append(f'<rect x="{MARGIN + first * CELL:.2f}" y="{y}" width="{count * CELL:.2f}" '
                               f'height="{ROW}" fill="{colour}" shape-rendering="crispEdges"/>')
    for ((colour, _, bold), visible, wide), first, count in runs(range(columns), word):
        if not visible:
            continue
        text = "".join(row[first + i].data for i in range(count))
        width = CELL * (count if wide is None else 2)
        weight = ' font-weight="bold"' if bold else ""
        words.append(f'<tspan x="{MARGIN + first * CELL:.2f}" textLength="{width:.2f}" '
                     f'fill="{colour}"{weight}>{escape(text)}</tspan>')
    return backgrounds, words


def draw_rows(screen):
    """Of each row of a screen the backgrounds, the words, and where those stand."""
    for number in range(screen.lines):
        y = TITLE + number * ROW
        yield *draw_row(screen.buffer[number], screen.columns, y), y + ROW - 5


def draw_text(words, y):
    return f'<text y="{y}">{"".join(words)}</text>'


def draw_cursor(screen):
    return (f'<rect x="{MARGIN + screen.cursor.x * CELL:.2f}" y="{TITLE + screen.cursor.y * ROW}" '
            f'width="{CELL}" height="{ROW}" fill="{INK}" opacity=".75"/>')


def draw_box(width, height):
    return f'<rect width="{width:.2f}" height="{height}" rx="8" fill="{PAPER}" stroke="{EDGE}"/>'


def draw_title(text, width, colour=FAINT):
    return f'<text x="{width / 2:.2f}" y="20" text-anchor="middle" fill="{colour}">{escape(text)}</text>'


def draw_window(terminal, x, content):
    """A terminal's window whose left edge is at x, with this in it.  Returns the SVG and the window's size."""
    screen = terminal.screen
    width, height = MARGIN * 2 + screen.columns * CELL, TITLE + MARGIN + screen.lines * ROW
    return "\n".join([f'<g transform="translate({x:.2f} .5)">', draw_box(width, height),
                      draw_title(terminal.title, width), *content, "</g>"]), width, height


def draw_screen(screen):
    """All that is on a screen now."""
    rows = ["".join([*backgrounds, draw_text(words, y) if words else ""])
            for backgrounds, words, y in draw_rows(screen)]
    return [*filter(None, rows), draw_cursor(screen)]


def draw_windows(terminals, contents):
    """Windows side by side.  Returns the SVG and the size of all."""
    windows, x, height = [], .5, 0
    for terminal, content in zip(terminals, contents):
        window, width, height = draw_window(terminal, x, content)
        windows.append(window)
        x += width + GAP
    return windows, x - GAP + .5, height + 1


def draw_document(width, height, content):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" font-family="{FONT}" font-size="{SIZE}">',
        *content, "</svg>", ""])


def draw(terminals):
    """The terminals side by side, as an SVG document."""
    windows, width, height = draw_windows(terminals, [draw_screen(terminal.screen) for terminal in terminals])
    return draw_document(width, height, windows)


class Film:
    """What is seen of terminals in the course of time, with a line below them that says what happens.  Each piece of a
    picture is there once, and has the times at which it is seen.  What plays no films shows the last picture."""

    def __init__(self, terminals):
        self.terminals, self.caption, self.length = terminals, "", 0
        self.times = {}  # of each piece: where it is, in which layer of that, its SVG; when it is seen: from, until

    def shoot(self, milliseconds):
        """What is on the terminals now is seen so long."""
        for piece in self._pieces():
            times = self.times.setdefault(piece, [])
            begin = times.pop()[0] if times and times[-1][1] == self.length else self.length
            times.append((begin, self.length + milliseconds))
        self.length += milliseconds

    def _pieces(self):
        for terminal in self.terminals:
            screen = terminal.screen
            for backgrounds, words, y in draw_rows(screen):
                yield from ((terminal, 0, piece) for piece in backgrounds)
                yield from ((terminal, 1, draw_text([word], y)) for word in words)
            yield terminal, 2, draw_cursor(screen)
        yield None, 0, self.caption

    def _keyframes(self, times):
        """When something is seen, as CSS that says so again and again, as do its steps from one to the next."""
        steps = {0: "hidden"}
        for begin, end in times:
            steps |= {begin: "visible", end: "hidden"}
        return "".join(f"{f'{100 * at / self.length:.2f}'.rstrip('0').rstrip('.')}%{{visibility:{seen}}}"
                       for at, seen in steps.items() if at < self.length)

    def draw(self):
        """The film, as an SVG document."""
        names, layers = {}, {}  # of CSS, by times; pieces, by where they are, their layer, and times
        for (place, layer, piece), times in self.times.items():
            layers.setdefault((place, layer, tuple(times)), []).append(piece)
        always = ((0, self.length),)

        def content(place, show):
            for (where, _, times), pieces in sorted(
                    (item for item in layers.items() if item[0][0] is place), key=lambda item: item[0][1]):
                name = "" if times == always else f' class="{names.setdefault(times, f"t{len(names)}")}"'
                yield f"<g{name}>{''.join(map(show, pieces))}</g>"

        windows, width, height = draw_windows(
            self.terminals, [content(terminal, lambda piece: piece) for terminal in self.terminals])
        captions = content(None, lambda text: draw_title(text, width - 1, INK))
        below = [f'<g transform="translate(.5 {height - .5 + GAP})">', draw_box(width - 1, TITLE), *captions, "</g>"]
        styles = [f"g{{animation:{self.length}ms step-end infinite}}"]
        for times, name in names.items():
            still = "" if times[-1][1] == self.length else ";visibility:hidden"
            styles += [f"@keyframes {name}{{{self._keyframes(times)}}}", f".{name}{{animation-name:{name}{still}}}"]
        styles.append("@media(prefers-reduced-motion:reduce){g[class]{animation:none}}")
        return draw_document(width, height + GAP + TITLE,
                             ["<style>", *styles, "</style>", *windows, *below])

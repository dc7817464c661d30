"""What a terminal reads: text, and the controls and control sequences between it, as ECMA-48 has them."""

import re
from typing import NamedTuple

# Strict: what terminals take in spite of the grammar is no sequence here, but its pieces, which nobody
# expects either.  A byte that is not UTF-8 is U+DC80 and up.
GRAMMAR = re.compile(r"""
    (?P<CSI> (?: \x1b\[ | \x9b ) [0-?]* [ -/]* [@-~] )
  | (?P<OSC> (?: \x1b\] | \x9d ) [^\x00-\x1f\x7f-\x9f]* (?: \x07 | \x1b\\ | \x9c ) )
  | (?P<DCS> (?: \x1bP | \x90 ) [^\x1b\x9c]* (?: \x1b\\ | \x9c ) )
  | (?P<SOS> (?: \x1bX | \x98 ) [^\x1b\x9c]* (?: \x1b\\ | \x9c ) )
  | (?P<PM>  (?: \x1b\^ | \x9e ) [^\x1b\x9c]* (?: \x1b\\ | \x9c ) )
  | (?P<APC> (?: \x1b_ | \x9f ) [^\x1b\x9c]* (?: \x1b\\ | \x9c ) )
  | (?P<ESC> \x1b [ -/]* [0-~] )
  | (?P<C0>  [\x00-\x1f\x7f] )
  | (?P<C1>  [\x80-\x9f] )
  | (?P<broken> [\ud800-\udfff] )
  | (?P<format> [\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f] )
  | (?P<text> [^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\U000e0000-\U000e007f]+ )
  """, re.VERBOSE)


class Token(NamedTuple):
    kind: str
    text: str


def tokens(data):
    """All that the bytes are made of, in their order."""
    text = data.decode(errors="surrogateescape")
    found = [Token(match.lastgroup, match[0]) for match in GRAMMAR.finditer(text)]
    assert "".join(token.text for token in found) == text, "the grammar does not cover it"
    return found


def controls(data):
    """All of it that is not text."""
    return [token.text for token in tokens(data) if token.kind != "text"]

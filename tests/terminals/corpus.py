"""Texts about which terminals differ, and what is to stand on the screen for them.

Each is written down by hand: what tchat draws, glyph by glyph, and in how many columns.
"""

import re
from typing import NamedTuple
from unicodedata import normalize

BLANK = "_"  # for columns in which nothing is drawn


class Case(NamedTuple):
    """A text, and its glyphs with their columns behind them: "❤1 🔥2"; and whether it can be typed."""

    name: str
    text: str
    drawn: str
    typed: bool = True

    def glyphs(self):
        return [(word[:-1], int(word[-1])) for word in self.drawn.split(" ")]

    def columns(self):
        return sum(columns for _, columns in self.glyphs())

    def pattern(self, marked=""):
        """A regular expression for how terminals may tell of it, with what they may tell instead of what has marks."""
        return "".join(pattern_of(glyph, columns, marked) for glyph, columns in self.glyphs())


def pattern_of(glyph, columns, marked):
    """Where a terminal takes a glyph to be narrower, blanks are behind it; and it need not have room for marks."""
    if glyph == BLANK:
        return " " * columns
    decomposed = normalize("NFD", glyph)
    marks = [mark for mark in decomposed[1:] if is_mark(mark)]
    told = re.escape(decomposed[:len(decomposed) - len(marks)])
    if marks and marked:
        told = f"(?:{told}|{re.escape(marked)})"
    return told + "".join(re.escape(mark) + "?" for mark in marks) + f" {{0,{columns - 1}}}"


def is_mark(character):
    """Whether it is one, and not what NFD makes of the end of a Hangul syllable."""
    return not "\u1100" <= character <= "\u11ff"


def plain(name, text, columns=1):
    """A text of glyphs that are drawn as they are."""
    return Case(name, text, " ".join(f"{glyph}{columns}" for glyph in text))


CASES = [
    plain("letters", "abcüñ"),
    plain("wide characters", "漢字カナ한글Ａ", 2),
    plain("wide emoji", "😀👍🎉", 2),
    Case("joined emoji, on a narrow one", "❤\ufe0f\u200d🔥", "❤1 🔥2"),
    Case("joined emoji, on a wide one", "👩\u200d💻", "👩2 💻2"),
    Case("a family", "👨\u200d👩\u200d👧", "👨2 👩2 👧2"),
    Case("a flag of joined emoji", "🏳\ufe0f\u200d🌈", "🏳1 🌈2"),
    Case("emoji made of symbols", "❤\ufe0f☀\ufe0f☎\ufe0f", "❤1 ☀1 ☎1"),
    Case("emoji made of text", "😀\ufe0e", "😀2"),
    plain("symbols that are emoji, too", "❤☺☹✈▶✔☎‼"),
    plain("symbols", "·…→∞€“”─█✓✗"),
    Case("skin tones", "👋🏽☝🏿", "👋2 ☝2"),
    plain("hands and people that some take as wide", "☝⛹✌✍🏋🏌🕴🕵🖐", 2),
    Case("flags", "🇩🇪🇫🇷", "D1 E1 F1 R1"),
    Case("a lone regional indicator", "🇫", "F1"),
    Case("a flag of tags", "🏴\U000e0067\U000e0062\U000e007f", "🏴2 <1 U1 +1 E1 01 01 61 71 >1 <1 U1 +1 E1 01 01 61 "
         "21 >1 <1 U1 +1 E1 01 01 71 F1 >1"),
    Case("keycaps", "1\ufe0f\u20e3#\ufe0f\u20e3", "1\u20e31 #\u20e31"),
    Case("Hangul jamo", "\u1112\u1161\u11ab\u1100\u1173\u11af", "한2 글2"),
    Case("jamo without a syllable", "\u1113\u1161\u1100", "\u11132 \u11002"),
    Case("a consonant before a syllable", "\u1100가", "\u11002 가2"),
    Case("jamo on a letter", "a\u1160\u11a8b", "a1 b1"),
    Case("Devanagari", "हिन्दी", "हि2 न्1 दी2"),
    Case("Devanagari with joiners", "क्\u200dषि क्\u200cष", "क्1 षि2 _1 क्1 ष1"),
    Case("Tamil", "தமிழ்", "த1 மி2 ழ்1"),
    Case("Bengali", "বাংলা", "বাং3 লা2"),
    Case("Burmese", "မြန်မာ", "မြ2 န်1 မာ2"),
    Case("Khmer", "ខ្មែរ", "ខ្1 មែ2 រ1"),
    Case("Thai", "น้ำใจ", "น้ำ2 ใ1 จ1"),
    Case("Tibetan", "བོད་", "བོ1 ད1 ་1"),
    Case("Arabic with joiners", "می\u200cخواهم", "م1 ی1 خ1 و1 ا1 ه1 م1"),
    Case("Arabic with marks", "بِ\u0616ب\u0619", "بِ\u06161 ب\u06191"),
    Case("a sign before Arabic digits", "\u0600١٢", "١1 ٢1"),
    Case("Hebrew with points", "שָׁלוֹם", "שָׁ1 ל1 וֹ1 ם1"),
    Case("combining marks", "e\u0301x\u0323\u0302", "e\u03011 x\u0323\u03021"),
    Case("marks on wide characters", "漢\u0308한\u0301😀\u0301", "漢\u03082 한\u03012 😀\u03012"),
    Case("more marks than there is room for", "a" + "\u0301" * 9, "a\u0301\u0301\u03011"),
    Case("spacing marks on other characters", "a\u0903漢\u0903", "a\u09032 漢\u09033"),
    Case("marks that are new", "a\u1abfb\u0898", "a\u1abf1 b\u08981"),
    Case("a mark on kana", "か\u3099", "か\u30992"),
    Case("a tabulator", "a\tb", "a1 _7 b1", typed=False),  # its key is Readline's
    Case("wide symbols that some take as narrow", "〰〽㉈䷀", "〰2 〽2 ㉈2 ䷀2"),
    plain("emoji of recent years", "🛖🫠🪄🦾", 2),
    Case("emoji that the C library does not know", "\U0001fc00", "<1 U1 +1 11 F1 C1 01 01 >1"),
    Case("characters for private use", "\ue000\U0010f008", "\ue0001 \U0010f0081"),
    Case("a hyphen that is not seen", "s\u00adh\u200bx", "s1 h1 x1"),
    Case("an ideograph with its variation", "葛\U000e0100", "葛2"),
    Case("musical and mathematical signs", "𝄞𝒜", "𝄞1 𝒜1"),
]

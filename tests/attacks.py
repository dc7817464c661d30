"""What a hostile peer can send: a table of attacks on the terminal, name to bytes, none with a LF.

Most are sequences of xterm ("XTerm Control Sequences", ctlseqs) and of ECMA-48, the standard for what
is between ESC and text.  Whoever obeys them gives the peer a hand on the terminal, or, where the
terminal answers, on the keyboard: an answer comes in as if it had been typed.
"""

import base64
import re

COMMAND = base64.b64encode(b"touch /tmp/evil\n")

ATTACKS = {
    # Operating system commands, OSC (ECMA-48 8.3.89; ctlseqs, "Operating System Commands")
    "icon name and title": b"\x1b]0;evil\x07",  # sets both
    "icon name": b"\x1b]1;evil\x07",
    "title": b"\x1b]2;evil\x07",  # with a title report it is typed
    "title, ended by ST": b"\x1b]2;evil\x1b\\",
    "title without an end": b"\x1b]2;evil",  # swallows what follows
    "X property": b"\x1b]3;evil=1\x07",  # on the terminal's window
    "palette": b"\x1b]4;1;rgb:00/00/00\x07",  # text of that colour vanishes
    "palette question": b"\x1b]4;1;?\x07",  # is answered
    "directory": b"\x1b]7;file://evil/\x07",  # where the next tab opens
    "hyperlink": b"\x1b]8;;http://evil.example/\x07innocent\x1b]8;;\x07",
    "notification": b"\x1b]9;evil\x07",  # iTerm2, ConEmu
    "foreground": b"\x1b]10;#000000\x07",
    "background": b"\x1b]11;#000000\x07",
    "background question": b"\x1b]11;?\x07",  # is answered
    "cursor colour": b"\x1b]12;#000000\x07",
    "log file": b"\x1b]46;/tmp/evil\x07",  # xterm writes there
    "font": b"\x1b]50;evil\x07",
    "font question": b"\x1b]50;?\x07",  # answered with what was set: CVE-2022-45063
    "clipboard": b"\x1b]52;c;" + COMMAND + b"\x07",  # is pasted later
    "clipboard question": b"\x1b]52;c;?\x07",  # answered with what was copied
    "palette reset": b"\x1b]104\x07",
    "prompt mark": b"\x1b]133;C\x07",  # FinalTerm: what follows is a command's output
    "notification of rxvt": b"\x1b]777;notify;evil;evil\x07",
    "iTerm2 file": b"\x1b]1337;File=name=ZXZpbA==;inline=0:" + COMMAND + b"\x07",  # is downloaded
    "iTerm2 clipboard": b"\x1b]1337;CopyToClipboard=\x07",
    # Requests that the terminal answers (ctlseqs, "Functions using CSI" and "Device-Control functions")
    "primary attributes": b"\x1b[c",  # DA1
    "secondary attributes": b"\x1b[>c",
    "tertiary attributes": b"\x1b[=c",
    "identify": b"\x1bZ",  # DECID
    "version": b"\x1b[>0q",  # XTVERSION
    "status report": b"\x1b[5n",  # DSR
    "cursor position": b"\x1b[6n",  # CPR
    "mode question": b"\x1b[?2004$p",  # DECRQM
    "checksum": b"\x1b[1;1;1;1;9;9*y",  # DECRQCRA: what is on the screen, letter by letter
    "parameters": b"\x1b[x",  # DECREQTPARM
    "presentation": b"\x1b[1$w",  # DECRQPSR
    "title report": b"\x1b[21t",  # types the title: CVE-2003-0063
    "icon name report": b"\x1b[20t",
    "size report": b"\x1b[18t",
    "answerback": b"\x05",  # ENQ
    "setting question": b"\x1bP$qm\x1b\\",  # DECRQSS: CVE-2008-2383
    "capability question": b"\x1bP+q544e\x1b\\",  # XTGETTCAP
    "keyboard question": b"\x1b[?u",  # kitty's keyboard protocol
    # Control strings (ECMA-48 8.3.27, 8.3.2, 8.3.94, 8.3.143)
    "sixel": b"\x1bPq#0;2;0;0;0#0!99~-\x1b\\",  # draws
    "user-defined keys": b"\x1bP0;1|17/6576696c0d\x1b\\",  # DECUDK: F6 types "evil" and Enter
    "string without an end": b"\x1bPq",
    "kitty image": b"\x1b_Gf=24,s=1,v=1;AAAA\x1b\\",  # APC
    "application command without an end": b"\x1b_evil",
    "privacy message": b"\x1b^evil\x1b\\",  # PM: screen shows it as its own message
    "start of string": b"\x1bXhidden\x1b\\",  # SOS: what is in it is not shown
    "tmux passthrough": b"\x1bPtmux;\x1b\x1b]52;c;" + COMMAND + b"\x07\x1b\\",
    "screen passthrough": b"\x1bP\x1b]52;c;" + COMMAND + b"\x07\x1b\\",
    "screen title": b"\x1bkevil\x1b\\",
    # What the terminal is like (ctlseqs, "DEC Private Mode Set", "Window manipulation")
    "alternate screen": b"\x1b[?1049h",  # hides the conversation
    "normal screen": b"\x1b[?1049l",
    "bracketed paste": b"\x1b[?2004h",
    "no bracketed paste": b"\x1b[?2004l",  # a pasted LF is Enter again
    "start of a paste": b"\x1b[200~evil",
    "end of a paste": b"\x1b[201~evil\r",  # what follows is keys, once it was copied and pasted
    "mouse": b"\x1b[?1000;1002;1003;1006h",  # each movement types
    "focus": b"\x1b[?1004h",
    "no focus": b"\x1b[?1004l",
    "keys locked": b"\x1b[2h",  # KAM
    "insert mode": b"\x1b[4h",  # IRM
    "no wrapping": b"\x1b[?7l",  # DECAWM
    "reversed": b"\x1b[?5h",  # DECSCNM
    "132 columns": b"\x1b[?40h\x1b[?3h",  # DECCOLM: clears
    "no cursor": b"\x1b[?25l",
    "application keys": b"\x1b[?1h\x1b=",  # DECCKM, DECKPAM
    "synchronized output": b"\x1b[?2026h",  # nothing more is shown
    "keyboard flags": b"\x1b[>31u",
    "modified keys": b"\x1b[>4;2m",
    "pointer": b"\x1b[>2p",
    "iconified": b"\x1b[2t",
    "moved": b"\x1b[3;0;0t",
    "resized": b"\x1b[8;1;1t",
    "title stack": b"\x1b[22;2t",
    "title taken back": b"\x1b[23;2t",
    "margins": b"\x1b[5;6r",  # DECSTBM
    "left and right margins": b"\x1b[?69h\x1b[5;6s",
    "lights": b"\x1b[1q",  # DECLL
    "cursor shape": b"\x1b[6 q",
    "protected": b"\x1b[1\"q",
    "reset": b"\x1bc",  # RIS
    "soft reset": b"\x1b[!p",  # DECSTR
    "alignment": b"\x1b#8",  # DECALN: a screen full of E
    "double height": b"\x1b#3",
    "line drawing": b"\x1b(0lqqk",  # SCS: letters become lines
    "shifts": b"\x0e\x0f\x1bn\x1bo\x1bN\x1bO",  # SO, SI, LS2, LS3, SS2, SS3
    "other character set": b"\x1b%@",  # no UTF-8 any more (ECMA-35)
    "printer": b"\x1b[5i/tmp/evil\x1b[4i",  # media copy: xterm runs a command for it
    "screen dump": b"\x1b[0i",
    "memory lock": b"\x1bl",
    "macro": b"\x1b[1*z",  # DECINVM
    # What was shown before (ECMA-48, "Editor functions" and "Cursor control")
    "cleared": b"\x1b[2J\x1b[3J\x1b[H",
    "line erased": b"\x1b[2K\x1b[1G",
    "overwritten by CR": b"true\rfalse",
    "overwritten by BS": b"true\x08\x08\x08\x08false",
    "line before": b"\x1b[1A\x1b[2Kfalse",
    "reverse index": b"\x1bM",
    "scrolled": b"\x1b[99S",
    "inserted": b"\x1b[99L",
    "deleted": b"\x1b[99M",
    "repeated": b"x\x1b[9999999b",  # REP
    "filled": b"\x1b[69;1;1;99;99$x",  # DECFRA
    "invisible": b"\x1b[8mhidden\x1b[0m",
    "blinking": b"\x1b[5;31;44mred",
    "vertical tab and form feed": b"\x0b\x0c",
    "saved cursor": b"\x1b7\x1b8\x1b[s\x1b[u",
    "tab stops": b"\x1bH\x1b[3g",  # HTS, TBC
    "control within a sequence": b"\x1b[2\x08;3\rm",  # is obeyed, and the sequence goes on
    "sequence within a sequence": b"\x1b[\x1b]2;evil\x07m",
    "cancelled": b"\x1b]2;evil\x18\x1b[2J",  # CAN
    "many parameters": b"\x1b[" + b"9;" * 60 + b"m",
    "huge parameter": b"\x1b[99999999999999999999C",
    "escapes": b"\x1b" * 40,
    "NULs": b"a\x00\x00b",
    # The same in single characters: C1 (ECMA-48 5.3), as bytes and as UTF-8
    "title, 8 bits": b"\x9d2;evil\x9c",
    "colour, 8 bits": b"\x9b31m",
    "string, 8 bits": b"\x90$qm\x9c",
    "title, C1 in UTF-8": "\u009d2;evil\u009c".encode(),
    "colour, C1 in UTF-8": "\u009b31m".encode(),
    "string, C1 in UTF-8": "\u0090$qm\u009c".encode(),
    # What is no UTF-8 (Unicode chapter 3.9): a lax decoder finds a control in it
    "overlong ESC": b"\xc0\x9b[2J",
    "overlong ESC, 3 bytes": b"\xe0\x80\x9b[2J",
    "overlong ESC, 4 bytes": b"\xf0\x80\x80\x9b[2J",
    "overlong NUL": b"\xc0\x80",
    "overlong CSI": b"\xe0\x82\x9b2J",
    "surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond Unicode": b"\xf4\x90\x80\x80\xf7\xbf\xbf\xbf\xf8\x88\x80\x80\x80\xfe\xff",
    "character that swallows an ESC": b"\xe2\x82\x1b[2J",
    "character that swallows a CSI": b"\xf0\x9f\x98\x9b2J",
    "unfinished character": b"\xf0\x9f\x98",
    "lone continuations": b"\x80\xbf\xa0",
    # What turns text around or hides in it (Unicode chapters 23.2, 23.7, 23.9; UAX #9; UTS #39)
    "override": "exe\u202egnp.doc\u202c".encode(),
    "embeddings": "\u202a\u202b\u202d".encode(),
    "isolates": "\u2066a\u2067b\u2068c\u2069".encode(),
    "never ended isolate": "\u2067evil".encode(),
    "separators": "a\u2028b\u2029c".encode(),
    "byte order mark": "\ufeffx\ufeff".encode(),
    "tags": "x\U000e0001\U000e0065\U000e0076\U000e007f".encode(),  # text that nobody sees
    "noncharacters": "\ufffe\uffff\ufdd0\U0001ffff\U0010ffff".encode(),
}
ATTACKS |= {f"C0 {c:02X}": b"a" + bytes([c]) + b"b" for c in [*range(0x20), 0x7f] if c not in b"\t\n"}
ATTACKS |= {f"C1 {c:02X}, 8 bits": b"a" + bytes([c]) + b"b" for c in range(0x80, 0xa0)}
ATTACKS |= {f"C1 {c:02X}, UTF-8": f"a{c:c}b".encode() for c in range(0x80, 0xa0)}

NAMED = re.compile("[\x80-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\U000e0000-\U000e007f"
                   + "".join(chr(plane << 16 | c) for plane in range(17) for c in (0xfffe, 0xffff)) + "]")
MARKS_MAX = 30  # characters without a column of their own in a row


def shown(attack):
    """The text that is to be seen of it."""
    text = re.sub("[\x00-\x08\x0a-\x1f\x7f]", lambda match: "^" + chr(ord(match[0]) ^ 0x40),
                  attack.decode(errors="replace"))
    return NAMED.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)


"""A window with a VTE terminal and nothing else in it.

    vte.py SOCKET ROWS COLUMNS COMMAND...

Whoever connects to the socket gets the text that the terminal shows.  With --version: which VTE it is.
"""

import os
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Vte", "2.91")
from gi.repository import Gio, GLib, Gtk, Vte  # noqa: E402 (the versions come first)


def tell(service, connection, _, terminal):
    """Tells what the terminal shows."""
    text = terminal.get_text(None, None)[0]
    connection.get_output_stream().write_all(text.encode(), None)
    connection.close()


def main(socket, rows, columns, *command):
    terminal = Vte.Terminal()
    terminal.set_size(int(columns), int(rows))
    window = Gtk.Window()
    terminal.connect("window-title-changed", lambda _: window.set_title(terminal.get_window_title()))
    window.add(terminal)
    window.show_all()
    service = Gio.SocketService()
    service.add_address(Gio.UnixSocketAddress.new(socket), Gio.SocketType.STREAM, Gio.SocketProtocol.DEFAULT, None)
    service.connect("incoming", tell, terminal)
    terminal.spawn_async(Vte.PtyFlags.DEFAULT, None, list(command), [f"{k}={v}" for k, v in os.environ.items()],
                         GLib.SpawnFlags.SEARCH_PATH, None, None, -1, None, None)
    Gtk.main()


if sys.argv[1:] == ["--version"]:
    print(f"{Vte.get_major_version()}.{Vte.get_minor_version()}.{Vte.get_micro_version()}")
else:
    main(*sys.argv[1:])

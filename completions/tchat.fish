# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of tchat(1) in fish.

# What a regular expression finds in the lines of the keys that are known: FILES in tchat(1).
function __tchat_known --argument-names pattern found
    set -l file $XDG_DATA_HOME
    string match -q '/*' -- $file; or set file ~/.local/share
    set file $file/tchat/known_peers
    test -f $file -a -r $file; and string replace -rfi -- "^\s*$pattern\s*\$" $found <$file
end

function __tchat_fingerprints
    __tchat_known '(?:server|caller|name)\s+(SHA256:\S+)\s+(.*\S)' '$1\t$2'
end

# The role, and the operands so far.
function __tchat_words
    set -l words (commandline -opc)
    argparse s/server c/client 4 6 A/announce a/alternate b/bind= B/bell= f/first= g/group H/history= k/keep L/list \
        l/log= n/name= p/plain r/raw t/tls U/unix w/wait= once labels members= peer= recall= recv-only send-only via= \
        fingerprint \
        pin=+ anonymous h/help V/version -- $words[2..] 2>/dev/null; or return
    set -l place ''
    set -q _flag_unix; and set place path
    set -q _flag_server; and set -p argv server$place
    set -q _flag_client; and set -p argv client$place
    printf '%s\n' $argv
end

# Whether that is the role, and so many operands are there.
function __tchat_has --argument-names role operands
    set -l words (__tchat_words)
    test "$words[1] $(count $words[2..])" = "$role $operands"
end

function __tchat_hosts
    __tchat_known 'server\s+SHA256:\S+\s+([^\s@/]\S*)\s+(\d+)' '$1\tport $2'
    __tchat_known 'server\s+SHA256:\S+\s+(@.*\S)' '$1\tlocal network'
    __fish_print_hostnames
end

function __tchat_ports
    set -l host (string escape --style=regex -- (__tchat_words)[2])
    printf '%s\tdefault\n' 8080
    __tchat_known "server\s+SHA256:\S+\s+$host\s+(\d+)" '$1\tknown'
    test -r /etc/services; and string replace -rf '^([^#\s]+)\s+(\d+)/tcp.*' '$1\t$2' </etc/services
end

function __tchat_addresses
    printf '%s\n' localhost
    __fish_print_addresses
end

# Whether none of these options is there, with which another one makes no sense.
function __tchat_without
    not __fish_contains_opt $argv
end

complete -c tchat -f
complete -c tchat -n '__tchat_has client 0' -a '(__tchat_hosts)'
complete -c tchat -n '__tchat_has server 0' -a '(__tchat_ports)'
complete -c tchat -n '__tchat_has serverpath 0; or __tchat_has clientpath 0' -F
complete -c tchat -n '__tchat_has client 1' -a '(__tchat_ports)'

complete -c tchat -s s -l server -n '__tchat_without -s c client -s w wait via' -d 'wait for a call'
complete -c tchat -s c -l client -n '__tchat_without -s s server -s A announce -s g group once members recall' -d 'call'
complete -c tchat -s 4 -n '__tchat_without -s 6 -s U unix via' -d 'only IPv4'
complete -c tchat -s 6 -n '__tchat_without -s 4 -s U unix via' -d 'only IPv6'
complete -c tchat -s a -l alternate -n '__tchat_without -s g group -s r raw recv-only send-only' \
    -d 'take strict turns, line by line (plain)'
complete -c tchat -s A -l announce -n '__tchat_without -s c client -s U unix' \
    -d 'server: tell the local network, where -L lists it'
complete -c tchat -s b -l bind -x -a '(__tchat_addresses)' -n '__tchat_without -s U unix via' \
    -d 'listen on, or call from, this address'
complete -c tchat -s B -l bell -x -a 'auto always never' -d 'ring for lines and calls: auto, always or never'
complete -c tchat -s f -l first -x -a 'me peer' -d 'with -a: who speaks first; by default the client'
complete -c tchat -s g -l group \
    -n '__tchat_without -s c client -s a alternate -s r raw recv-only send-only labels once peer' \
    -d 'server: several callers at once, who hear each other'
complete -c tchat -s H -l history -x -d 'keep so many lines to scroll back to, by default 10000'
complete -c tchat -s k -l keep -n '__tchat_without once' \
    -d 'server: one caller after the other, also in plain mode; client: call again by itself when the line breaks'
complete -c tchat -s l -l log -rF -d 'append the conversation to FILE'
complete -c tchat -s L -l list -n '__tchat_without -s s server -s c client' -d 'list who waits in the local network'
complete -c tchat -s n -l name -x -d 'your name, before your own lines and for -t'
complete -c tchat -s p -l plain -d 'lines on standard input and output, no full screen'
complete -c tchat -s r -l raw -n '__tchat_without -s a alternate -s g group labels' -d 'plain, and bytes pass unchanged'
complete -c tchat -s t -l tls -d 'encrypted, and sure who is at the other end'
complete -c tchat -s U -l unix -n '__tchat_without -s 4 -s 6 -s A announce -s b bind via' \
    -d 'by a path on this machine, in place of host and port'
complete -c tchat -s w -l wait -x -n '__tchat_without -s s server' \
    -d 'client: keep calling for so long until somebody answers'
complete -c tchat -l once -n '__tchat_without -s c client -s g group -s k keep' \
    -d 'server: one caller, and whatever comes of that'
complete -c tchat -l labels -n '__tchat_without -s g group -s r raw send-only' \
    -d 'say who spoke, before each of their lines (plain)'
complete -c tchat -l members -x -n '__tchat_without -s c client' -d 'with -g: so many callers at most, by default 32'
complete -c tchat -l peer -x -n '__tchat_without -s g group' -d 'what the other side is called here'
complete -c tchat -l recall -x -n '__tchat_without -s c client' \
    -d 'with -g: give the last N lines to those who come later'
complete -c tchat -l recv-only -n '__tchat_without -s a alternate -s g group send-only' \
    -d 'only show what arrives (plain)'
complete -c tchat -l send-only -n '__tchat_without -s a alternate -s g group labels recv-only' \
    -d 'only send what is typed (plain)'
complete -c tchat -l via -x -n '__tchat_without -s s server -s 4 -s 6 -s b bind -s U unix' \
    -d 'client: call through a command, to host %h and port %p'
complete -c tchat -l fingerprint -n '__tchat_without -s s server -s c client' -d 'show the fingerprint of your key'
complete -c tchat -l pin -x -a '(__tchat_fingerprints)' -n '__tchat_without anonymous' \
    -d 'with -t: accept only this key; may be repeated'
complete -c tchat -l anonymous -n '__tchat_without pin' -d 'with -t: also talk to who shows no key'
complete -c tchat -s h -l help -d 'show this'
complete -c tchat -s V -l version -d 'show the version'

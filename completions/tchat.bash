# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of tchat(1) in bash, with the functions of bash-completion.
# shellcheck shell=bash

# Prints what the keys tell that are known (FILES in tchat(1)): fingerprints, hosts, or ports HOST.
_tchat_known()
{
	local directory=${XDG_DATA_HOME-} kind fingerprint host port
	[[ $directory == /* ]] || directory=~/.local/share
	[[ -f $directory/tchat/known_peers && -r $directory/tchat/known_peers ]] || return
	while read -r kind fingerprint host port; do
		[[ $fingerprint == SHA256:+([[:alnum:]+/]) ]] || continue
		case $1,$kind in
		fingerprints,server | fingerprints,caller | fingerprints,name)
			echo "$fingerprint" ;;
		hosts,server)
			[[ $host == *[^[:alnum:].:%_-]* ]] || echo "$host"
			[[ $host$port != @+([[:alnum:]@._-]) ]] || echo "$host" ;; # of one word
		ports,server)
			[[ ${host,,} != "${2,,}" || $port == *[^0-9]* ]] || echo "$port" ;;
		esac
	done <"$directory/tchat/known_peers"
}

# Adds words to what is offered; of one with colons what bash takes for a word of its own.
_tchat_offer()
{
	local offered=("${COMPREPLY[@]}")
	# shellcheck disable=SC2207 # they have neither blanks nor wildcards
	COMPREPLY=($(compgen -W "$1" -- "$cur"))
	__ltrim_colon_completions "$cur"
	COMPREPLY+=("${offered[@]}")
}

# shellcheck disable=SC2034 # the lists of options are used by their names
_tchat()
{
	local any='-4 -6 -a --alternate -b --bind -B --bell -f --first -H --history -k --keep -l --log -n --name
		-p --plain -r --raw -t --tls -U --unix --labels --peer --recv-only --send-only --pin --anonymous'
	local server='-A --announce -g --group --once --members --recall' client='-w --wait --via'
	local neither="-s --server -c --client --fingerprint -L --list -h --help -V --version $server $client"
	local cur prev words cword split
	_init_completion -s -n : || return

	# What was typed before: the role, the operands, and the option whose value is being typed.
	local role=neither local='' operands=() option='' flags i
	for ((i = 1; i < cword; i++)); do
		option=
		case ${words[i]} in
		--)
			operands+=("${words[@]:i+1:cword-i-1}")
			break
			;;
		--server | --client)
			role=${words[i]#--}
			;;
		--unix)
			local=path
			;;
		--bind | --bell | --first | --history | --log | --name | --wait | --members | --peer | --recall | --via | \
			--pin)
			option=${words[i++]}
			;;
		-[!-]*)
			flags=${words[i]%%[bBfHlnw]*}
			[[ $flags != *s* ]] || role=server
			[[ $flags != *c* ]] || role=client
			[[ $flags != *U* ]] || local=path
			[[ ${words[i]} != "$flags"? ]] || option=-${words[i++]: -1}
			;;
		[!-]*)
			operands+=("${words[i]}")
			;;
		esac
	done
	# shellcheck disable=SC2154 # _init_completion -s sets it
	! $split || option=$prev

	case $option in
	-b | --bind)
		_ip_addresses -a
		__ltrim_colon_completions "$cur"
		_tchat_offer localhost
		;;
	-B | --bell)
		_tchat_offer 'auto always never'
		;;
	-f | --first)
		_tchat_offer 'me peer'
		;;
	-l | --log)
		_filedir
		;;
	--pin)
		_tchat_offer "$(_tchat_known fingerprints)"
		;;
	esac
	[[ ! $option ]] || return

	if [[ $cur == -* || $role == neither ]]; then
		_tchat_offer "$any ${!role}"
		return
	fi
	case $role$local${#operands[@]} in
	clientpath0 | serverpath0)
		_filedir
		;;
	client0)
		_known_hosts_real -a -- "$cur"
		_tchat_offer "$(_tchat_known hosts)"
		;;
	client1 | server0)
		_tchat_offer "8080 $(_tchat_known ports "${operands[0]-}") $(compgen -A service -- "$cur")"
		;;
	esac
} && complete -F _tchat tchat

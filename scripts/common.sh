# What scripts/run and scripts/check share; both work in the top directory of the tree.
# shellcheck shell=sh

cd "$(dirname "$0")/.." || exit 1

# What it takes to build tchat.
build_packages='autoconf automake gcc libbsd-dev libc6-dev libgnutls28-dev libncurses-dev libreadline-dev libseccomp-dev make pkg-config'

# What the benchmarks compare it with, and need.
# shellcheck disable=SC2034 # not everybody needs that
bench_packages='catgirl irssi ncat netcat-openbsd openssl python3 socat weechat-curses'

# Runs a command with its output going to a file; shows the end of that only if the command fails.
quietly() {
	log=$1
	shift
	"$@" >"$log" 2>&1 </dev/null && return
	tail -n 100 "$log" >&2
	echo "$0: failed: $*" >&2
	echo "$0: all of its output is in $log" >&2
	return 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# Installs those Debian packages that are missing.  Elsewhere configure will say what it misses.
install_packages() {
	command -v apt-get >/dev/null || return 0
	missing=
	for package; do
		case $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	echo "$0: installing$missing" >&2
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		echo "$0: only root can do that, and there is no sudo here" >&2
		return 1
	fi
	mkdir -p build
	as_root true || return 1 # here sudo may ask for a password
	quietly build/packages.log as_root apt-get -q update || return 1
	# shellcheck disable=SC2086 # the names are words
	quietly build/packages.log as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y --no-install-recommends install $missing
}

# Installs what it takes to fuzz: clang, part of which some releases have in a package of its own.
install_fuzzing_packages() {
	install_packages clang || return 1
	mkdir -p build
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		clang -fsanitize=fuzzer,address -x c -o build/clang-can-fuzz - 2>/dev/null ||
		install_packages libclang-rt-dev
}

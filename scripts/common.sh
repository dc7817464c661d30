# What the scripts share.  They work in the top directory of the tree, through whatever link they were called.
# shellcheck shell=sh

cd "$(dirname "$(readlink -f "$0")")/.." || exit 1

# What it takes to build tchat.
# shellcheck disable=SC2034 # not everybody needs that
build_packages='autoconf automake autopoint gcc gettext libbsd-dev libc6-dev libgnutls28-dev libncurses-dev
	libreadline-dev libseccomp-dev make pkg-config po4a'

# What the benchmarks need, and what else they compare it with, where the system has it.
# shellcheck disable=SC2034
bench_packages='ncat netcat-openbsd openssl python3 python3-cryptography
	python3-pyte python3-pytest socat'
# shellcheck disable=SC2034
bench_optional_packages='catgirl irssi weechat-curses'

# Runs a command with its output going to a file; only if it fails shows the end of that, and what pytest says failed.
quietly() {
	log=$1
	shift
	"$@" >"$log" 2>&1 </dev/null && return
	tail -n 100 "$log" >&2
	grep -E '^(E  |FAILED |ERROR )' "$log" | tail -n 40 >&2
	echo "$0: failed: $*" >&2
	echo "$0: all of its output is in $log" >&2
	return 1
}

# What the tests in a log say of themselves, and how many were skipped for which reason.
summary() {
	sed -n 's/^# TOTAL: */    unit test programs: /p; s/^# SKIP: *\([1-9].*\)/        \1 skipped/p
		s/^\([0-9]* passed.*\)/    end to end: \1/p; s/^[a-z]*: executions/    &/p' "$1"
	sed -n 's/^SKIPPED \[\([0-9]*\)\] [^ ]*: /\1 /p' "$1" | awk '
		{ count = $1; sub(/^[0-9]+ /, ""); skipped[$0] += count }
		END { for (reason in skipped) printf "        %d skipped: %s\n", skipped[reason], reason }' | sort -rn
}

# begin NAME: the headline of a step, and the name of its log, in the folder work.
begin() {
	name=$1
	before=$(date +%s)
	# shellcheck disable=SC2154 # it is whose steps these are that sets work
	log=$work/$(printf %s "$name" | tr -c '[:alnum:]' -).log
	printf '%-32s ' "$name"
}

# step NAME COMMAND...: runs the command, under a headline that says how it went.
step() {
	begin "$1"
	shift
	if ! quietly "$log" "$@"; then
		echo "$0: FAILED: $name"
		exit 1
	fi
	echo "ok, $(($(date +%s) - before)) s"
	summary "$log"
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "$0: only root can do that, and there is no sudo here" >&2
		return 1
	fi
}

# Whether a Debian package is installed for this machine; one of another architecture beside it does not count.
is_installed() {
	dpkg-query --show --showformat='${db:Status-Status} ${Architecture}\n' "$1" 2>/dev/null |
		grep -Eqx "installed (all|$(dpkg --print-architecture))"
}

# Installs those Debian packages that are missing.  Elsewhere configure will say what it misses.
install_packages() {
	command -v apt-get >/dev/null || return 0
	missing=
	for package; do
		is_installed "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	echo "$0: installing$missing" >&2
	mkdir -p build
	# Here sudo may ask for a password.  The names are words.
	# shellcheck disable=SC2016,SC2086
	quietly build/packages.log as_root sh -c '
		export DEBIAN_FRONTEND=noninteractive
		apt-get -q update && apt-get -q -y --no-install-recommends install "$@"' sh $missing
}

# The same with what one can do without: not every release of Debian has it.
install_optional_packages() {
	for package; do
		install_packages "$package" 2>build/optional.log || echo "$0: $package cannot be had, and is left out" >&2
	done
}

# Installs what it takes to fuzz: clang, part of which some releases have in a package of its own.
install_fuzzing_packages() {
	install_packages clang || return 1
	mkdir -p build
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		clang -fsanitize=fuzzer,address -x c -o build/clang-can-fuzz - 2>/dev/null ||
		install_packages libclang-rt-dev
}

# Somebody without rights, where root is to be somebody else.
user=60123

# Makes the archive in a clone, where its date is the commit's.  Arguments: the clone, how old it seems, where in it.
# shellcheck disable=SC2016 # a script for another shell
make_archive='
	cd "$1" && unset SOURCE_DATE_EPOCH && find . -name .git -prune -o -exec touch -h -d "$2" {} + &&
	autoreconf -i && mkdir -p "$3" && cd "$3" && "$OLDPWD/configure" && make dist'

# same_archive COMMIT DIRECTORY: has two people make the archive of a commit, who differ in all that must not matter:
# folder, umask, time zone, language, the age of the files and, if this is root, the user.  Whether it is the same;
# then it is in DIRECTORY.
same_archive() (
	place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT && chmod 755 "$place" || exit
	somebody='env'
	[ "$(id -u)" -ne 0 ] || somebody="setpriv --reuid=$user --regid=$user --clear-groups env"
	localedef -i fr_FR -f UTF-8 "$place/fr_FR.UTF-8" || echo 'both speak English'
	umask 022 && git clone -q . "$place/one" && git -C "$place/one" checkout -q "$1" &&
		TZ=UTC+12 LC_ALL=C sh -c "$make_archive" sh "$place/one" 2001-02-03 . || exit
	umask 077 && git clone -q . "$place/two" && git -C "$place/two" checkout -q "$1" || exit
	[ "$somebody" = env ] || chown -R "$user:$user" "$place/two" || exit
	# shellcheck disable=SC2086 # they are words
	$somebody HOME="$place/two" TZ=UTC-12 LC_ALL=fr_FR.UTF-8 LANGUAGE=fr LOCPATH="$place" \
		sh -c "$make_archive" sh "$place/two" 2021-02-03 build || exit
	cmp "$place"/one/*.tar.gz "$place"/two/build/*.tar.gz && cp -p "$place"/one/*.tar.gz "$2"
)

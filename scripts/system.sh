# What the scripts share that try tchat in another Debian, after scripts/common.sh.  Each sets system, its folder.
# shellcheck shell=sh

# may_make_system SUITE...: leaves with status 2 where that cannot be.
may_make_system() {
	if [ "$(id -u)" -ne 0 ]; then
		echo "$0: only root can make another system" >&2
		exit 2
	fi
	mkdir -p build && chown --reference=. build
	install_packages debootstrap git iproute2
	for suite; do
		case $suite in
		*[!a-z]* | '') ;;
		*) [ ! -e "/usr/share/debootstrap/scripts/$suite" ] || continue ;;
		esac
		echo "$0: '$suite' is no suite of Debian, such as trixie" >&2
		exit 2
	done
}

# In a mount namespace of its own, so that nothing remains mounted, and as the root of that: some tests mount, too.
# Where alone is --net, there is no network but loopback.
alone=
in_system() {
	# shellcheck disable=SC2016,SC2086,SC2154 # a script for another shell; no word or one; system is whose it is
	unshare --mount --pid --ipc $alone --fork --kill-child sh -ec '
		system=$1 alone=$2
		shift 2
		[ -z "$alone" ] || ip link set lo up
		mount --make-rprivate /
		mount --bind "$system" "$system"
		cd "$system"
		mount -t proc proc proc
		mount --rbind /sys sys
		mount --rbind /dev dev
		mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
		mount --bind dev/pts/ptmx dev/ptmx
		mount -t tmpfs -o mode=1777 tmpfs dev/shm
		exec chroot . env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=xterm "$@"
	' sh "$system" "$alone" "$@"
}

# as_somebody SETTING... COMMAND...: the same as its ordinary user, whose language is French.
as_somebody() {
	in_system runuser -u somebody -- env -i HOME=/home/somebody USER=somebody LOGNAME=somebody \
		PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games LANG=fr_FR.UTF-8 TERM=xterm "$@"
}

# make_system SUITE ARCHITECTURE [PACKAGE]...: a system with what everybody has, and these packages.  An archive whose
# lists are old will do, as that of an old release; dpkg need not wait for the disk; and no service is started there.
make_system() {
	suite=$1 base=$2
	shift 2
	packages=$(printf ',%s' locales "$@")
	rm -rf --one-file-system "$system" &&
		unshare --mount debootstrap --arch="$base" --variant=minbase --include="${packages#,}" \
			"$suite" "$system" &&
		cp /etc/resolv.conf "$system/etc/resolv.conf" &&
		echo force-unsafe-io >"$system/etc/dpkg/dpkg.cfg.d/unsafe-io" &&
		echo 'Acquire::Check-Valid-Until "false";' >"$system/etc/apt/apt.conf.d/old-lists" &&
		printf '#!/bin/sh\nexit 101\n' >"$system/usr/sbin/policy-rc.d" &&
		chmod 755 "$system/usr/sbin/policy-rc.d" &&
		printf '%s\n' '127.0.0.1	localhost' '127.0.1.1	debian' '::1	localhost ip6-localhost ip6-loopback' \
			'ff02::1	ip6-allnodes' 'ff02::2	ip6-allrouters' >"$system/etc/hosts" &&
		echo 'fr_FR.UTF-8 UTF-8' >"$system/etc/locale.gen" &&
		in_system locale-gen &&
		in_system useradd --create-home --shell /bin/bash somebody
}

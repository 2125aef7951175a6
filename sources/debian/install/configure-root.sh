#!/bin/sh
# Configures a root whose packages are mostly unpacked already. Runs inside that root, in a sandbox.
#
# Next to it lie foundation (names, one per line), dpkg.cfg, and the archives first-*.deb and rest-*.deb, which dpkg unpacks
# before and after it configures the foundation.
set -eu
umask 022
stage=/.haos-build
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true DEBCONF_NOWARNINGS=yes
unset LANG

mkdir -p /run/lock /run/bin /etc/dpkg/dpkg.cfg.d
config=/etc/dpkg/dpkg.cfg.d/haos-build
cat "$stage/dpkg.cfg" >"$config"

# Prevents services from starting (invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
else
  policy=
fi
# Each node generates its own host keys. Existing files prevent the package from spending seconds on keys that would be
# discarded.
mkdir -p /etc/ssh
for kind in rsa ecdsa ed25519; do : >"/etc/ssh/ssh_host_${kind}_key"; done

# The package ca-certificates collects all certificates when it is configured, and again when its own trigger runs.
# Each time it starts 700 processes, which is half of all. Running it once, at the end, gives the same result.
printf '#!/bin/sh\necho "$*" >>/run/certificates\n' >/run/bin/update-ca-certificates
chmod 755 /run/bin/update-ca-certificates
plain_path=$PATH
PATH=/run/bin:$PATH

# Unpacks archives in the order of their names, not the disk's. Arguments: `first` or `rest`, and options for dpkg.
unpack() {
  archives=$stage/$1
  shift
  for archive in "$archives"-*.deb; do
    [ -e "$archive" ] || return 0
  done
  /usr/bin/dpkg --no-triggers --unpack "$@" "$archives"-*.deb
}

# Absolute paths, because busybox as a shell would prefer its own applets of these names.
# The order is debootstrap's: the foundation is configured before anything relies on it.
unpack first --force-depends
# Names hold no spaces.
# shellcheck disable=SC2046
/usr/bin/dpkg --no-triggers --force-depends --configure $(cat "$stage/foundation")
unpack rest
/usr/bin/dpkg --configure --pending

# shellcheck disable=SC2016
unfinished=$(/usr/bin/dpkg-query --show --showformat '${binary:Package} is ${db:Status-Status}\n' | grep -v ' is installed$' || true)
if [ -n "$unfinished" ]; then
  echo "$unfinished" | sed 's/^/not configured: /' >&2
  exit 1
fi

PATH=$plain_path
if [ -e /run/certificates ]; then
  echo 'Processing triggers for ca-certificates (once) ...'
  if grep -q -e --fresh /run/certificates; then update-ca-certificates --fresh; else update-ca-certificates; fi
fi

rm "$config"
[ -z "$policy" ] || rm "$policy"
rmdir /etc/ssh 2>/dev/null || true
rm -rf /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id /etc/iscsi/initiatorname.iscsi \
  /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid- /etc/.pwd.lock \
  /var/lib/dpkg/*-old /var/lib/dpkg/lock* /var/lib/dpkg/triggers/Lock /var/lib/dpkg/available \
  /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old /var/cache/apt/* /var/lib/apt/lists/* \
  /var/lib/systemd/random-seed /var/lib/systemd/credential.secret /var/backups/* /tmp/* /var/tmp/*
find /var/log -type f -size +0 -delete || true
# Debian's packages enable their services; here the recipe decides what starts.
rm -f /etc/rc[0-6S].d/* /etc/runlevels/*/* /etc/init.d/.depend.*
# Empty directories of excluded documentation.
find /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info /usr/share/lintian \
  -mindepth 1 -depth -type d -empty -delete 2>/dev/null || true
rm -rf "$stage"

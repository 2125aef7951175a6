#!/bin/sh
# Installs the system of an ISO onto a disk of this machine, from any Linux that runs now.
#
# The installer is the one inside the ISO, run with the programs inside the ISO; this script only gets there. Of
# the machine it needs what `need` lists below.
set -eu

usage() {
  cat <<'END'
Usage: install.sh [OPTION…] DEVICE ISO
DEVICE  the disk that is formatted (/dev/vda); with --no-format the partition to use (/dev/vda2)
ISO     URL or path

  --config PLACE     config.yaml of the installed system: URL or path
  --no-format        keep the partitions
  --partition-table gpt|msdos
                     how the disk is divided (default: gpt)
  --takeover[=reboot]
                     put the system onto the running root (DEVICE, with --no-format). At the next boot everything
                     else on it is deleted, and the machine switches off, or with "reboot" goes on
  --force-efi        refuse a disk without a place for a UEFI loader
  --tty TTY          terminal that becomes /dev/console of the installed system
  --poweroff         switch off afterwards, instead of restarting
  --debug            say more
  --stay             neither switch off nor restart afterwards
END
}

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

config='' takeover='' no_format='' leave=reboot debug=''
device='' iso=''

main() {
  read_arguments "$@"
  [ "$(id -u)" = 0 ] || fail 'only root can install: use sudo'
  for program in mount umount mktemp chroot readlink awk; do
    command -v "$program" >/dev/null || fail "$program is needed, and is not installed"
  done
  case $(uname -m) in x86_64 | aarch64 | arm*) ;; *) fail "there is no system for $(uname -m)" ;; esac
  device=$(readlink -f "$device")
  [ -b "$device" ] || fail "$device is no block device"
  if [ -n "$takeover" ]; then check_takeover; else check_unused; fi
  work=$(mktemp -d "${TMPDIR:-/var/tmp}/install.XXXXXX")
  trap clean_up EXIT
  trap 'exit 1' HUP INT TERM
  get_iso
  lay_out_root
  run_installer
  [ "$leave" != stay ] || return 0
  clean_up
  sync
  "$leave"
}

# Sets the positional parameters of the installer ($@ of run_installer) in $flags, one on each line.
read_arguments() {
  flags=''
  while [ $# -gt 0 ]; do
    case $1 in
      --config | --tty | --partition-table) [ $# -gt 1 ] || fail "$1 needs a value" ;;
    esac
    case $1 in
      --help | -h)
        usage
        exit
        ;;
      --config)
        config=$2
        shift
        ;;
      --config=*) config=${1#*=} ;;
      --tty)
        flags="$flags --tty=${2#/dev/}"
        shift
        ;;
      --tty=*) flags="$flags --tty=${1#*=}" ;;
      --partition-table)
        flags="$flags $1=$2"
        shift
        ;;
      --partition-table=*) flags="$flags $1" ;;
      --no-format) no_format=yes flags="$flags $1" ;;
      --takeover) takeover=poweroff ;;
      --takeover=reboot) takeover=reboot ;;
      --force-efi) flags="$flags $1" ;;
      --debug) debug=yes flags="$flags $1" ;;
      --poweroff | --power-off) leave=poweroff ;;
      --stay) leave=stay ;;
      -*) fail "there is no option $1: see install.sh --help" ;;
      *)
        if [ -z "$device" ]; then
          device=$1
        elif [ -z "$iso" ]; then
          iso=$1
        else fail "one word too many: $1"; fi
        ;;
    esac
    shift
  done
  if [ -z "$iso" ]; then
    usage >&2
    exit 2
  fi
  [ -z "$debug" ] || set -x
}

# The mounts of this machine are not seen from where the installer runs.
check_unused() {
  # /dev/sda1 is a part of /dev/sda, as /dev/nvme0n1p1 is of /dev/nvme0n1; /dev/sda10 is none of /dev/sda1.
  used=$(awk -v disk="$device" '
    BEGIN {part = disk ~ /[0-9]$/ ? "^p[0-9]+$" : "^[0-9]+$"}
    $1 == disk || index($1, disk) == 1 && substr($1, length(disk) + 1) ~ part {print $1 " on " $2}
  ' /proc/mounts /proc/swaps)
  [ -z "$used" ] || fail "$device is in use: $used"
  name=${device##*/}
  # A mount may have another name for its device, as /dev/root; its number is the same.
  for number in "/sys/class/block/$name/dev" "/sys/class/block/$name"/*/dev; do
    [ -e "$number" ] || continue
    used=$(awk -v number="$(cat "$number")" '$3 == number {print $5}' /proc/self/mountinfo)
    [ -z "$used" ] || fail "$device is in use: it is mounted on $used"
  done
  for holders in "/sys/class/block/$name/holders" "/sys/class/block/$name"/*/holders; do
    if [ -d "$holders" ] && [ -n "$(ls "$holders")" ]; then fail "$device is in use by $(ls "$holders")"; fi
  done
}

# Everything is found here that would keep the machine from booting afterwards; until then nothing is changed.
check_takeover() {
  [ -n "$no_format" ] || fail '--takeover keeps the partition: say --no-format too'
  root=$(awk '$2 == "/" && $1 ~ "^/dev/" {print $1, $3}' /proc/mounts | tail -n 1)
  [ "${root#* }" = ext4 ] || fail "the running root is ${root#* } rather than ext4, and cannot be taken over"
  running=$(root_device) || fail 'the device of the running root was not found'
  [ "$running" = "$device" ] || fail "$device is not the running root, which is $running"
  [ -e /boot/grub/grub.cfg ] || fail 'there is no /boot/grub/grub.cfg: only GRUB 2 can be taken over, as Debian and Ubuntu have it'
  ! awk '$2 == "/boot" {found = 1} END {exit !found}' /proc/mounts ||
    fail '/boot is a file system of its own: a root without /boot/grub cannot be taken over'
}

# /dev/root and its like are names that are no files.
root_device() {
  number=$(awk '$5 == "/" {print $3}' /proc/self/mountinfo | tail -n 1)
  name=$(readlink "/sys/dev/block/$number") || return
  echo "/dev/${name##*/}"
}

get_iso() {
  case $iso in
    http://* | https://*)
      echo "Fetching $iso"
      # Whoever sits on the way could answer where a redirect leads from https to http.
      redirects='=http,https'
      case $iso in https://*) redirects='=https' ;; esac
      if command -v curl >/dev/null; then
        curl --fail --location --proto '=http,https' --proto-redir "$redirects" --retry 5 --silent --show-error \
          --output "$work/image.iso" "$iso" || fail "the ISO could not be fetched from $iso"
      elif command -v wget >/dev/null; then
        # It has no such option, but says where it was sent.
        wget -S -O "$work/image.iso" "$iso" 2>"$work/wget.log" || fail "the ISO could not be fetched from $iso"
        [ "$redirects" != '=https' ] || ! grep -qi '^ *location: *http:' "$work/wget.log" ||
          fail "$iso leads from https to http, which is refused"
      else fail 'curl or wget is needed to fetch the ISO'; fi
      iso=$work/image.iso
      ;;
  esac
  iso=${iso#file://}
  [ -e "$iso" ] || fail "there is no $iso"
  mkdir "$work/iso"
  mount -o ro,loop "$iso" "$work/iso" 2>/dev/null ||
    mount -o ro "$iso" "$work/iso" || fail "$iso could not be mounted: it is no ISO, or this kernel lacks iso9660"
  found=''
  for layers in "$work"/iso/*/system/*/current/layers; do [ ! -e "$layers" ] || found=$layers; done
  [ -n "$found" ] || fail "there is no system on $iso"
}

# The system of the ISO as a root to run its programs in; what they write is in memory.
lay_out_root() {
  current=${found%/layers} below=''
  name=${current%/current} system=${name%/*}
  name=${name##*/} inside=${system#"$work/iso"}
  while read -r layer; do
    layer=${layer%.squashfs}
    mkdir -p "$work/layers/$layer"
    mount -t squashfs -o ro,loop "$current/$layer.squashfs" "$work/layers/$layer" ||
      fail "the layer $layer of the ISO could not be mounted: this kernel may lack squashfs with zstd"
    below=$work/layers/$layer${below:+:$below}
  done <"$current/layers"
  mkdir "$work/memory" "$work/root"
  mount -t tmpfs install "$work/memory"
  mkdir "$work/memory/upper" "$work/memory/work"
  mount -t overlay -o "lowerdir=$below,upperdir=$work/memory/upper,workdir=$work/memory/work" install "$work/root" ||
    fail 'the layers of the ISO could not be stacked: this kernel may lack overlayfs'
  root=$work/root
  for link in bin sbin lib lib64; do
    if [ -e "$root/usr/$link" ] && [ ! -e "$root/$link" ]; then ln -s "usr/$link" "$root/$link"; fi
  done
  mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/tmp" "$root$inside"
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  # Else the end of these mounts would be the end of those of the machine.
  mount --make-rslave "$root/dev"
  mount --make-rslave "$root/sys"
  mount -t tmpfs run "$root/run"
  if [ -d /run/udev ]; then
    mkdir "$root/run/udev"
    mount --bind /run/udev "$root/run/udev"
  fi
  mount --bind "$system" "$root$inside"
  rm -f "$root/etc/resolv.conf"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || :
}

run_installer() {
  case $config in
    '') ;;
    http://* | https://*) ;;
    *)
      [ -r "${config#file://}" ] || fail "there is no ${config#file://}"
      mkdir -p "$work/root/run/given"
      cp "${config#file://}" "$work/root/run/given/config.yaml"
      chmod 0600 "$work/root/run/given/config.yaml"
      config=/run/given/config.yaml
      ;;
  esac
  [ -z "$config" ] || flags="$flags --config-url=$config"
  [ -z "$takeover" ] || flags="$flags --takeover=$takeover"
  # --iso-url=: it installs itself, whatever the command line of this kernel says.
  # shellcheck disable=SC2086 # none of the flags has a blank
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM:-linux}" \
    chroot "$work/root" "/usr/bin/$name" install --silent --stay --iso-url= "--device=$device" $flags
}

clean_up() {
  trap - EXIT
  # What was mounted last goes first.
  awk -v work="$work/" 'index($2, work) == 1 {print $2}' /proc/mounts | sort -r | while read -r at; do
    umount "$at" 2>/dev/null || umount -l "$at" || :
  done
  # What could not be unmounted must not be deleted.
  if awk -v work="$work/" 'index($2, work) == 1 {found = 1} END {exit !found}' /proc/mounts; then
    echo "install.sh: $work is still in use: remove it later" >&2
  else rm -rf "$work"; fi
}

main "$@"

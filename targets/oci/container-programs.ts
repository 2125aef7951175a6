/** Programs of the packages that the node's program runs, and that busybox may lack or know too little of (flock(1), nsenter(1)). */
export const containerPrograms = [
  '/usr/bin/qjs',
  '/usr/bin/curl',
  '/usr/bin/flock',
  '/usr/bin/nsenter',
  '/usr/sbin/fsfreeze',
] as const

/** Names of busybox under which the node's program, and people who look into a container, find everything else. */
export const containerApplets =
  'awk basename cat chmod chown chroot cmp cp cut date dd df dirname du echo env false find flock fsfreeze grep gunzip gzip head hostname id kill ln losetup ls mkdir mktemp mount mountpoint mv nsenter pgrep ps pwd readlink realpath rm rmdir sed sh sha256sum sleep sort stat sync tail tar test touch tr true umount uname vi wc wget xargs'.split(
    ' ',
  )

/** The bundle of certificate authorities, at the paths where curl(1) of Debian and of Alpine looks. */
export const trustedAuthorities = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/ssl/cert.pem',
  '/etc/ssl1.1/cert.pem',
] as const

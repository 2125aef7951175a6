/**
 * Users and groups that an image has, whatever its packages: those of Debian's base-passwd and of Alpine's
 * alpine-baselayout-data, and the user of the system.
 */
export const usualAccounts: ReadonlySet<string> = new Set(
  [
    'root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc _apt nobody nogroup rancher',
    'adm tty disk kmem dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff',
    'users shutdown halt cron ftp sshd ntp guest wheel input netdev kvm ping messagebus',
  ].flatMap((line) => line.split(' ')),
)

const ways = '"" /proc/[0-9]*/root /proc/[0-9]*/cwd /proc/self/fd/* /dev/fd/* /.. /tmp/.. /oldroot /old'

/** Shell commands that try to change files of this machine in every way that might work in the sandbox. */
export const spoil = (canary: string): string =>
  [
    `for root in ${ways}`,
    `do echo spoilt >>"$root${canary}/.bashrc"`,
    `echo spoilt >"$root${canary}/new"`,
    `rm -rf "$root${canary}/ssh"`,
    `chmod 700 "$root${canary}"`,
    'done 2>/dev/null',
    'true',
  ].join('; ')

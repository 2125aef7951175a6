import type {FileMode} from '#dsl'

const SETUID_SETGID = 0o6000
const SETGID = 0o2000
const STICKY = 0o1000
const EXECUTE = 0o100

/**
 * The mode of an overlay's file in the image: `0755` or `0644` by the execute bit, because the other bits of a checkout
 * depend on the user's umask. setuid and setgid are never accidental: with them, all bits count.
 */
export const fileMode = (mode: number): FileMode =>
  (mode & SETUID_SETGID) !== 0 ? octal(mode & ~STICKY) : (mode & EXECUTE) !== 0 ? '0755' : '0644'

/**
 * The mode of an overlay's directory: `0755`, or all bits of one that is sticky or has setgid itself. setgid is dropped
 * if the parent has it too, since it was inherited (inode(7)).
 */
export function directoryMode(mode: number, parentMode: number): FileMode {
  const own = mode & ~(parentMode & SETGID)
  return (own & (STICKY | SETGID)) !== 0 ? octal(own) : '0755'
}

const octal = (mode: number): FileMode => (mode & 0o7777).toString(8).padStart(4, '0')

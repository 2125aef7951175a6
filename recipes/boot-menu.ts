import type {ImageInput} from '#dsl'

interface BootMenuOptions {
  /** First words of the titles of its entries. Default: the title of the product's identity. */
  readonly title?: string
  /** Seconds until the live system starts. Default: 5. */
  readonly timeoutSeconds?: number
  /** Kernel parameters of all entries, after those for the consoles. */
  readonly cmdline?: readonly string[]
}

/**
 * The boot menu of the medium: live, installer and rescue shell, as in the original systems.
 *
 * Both consoles get messages and a login. `/dev/console` is the last one: output of programs at boot appears on the
 * serial line, where it can be recorded. The kernel skips consoles that a machine does not have (ttyAMA0 is arm64's
 * serial line). `quiet` still shows the kernel's errors.
 */
export const bootMenu =
  ({title: chosen, timeoutSeconds = 5, cmdline = []}: BootMenuOptions = {}): NonNullable<ImageInput['boot']> =>
  ({title: product, cmdlinePrefix}) => {
    const title = chosen ?? product
    return {
      timeoutSeconds,
      default: 0,
      cmdline: ['console=tty1', 'console=ttyAMA0,115200', 'console=ttyS0,115200', ...cmdline],
      entries: [
        {title: `${title} live`, arguments: [`${cmdlinePrefix}mode=live`, 'quiet']},
        {title: `${title} installer`, arguments: [`${cmdlinePrefix}mode=install`, 'quiet']},
        {title: `${title} rescue shell`, arguments: [`${cmdlinePrefix}mode=live`, 'rescue']},
        {title: `${title} live, with all messages`, arguments: [`${cmdlinePrefix}mode=live`, `${cmdlinePrefix}debug`]},
      ],
    }
  }

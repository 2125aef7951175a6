/**
 * The lines of passwd(5), group(5), shadow(5) or gshadow(5): fields between colons, of which the first is a name.
 *
 * The files are changed themselves, as systemd-sysusers(8) does, because Debian's useradd and busybox's adduser have no
 * option in common but the name.
 */
export class AccountTable {
  #lines: readonly string[]

  constructor(text: string) {
    this.#lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  }

  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('')
  }

  /** The fields of each line. */
  get rows(): ReadonlyArray<readonly string[]> {
    return this.#lines.map((line) => line.split(':'))
  }

  find(name: string): readonly string[] | undefined {
    return this.rows.find(([first]) => first === name)
  }

  /** Replaces the line of the name in the first field, or adds one. */
  set(fields: readonly string[]): void {
    const line = fields.join(':')
    const at = this.#lines.findIndex((each) => each.split(':')[0] === fields[0])
    this.#lines = at < 0 ? [...this.#lines, line] : this.#lines.with(at, line)
  }

  remove(name: string): void {
    this.#lines = this.#lines.filter((line) => line.split(':')[0] !== name)
  }
}

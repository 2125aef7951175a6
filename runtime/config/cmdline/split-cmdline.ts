/**
 * Splits a kernel command line at white space that is not in double quotes.
 *
 * Quotes count around a whole item, as the kernel and GRUB rewrite it (`"run_cmd=echo hi"`), and
 * directly after "=" (`run_cmd="echo hi"`). Elsewhere they are literal. The original program did the same.
 */
export const splitCmdline = (line: string): readonly string[] =>
  // Not \s: other kinds of space are letters to the kernel (isspace(3) in the C locale).
  line.match(/"[^"]+"|[^\t\n\f\r ]+="[^"]+"|[^\t\n\f\r ]+/g) ?? []

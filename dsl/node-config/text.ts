import * as z from 'zod/mini'

/** A test of a text, with the message and the hint when it fails. Neither repeats the text: it may be secret. */
export type TextRule = readonly [
  test: (text: string) => boolean,
  message: string,
  hint: string,
  /** The text counts all the same: the rule is a remark. */
  kind?: 'remark',
]

/** A text that must pass some rules, in this order. The node does not use a text that does not, and reports the first it breaks. */
export const textThat = (...rules: readonly TextRule[]) =>
  z
    .string()
    .check(
      ...rules.map(([test, message, hint, kind]) =>
        z.refine<string>(test, {error: message, params: {hint, isApplied: kind === 'remark'}, abort: true}),
      ),
    )

/** A placeholder that a tool should have filled in: `${NAME}`, `$NAME`, `%NAME%`, `{{ name }}`, `<name>`. */
const placeholder = /\$\{[^\s{}]+\}|^\$[A-Za-z_]\w*$|^%\w+%$|\{\{[^{}]*\}\}|^<[\w -]+>$/

/** The value must have been filled in. Not for commands and file contents, where these forms have a meaning. */
export const filledIn: TextRule = [
  (text) => !placeholder.test(text),
  'contains a placeholder that was never filled in',
  'Replace it with the real value, or remove the key.',
]

/** The same where a variable within the text is one, too: such a text holds no `$` of its own. */
export const withoutVariables: TextRule = [
  (text) => !placeholder.test(text) && !/\$[A-Za-z_]/.test(text),
  'contains a placeholder or a variable that was never filled in',
  'Replace it with the real value: no shell reads it.',
]

/** The value must not be empty. */
export const notEmpty: TextRule = [(text) => text !== '', 'is empty', 'Give it a value, or remove it.']

/** The value must be on one line, because it is written into files that are read line by line. */
export const oneLine: TextRule = [
  (text) => !/[\r\n\0]/.test(text),
  'must be on one line',
  'Remove the line break; `|` and `>` in YAML leave one at the end, `|-` and `>-` do not.',
]

/** One host: a name or an address, without port or list. */
export const oneHost: TextRule = [
  (text) => /^[A-Za-z0-9._:-]*$/.test(text),
  'must be one host name or address',
  'Write one item for each server, without commas or spaces.',
]

/** An IPv4 or IPv6 address (RFC 4291), the latter with or without a zone. */
export const ipAddress: TextRule = [
  (text) => text === '' || isIpAddress(text.replace(/%[\w.-]+$/, '')),
  'must be an IP address, such as 1.1.1.1 or 2606:4700:4700::1111',
  'Write one item for each server, as an address: names cannot be resolved before a name server is known.',
]

/** Whether a text is an IPv4 or IPv6 address, without a zone. */
export const isIpAddress = (text: string): boolean => isIpv4(text) || isIpv6(text)

export const isIpv4 = (text: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) < 256)

function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1)
  const dotted = last !== undefined && isIpv4(last)
  const count = groups.length + (dotted ? 1 : 0)
  const hex = dotted ? groups.slice(0, -1) : groups
  return hex.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) && (halves.length === 2 ? count < 8 : count === 8)
}

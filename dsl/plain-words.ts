import type * as z from 'zod'

/** The message for a value if the schema has none of its own: completes "name …". */
export const plainWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${nounOf(issue.expected)}`
    case 'too_small':
      return bound(issue.origin, 'at least', issue.minimum, issue.exact)
    case 'too_big':
      return bound(issue.origin, 'at most', issue.maximum, issue.exact)
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`
    case 'invalid_union':
      return issue.discriminator !== undefined && Array.isArray(issue.options)
        ? `must be ${oneOf(issue.options)}`
        : 'matches none of the accepted forms'
    case 'invalid_format':
      return `must be ${formats[issue.format] ?? `written as ${issue.format}`}`
    case 'invalid_key':
      return issue.issues.find(({code}) => code === 'custom')?.message ?? 'has an invalid key'
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    default:
      return undefined
  }
}

/** A type in plain words. */
export const nounOf = (type: string): string => nouns[type] ?? type

const nouns: Readonly<Record<string, string>> = {
  array: 'a list: […]',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object: {…}',
  record: 'an object: {…}',
  string: 'a text',
}

const formats: Readonly<Record<string, string>> = {
  base64: 'in Base64',
  date: 'a date such as "2026-01-31"',
  regex: 'in the expected format',
  url: 'a URL',
}

function bound(origin: string, limit: string, value: number | bigint, exact = false): string {
  const amount = exact ? `${value}` : `${limit} ${value}`
  if (limit === 'at least' && value === 1 && ['array', 'set', 'string'].includes(origin)) return 'must not be empty'
  if (origin === 'string') return `must have ${amount} characters`
  if (['array', 'set', 'map', 'object'].includes(origin)) return `must have ${amount} entries`
  return `must be ${amount}`
}

function oneOf(values: readonly unknown[]): string {
  const words = values.map((value) => JSON.stringify(value))
  return words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`
}

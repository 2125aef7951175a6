/** A member of foreign JSON at any depth; undefined if a part of the path is missing. */
export const member = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), value)

/** As `member`; undefined unless it is a string that is not empty, or a number. */
export function textMember(value: unknown, ...path: ReadonlyArray<string | number>): string | undefined {
  const found = member(value, ...path)
  return typeof found === 'number' ? String(found) : typeof found === 'string' && found !== '' ? found : undefined
}

/** The lines of a text that are not empty. */
export const linesOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** The strings of a list. */
export const textsOf = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : []

/** The items of a list; none if it is none. */
export const itemsOf = (list: unknown): readonly unknown[] => (Array.isArray(list) ? list : [])

/** What the data sources have delivered: one file for each value. */
export const directory = '/run/config'
/** Which source each value is from, as JSON. */
export const originsFile = `${directory}/origins.json`

/** The content of that file. Its members are read with `textMember`. */
export function parseOrigins(text: string | undefined): object {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

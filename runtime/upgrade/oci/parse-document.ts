/** Parses JSON; undefined if it is not what the schema says. */
export function parseDocument<Value>(
  schema: {safeParse(value: unknown): {success: true; data: Value} | {success: false}},
  text: string,
): Value | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const result = schema.safeParse(value)
  return result.success ? result.data : undefined
}

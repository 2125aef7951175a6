/**
 * A value as YAML 1.2 in block style. Texts that could be read as another type are quoted as in JSON, which is valid
 * YAML.
 */
export function renderYaml(value: unknown, indent = ''): string {
  if (Array.isArray(value))
    return value.length === 0 ? '[]' : value.map((item) => `${indent}- ${renderItem(item, `${indent}  `)}`).join('\n')
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    if (entries.length === 0) return '{}'
    return entries.map(([key, item]) => `${indent}${renderScalar(key)}:${renderValue(item, indent)}`).join('\n')
  }
  return renderScalar(value)
}

function renderItem(item: unknown, indent: string): string {
  // The first line of a nested block follows its dash.
  return renderYaml(item, indent).trimStart()
}

function renderValue(item: unknown, indent: string): string {
  if (Array.isArray(item) && item.length > 0) return `\n${renderYaml(item, indent)}`
  const text = renderYaml(item, `${indent}  `)
  return typeof item === 'object' && item !== null && text.startsWith(' ') ? `\n${text}` : ` ${text}`
}

const isPlain = /^[A-Za-z/][\w@%+/.-]*$/
const isReserved = /^(?:true|false|null|yes|no|on|off|y|n)$/i

const renderScalar = (value: unknown): string =>
  typeof value === 'string' && (!isPlain.test(value) || isReserved.test(value)) ? JSON.stringify(value) : String(value)

/** The first document of a YAML stream, and the offset of the next one if that has content. */
export interface FirstDocument {
  readonly text: string
  readonly nextAt?: number
}

/**
 * Cuts a stream after its first document.
 *
 * `---` and `...` in the first column end a document even inside a text (YAML 1.2, section 9.1.2), so the
 * rest need not be valid for the first to be read.
 */
export function firstDocument(stream: string): FirstDocument {
  let started = false
  let ended: {readonly at: number; readonly after: number} | undefined
  for (const {0: line, index} of stream.matchAll(/.+/g)) {
    const marker = /^(?:---|\.\.\.)(?=\s|$)/.exec(line)?.[0]
    if (ended === undefined && marker !== undefined && (started || marker === '...'))
      ended = {at: index, after: index + marker.length}
    const says = marker === undefined ? /^\s*[^\s#]/.test(line) : /^...\s+[^\s#]/.test(line)
    if (ended !== undefined && says) return {text: stream.slice(0, ended.at), nextAt: index}
    if (marker === '---' || (says && !line.startsWith('%'))) started = true
  }
  return {text: ended === undefined ? stream : stream.slice(0, ended.at)}
}

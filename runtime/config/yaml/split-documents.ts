import {firstDocument} from './first-document.ts'

/** A document of a YAML stream. */
interface Document {
  readonly text: string
  /** Number of lines of the stream before it. */
  readonly linesBefore: number
}

/** The documents of a YAML stream that have content. */
export function splitDocuments(stream: string): readonly Document[] {
  const documents: Document[] = []
  let linesBefore = 0
  for (let rest = stream; ; ) {
    const {text, nextAt} = firstDocument(rest)
    documents.push({text, linesBefore})
    if (nextAt === undefined) return documents
    linesBefore += rest.slice(0, nextAt).match(/\r\n|\r|\n/g)?.length ?? 0
    rest = rest.slice(nextAt)
  }
}

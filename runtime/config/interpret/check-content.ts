import {decodeContent} from '../../text/decode-content.ts'
import {type KeyPath, reasonOf} from '../problem.ts'
import type {SourceReport} from './source-report.ts'

/** Whether the content of a file is what its encoding says; what has no encoding, or one that nobody knows, is not looked at. */
export function checkContent(item: ReadonlyMap<string, unknown>, path: KeyPath, report: SourceReport): boolean {
  const [content, encoding] = [item.get('content') ?? '', item.get('encoding') ?? '']
  if (typeof content !== 'string' || typeof encoding !== 'string') return true
  try {
    decodeContent(content, encoding)
    return true
  } catch (error) {
    report.add([...path, 'content'], reasonOf(error), {
      hint: 'Use what `base64 FILE` prints, or `gzip -c FILE | base64` where the encoding begins with "gz".',
    })
    return false
  }
}

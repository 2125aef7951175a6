import {decodeContent} from '../../text/decode-content.ts'
import {type KeyPath, reasonOf} from '../problem.ts'
import type {SourceReport} from './source-report.ts'

/**
 * Whether the content of a file can be decoded with its encoding. Does not check content without an encoding, or with
 * an unknown one.
 */
export function checkContent(item: ReadonlyMap<string, unknown>, path: KeyPath, report: SourceReport): boolean {
  const [content, encoding] = [item.get('content') ?? '', item.get('encoding') ?? '']
  if (typeof content !== 'string' || typeof encoding !== 'string') return true
  try {
    decodeContent(content, encoding)
    return true
  } catch (error) {
    report.add([...path, 'content'], reasonOf(error), {
      hint: 'Use what `base64 FILE` prints, or `gzip -c FILE | base64` if the encoding begins with "gz".',
    })
    return false
  }
}

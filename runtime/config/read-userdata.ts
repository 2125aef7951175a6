import type {Identity} from '#dsl'
import {encodeBase64} from '../text/encode-base64.ts'
import {gunzip} from '../text/gunzip.ts'
import {type DecodedText, decodeText} from './decode-text.ts'
import type {Statement} from './interpret/interpret-source.ts'
import {isMime} from './mime/parse-mime.ts'
import {reasonOf} from './problem.ts'

/** What userdata turned out to be: YAML to read, statements that run it, an archive of such, or a reason why it is nothing of these. */
export type Userdata =
  | {readonly kind: 'yaml'; readonly decoded: DecodedText}
  | {readonly kind: 'script'; readonly statements: readonly Statement[]}
  | {readonly kind: 'parts'; readonly data: Uint8Array | string}
  | {readonly kind: 'refused'; readonly message: string; readonly hint: string}

/** Distinguishes cloud-config, scripts and programs. Compressed data is judged by its content. */
export function readUserdata(
  data: Uint8Array | string,
  identity: Identity,
  {name = 'userdata', isUnpacked = false} = {},
): Userdata {
  if (typeof data !== 'string' && data[0] === 0x1f && data[1] === 0x8b && !isUnpacked) {
    try {
      return readUserdata(gunzip(data), identity, {name, isUnpacked: true})
    } catch (error) {
      return {
        kind: 'refused',
        message: `cannot be decompressed: ${reasonOf(error)}`,
        hint: 'Pass it to the cloud as plain text, or compress it with gzip again.',
      }
    }
  }
  if (isMime(data)) return {kind: 'parts', data}
  const isBinary = typeof data === 'string' ? data.includes('\0') : data.includes(0)
  const decoded = decodeText(data)
  const isMarked = typeof data !== 'string' && data[0] === 0xef
  if (isBinary || (decoded.text.startsWith('#!') && !isMarked))
    return {kind: 'script', statements: toRun(data, decoded, `${identity.runDir}/${name}`)}
  if (decoded.text.startsWith('#!'))
    return {
      kind: 'refused',
      message: 'begins with a byte order mark, so it is not a script',
      hint: 'Save it as UTF-8 without the mark.',
    }
  if (/^##\s*template:\s*jinja/i.test(decoded.text))
    return {
      kind: 'refused',
      message: 'is a Jinja template, which only cloud-init fills in',
      hint: 'Fill in its values before it is passed to the cloud, and remove the line "## template: jinja".',
    }
  if (isForCloudInit(decoded.text))
    return {
      kind: 'refused',
      message: 'is in a format that only cloud-init reads',
      hint: 'Pass a cloud-config, or a script that begins with "#!".',
    }
  return {kind: 'yaml', decoded}
}

/**
 * Whether the first line names a format of cloud-init, and is not a comment above a key: comments may begin with any
 * word.
 */
const isForCloudInit = (text: string): boolean =>
  /^#(?:include|cloud-boothook|part-handler|upstart-job)(?![^\n]*\n(?:[^\S\n]*(?:#[^\n]*)?\n)*[^\S\n]*[\w"'-]+:\s)/.test(
    text,
  )

/** Statements that write the program to a file and run it. */
function toRun(data: Uint8Array | string, {text, damaged}: DecodedText, path: string): readonly Statement[] {
  const asText = typeof data === 'string' || (!damaged && !data.includes(0))
  const file = {
    path,
    content: asText ? text : encodeBase64(data),
    encoding: asText ? '' : 'b64',
    owner: 'root',
    permissions: '0700',
  }
  return [stated('write_files', [file]), stated('run_cmd', [`source ${path}`])]
}

const stated = (field: string, value: Statement['written']): Statement => ({path: [field], value, written: value})

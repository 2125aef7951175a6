import type {CachedResult} from '../run/result-cache.ts'

// The Remote Execution API's ActionResult (build/bazel/remote/execution/v2/remote_execution.proto) in protobuf's encoding, as far as one
// file needs it. Servers such as bazel-remote refuse other entries. A protobuf library is larger than haos-build's whole engine.

/** Path of the result among the output files of an entry. */
const resultPath = 'result'

/** Field numbers of the messages. */
const fields = {
  actionResult: {outputFiles: 2},
  outputFile: {path: 1, digest: 2},
  digest: {hash: 1, sizeBytes: 2},
} as const

/** An ActionResult with one output file. */
export const renderActionResult = ({digest, sizeBytes}: CachedResult): Uint8Array =>
  delimited(
    fields.actionResult.outputFiles,
    Buffer.concat([
      delimited(fields.outputFile.path, Buffer.from(resultPath)),
      delimited(
        fields.outputFile.digest,
        Buffer.concat([delimited(fields.digest.hash, Buffer.from(digest)), number(fields.digest.sizeBytes, sizeBytes)]),
      ),
    ]),
  )

/** The output file that an ActionResult names. Undefined if the bytes are something else. */
export function parseActionResult(bytes: Uint8Array): CachedResult | undefined {
  try {
    for (const file of messagesOf(bytes, fields.actionResult.outputFiles)) {
      const [path] = messagesOf(file, fields.outputFile.path)
      if (path === undefined || Buffer.from(path).toString() !== resultPath) continue
      const [name] = messagesOf(file, fields.outputFile.digest)
      if (name === undefined) return undefined
      const [hash] = messagesOf(name, fields.digest.hash)
      const digest = Buffer.from(hash ?? []).toString('latin1')
      const size = [...readFields(name)].find(({field}) => field === fields.digest.sizeBytes)?.value ?? 0
      if (!/^[0-9a-f]{64}$/.test(digest) || typeof size !== 'number' || !Number.isSafeInteger(size)) return undefined
      return {digest, sizeBytes: size}
    }
    return undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** A number in protobuf's variable length: seven bits a byte, the lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest])
    bytes.push((rest % 128) + 128)
  }
}

// Protobuf's wire types: 0 a number, 1 eight bytes, 2 bytes with their length in front, 5 four bytes.
/** A number's field, which is left out if it is zero. */
const number = (field: number, value: number): Uint8Array =>
  value === 0 ? Buffer.alloc(0) : Buffer.concat([varint(field * 8), varint(value)])

const delimited = (field: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes])

interface Field {
  readonly field: number
  /** A number or bytes; undefined for the types that no field of ours has. */
  readonly value: number | Uint8Array | undefined
}

const messagesOf = (bytes: Uint8Array, wanted: number): Uint8Array[] =>
  [...readFields(bytes)].flatMap(({field, value}) => (field === wanted && value instanceof Uint8Array ? [value] : []))

/** The fields of a message. Throws a RangeError if it is not a message. */
function* readFields(bytes: Uint8Array): Generator<Field> {
  let at = 0
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new RangeError('the message ends early')
    at += length
    return bytes.subarray(at - length, at)
  }
  const takeNumber = (): number => {
    let value = 0
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const [byte = 0] = take(1)
      value += (byte % 128) * scale
      if (byte < 128) return value
    }
    throw new RangeError('the number is too long')
  }
  while (at < bytes.length) {
    const tag = takeNumber()
    const [field, type] = [Math.floor(tag / 8), tag % 8]
    if (type === 0) yield {field, value: takeNumber()}
    else if (type === 2) yield {field, value: take(takeNumber())}
    else if (type === 1 || type === 5) yield {field, value: void take(type === 1 ? 8 : 4)}
    else throw new RangeError(`protobuf has no type ${type}`)
  }
}

import type {Digest} from '../store/digest.ts'

/** The value of a key, made when it is first wanted. */
export function memoize<Value>(
  memory: Map<Digest, Promise<Value>>,
  key: Digest,
  make: () => Promise<Value>,
): Promise<Value> {
  const known = memory.get(key)
  if (known !== undefined) return known
  const made = make()
  memory.set(key, made)
  return made
}

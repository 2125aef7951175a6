import {join} from 'node:path'
import {type DebianRepository, HaosError, redactUrl} from '#dsl'
import {digestOfBytes, makeDirectory, readBody, writeAtomically} from '#engine'
import {type ExplainContext, readKeyFile} from '#image'

/** Maximum size of a key file. */
const maxKeyBytes = 1 << 20

/** Host path of a repository's key, with the extension by which apt tells armored keys from binary ones (sources.list(5)). */
export async function keyFileOf(repository: DebianRepository, context: ExplainContext): Promise<string> {
  const bytes = await readKey(repository, context)
  const directory = join(context.cacheDir, 'debian', 'keys')
  await makeDirectory(directory)
  const isArmored = /^\s*-----BEGIN PGP PUBLIC KEY BLOCK-----/.test(bytes.subarray(0, 200).toString('latin1'))
  const path = join(directory, `${digestOfBytes(bytes).slice(0, 32)}.${isArmored ? 'asc' : 'gpg'}`)
  await writeAtomically(path, bytes)
  return path
}

async function readKey({key, url}: DebianRepository, {recipeDirectory, http, signal}: ExplainContext): Promise<Buffer> {
  if (typeof key !== 'string') return fetchKey(key, `base.repositories (${redactUrl(url)})`, {http, signal})
  return (await readKeyFile({key, url}, recipeDirectory)) ?? Buffer.from(key)
}

async function fetchKey(
  {urls, sha256}: Exclude<DebianRepository['key'], string>,
  at: string,
  {http, signal}: Pick<ExplainContext, 'http' | 'signal'>,
): Promise<Buffer> {
  const problems = []
  for (const address of urls) {
    const path = redactUrl(address)
    const response = await http.get(address, {signal})
    const bytes = Buffer.from(await readBody(response, address, maxKeyBytes))
    if (response.status !== 200) problems.push({path, message: `answered ${response.status}`})
    else if (digestOfBytes(bytes) === sha256) return bytes
    else problems.push({path, message: `has SHA-256 ${digestOfBytes(bytes)}`})
  }
  throw new HaosError('DOWNLOAD_FAILED', 'the key of a repository could not be fetched', {
    at,
    problems,
    hint: 'Check the URL; change `sha256` only if the owner of the repository has announced a new key.',
  })
}

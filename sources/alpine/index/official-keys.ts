import {createHash, createPublicKey, type KeyObject} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {HaosError} from '#dsl'
import {type Http, makeDirectory, readBody, writeAtomically} from '#engine'
import type {KeyRing} from './key-ring.ts'

const keySite = 'https://alpinelinux.org/keys'

/**
 * SHA-256 of the public keys with which Alpine signs its repositories, from the package alpine-keys, by Alpine's name of the
 * architecture. The digest identifies the key, so it does not matter where the file comes from.
 */
const officialKeys: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  x86_64: {
    '4a6a0840': '9c102bcc376af1498d549b77bdbfa815ae86faa1d2d82f040e616b18ef2df2d4',
    '5261cecb': '12f899e55a7691225603d6fb3324940fc51cd7f133e7ead788663c2b7eecb00c',
    '6165ee59': '207e4696d3c05f7cb05966aee557307151f1f00217af4143c1bcaf33b8df733f',
  },
  aarch64: {
    '58199dcc': '73867d92083f2f8ab899a26ccda7ef63dfaa0032a938620eda605558958a8041',
    '616ae350': 'd11f6b21c61b4274e182eb888883a8ba8acdbf820dcc7a6d82a7d9fc2fd2836d',
  },
  armv7: {
    '524d27bb': '1bb2a846c0ea4ca9d0e7862f970863857fc33c32f5506098c636a62a726a847b',
    '616adfeb': 'ebe717d228555aa58133c202314a451f81e71f174781fd7ff8d8970d6cfa60da',
  },
}

/** The file of a 4096-bit key is 800 bytes. */
const maxKeyBytes = 1 << 16

/** Alpine's keys of an architecture, downloaded once. Throws `DOWNLOAD_FAILED`. */
export async function loadOfficialKeys(
  arch: string,
  {http, cacheDir, signal}: {readonly http: Http; readonly cacheDir: string; readonly signal: AbortSignal},
): Promise<KeyRing> {
  const directory = join(cacheDir, 'alpine', 'keys')
  await makeDirectory(directory)
  const keys = new Map<string, KeyObject>()
  for (const [id, wanted] of Object.entries(officialKeys[arch] ?? {})) {
    const name = `alpine-devel@lists.alpinelinux.org-${id}.rsa.pub`
    const path = join(directory, name)
    const known = await readFile(path).catch(() => undefined)
    const isRight = known !== undefined && digestOf(known) === wanted
    const bytes = isRight ? known : await download(`${keySite}/${name}`, wanted, {http, signal})
    if (!isRight) await writeAtomically(path, bytes)
    keys.set(name, createPublicKey(bytes))
  }
  return keys
}

async function download(
  url: string,
  wanted: string,
  {http, signal}: {readonly http: Http; readonly signal: AbortSignal},
): Promise<Uint8Array> {
  const response = await http.get(url, {signal})
  const {status} = response
  const bytes = await readBody(response, url, maxKeyBytes)
  const found = digestOf(bytes)
  if (status === 200 && found === wanted) return bytes
  throw new HaosError(
    'DOWNLOAD_FAILED',
    `${url} ${status === 200 ? `has SHA-256 ${found} instead of ${wanted}` : `answered ${status}`}`,
    {
      at: url,
      hint: 'Name a directory with the keys in the recipe: `alpine({keys: ["/etc/apk/keys"]})`.',
    },
  )
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

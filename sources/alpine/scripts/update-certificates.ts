import {X509Certificate} from 'node:crypto'
import type {RootTree} from '../../root-tree.ts'
import {readText} from '../install/install-packages.ts'
import {subjectHash} from './certificate-hash.ts'

const packaged = '/usr/share/ca-certificates'
const local = '/usr/local/share/ca-certificates'
const target = '/etc/ssl/certs'

/**
 * Does what Alpine's update-ca-certificates and c_rehash do: a link for each enabled certificate, another one
 * under the hash by which OpenSSL looks it up, and the bundle of all.
 */
export async function updateCertificates(root: RootTree): Promise<void> {
  const listed = (await readText(root, '/etc/ca-certificates.conf'))
    .split('\n')
    .filter((line) => line !== '' && !/^[#!]/.test(line))
    .map((line) => `${packaged}/${line}`)
  const own = root.list(local).flatMap((name) => (name.endsWith('.crt') ? [`${local}/${name}`] : []))
  root.makeDirectories(target)
  const bundle: string[] = []
  const chosen = [...listed.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))), ...own]
  for (const path of chosen) {
    const text = await readText(root, path)
    if (text === '') continue
    bundle.push(text, '\n')
    const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.crt$/, '')
    link(root, `${target}/ca-cert-${name.replaceAll(' ', '_')}.pem`, path)
  }
  const path = `${target}/ca-certificates.crt`
  root.put(
    {path, type: 'file', mode: 0o644, uid: 0, gid: 0, content: {bytes: Buffer.from(bundle.join(''))}},
    {owner: root.get(path)?.owner},
  )
  await rehash(root)
}

/** Creates the links named by hash: `HASH.0`, and the next number for another certificate with the same subject. */
async function rehash(root: RootTree): Promise<void> {
  const seen = new Map<string, string[]>()
  const names = root.list(target).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  for (const name of names) {
    if (!/\.(?:pem|crt|cer)$/.test(name)) continue
    const certificates = (await readText(root, `${target}/${name}`)).match(pem) ?? []
    const [first, ...more] = certificates
    // A file with several certificates is a bundle.
    if (first === undefined || more.length > 0) continue
    const hash = subjectHash(first)
    const fingerprint = new X509Certificate(first).fingerprint256
    const known = seen.get(hash) ?? []
    if (known.includes(fingerprint)) continue
    link(root, `${target}/${hash}.${known.length}`, name)
    seen.set(hash, [...known, fingerprint])
  }
}

const pem = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g

const link = (root: RootTree, path: string, to: string): void =>
  root.put({path, type: 'symlink', mode: 0o777, uid: 0, gid: 0, target: to})

import {generateKeyPairSync, type KeyObject} from 'node:crypto'
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {makeNode, makeRelease, type ReleaseOptions, trustKeys} from '../../../test/upgraded-node.ts'
import {readInstalled} from '../installed.ts'
import {upgradeCommand} from '../upgrade-command.ts'
import {checkSignature} from './check-signature.ts'

const ed25519 = () => generateKeyPairSync('ed25519').privateKey
const p256 = () => generateKeyPairSync('ec', {namedCurve: 'P-256'}).privateKey
const next: ReleaseOptions = {version: '2.0', kernel: '6.12.2'}

/** A node that trusts keys, and a medium with a release that others may have signed. */
function makeSigned(trusted: readonly KeyObject[], signedBy: readonly KeyObject[]) {
  const node = makeNode()
  trustKeys(node.scratch, trusted)
  const source = makeRelease(node.scratch, 'medium', {...next, signedBy})
  const file = (name: string) => join(node.scratch, 'medium/haos/2.0', name)
  const edit = (name: string, change: (text: string) => string) =>
    writeFileSync(file(name), change(readFileSync(file(name), 'utf8')))
  const upgrade = (more: Parameters<typeof node.install>[1] = {}) => node.install(source, more)
  const installed = () => readInstalled(node.host, node.place).current.id
  return {...node, upgrade, edit, file, installed}
}

test.each([
  ['Ed25519', ed25519],
  ['ECDSA on P-256', p256],
])('a release that a key of the node has signed is installed, with its signature: %s', (_, makeKey) => {
  const key = makeKey()
  const {upgrade, system, file, lines, scratch} = makeSigned([p256(), ed25519(), key], [ed25519(), key])
  expect(upgrade()).toMatchObject({kind: 'upgraded', id: '2.0'})
  expect(lines[0]).toMatch(/^Signed with the key [0-9a-f]{12}$/)
  for (const name of ['release.json', 'release.json.sig'])
    expect(readFileSync(join(system, 'haos/2.0', name), 'utf8')).toBe(readFileSync(file(name), 'utf8'))
  expect(existsSync(join(scratch, 'run/haos/signature'))).toBe(false)
})

test('a node without keys takes every release, signed or not', () => {
  expect(makeSigned([], []).upgrade()).toMatchObject({kind: 'upgraded'})
  expect(makeSigned([], [ed25519()]).upgrade()).toMatchObject({kind: 'upgraded'})
})

const key = ed25519()
const ecKey = p256()
const damaged = 'does not fit: its release.json was changed after the key'
test.each<[string, readonly KeyObject[], (node: ReturnType<typeof makeSigned>) => void, string]>([
  [
    'is not signed',
    [],
    () => {},
    '/medium is not signed, and this node takes only releases signed with one of the keys',
  ],
  ['is signed by another key', [ed25519(), p256()], () => {}, 'if the key was replaced, upgrade first to a release'],
  ['has a flipped byte in its description', [key], ({edit}) => edit('release.json', flip), damaged],
  [
    'has a flipped byte in its description, signed with ECDSA',
    [ecKey],
    ({edit}) => edit('release.json', flip),
    damaged,
  ],
  [
    'has the signature of another document',
    [key],
    ({edit}) => edit('release.json.sig', (text) => text.replace(/ .*/, ` ${Buffer.alloc(64, 1).toString('base64')}`)),
    damaged,
  ],
  [
    'names a key of the node for the signature of another',
    [p256()],
    ({edit, host}) => {
      const [trusted = ''] = host.list('/usr/lib/haos/upgrade-keys') ?? []
      edit('release.json.sig', (text) => text.replace(/^\w+/, trusted.replace('.pem', '')))
    },
    damaged,
  ],
  [
    'has a damaged signature',
    [key],
    ({edit}) => edit('release.json.sig', () => 'none\n'),
    'is damaged: copy the release',
  ],
  ['has an empty signature', [key], ({edit}) => edit('release.json.sig', () => ''), 'is damaged: copy the release'],
])('a release that %s is refused before anything is written', (_, signedBy, change, reason) => {
  const node = makeSigned([key, ecKey], signedBy)
  change(node)
  const before = readdirSync(node.system, {recursive: true})
  expect(() => node.upgrade()).toThrow(reason)
  expect(readdirSync(node.system, {recursive: true})).toEqual(before)
  expect(node.installed()).toBe('1.0')
  expect(existsSync(join(node.scratch, 'run/haos/signature'))).toBe(false)
})

const flip = (text: string): string => text.replace('"version":"2.0"', '"version":"2.1"')

test('files that do not have the digests of the signed description are refused', () => {
  const node = makeSigned([key], [key])
  node.edit('system.squashfs', (text) => text.replace('system', 'System'))
  expect(() => node.upgrade()).toThrow('its files do not have the digests of release.json')
  expect(node.installed()).toBe('1.0')
})

test('a person can install an unsigned release all the same, and is warned', () => {
  const node = makeSigned([key], [])
  expect(node.upgrade({skipSignature: true})).toMatchObject({kind: 'upgraded', id: '2.0'})
  expect(node.lines.filter((line) => line.startsWith('WARNING: '))).toHaveLength(2)
})

test('a signature that openssl refuses is none', () => {
  const node = makeSigned([key], [key])
  node.host.answers = {'openssl pkeyutl': 'failed'}
  expect(() => node.upgrade()).toThrow(damaged)
})

test('a container asks the openssl of its node, with the keys of the node', () => {
  const {scratch, host, identity, lines} = makeSigned([], [key])
  trustKeys(join(scratch, 'host'), [key])
  mkdirSync(join(scratch, 'host/run/haos'), {recursive: true})
  const read = (name: string) => host.read(`/medium/haos/2.0/${name}`)
  const check = () =>
    checkSignature(host, {
      ...{identity, root: '/host', origin: '/haos/system', skip: false},
      document: {text: read('release.json') ?? '', signatures: read('release.json.sig')},
      log: (line) => lines.push(line),
    })
  const checked = 'chroot /host openssl pkeyutl -verify -pubin -rawin -inkey /usr/lib/haos/upgrade-keys/'
  host.answers = {'chroot /host openssl base64': '', [checked]: ''}
  check()
  expect(lines[0]).toMatch(/^Signed with the key /)
  host.answers = {'chroot /host openssl base64': '', [checked]: 'failed'}
  expect(check).toThrow(damaged)
})

test('in a container, as in a Plan, no flag installs an unsigned release', () => {
  const {host, identity} = makeSigned([key], [])
  const context = {host, identity, version: '1.0', print: () => {}, printError: () => {}}
  const flags = ['--source=/medium', '--destination=/host/haos/system', '--insecure-skip-signature']
  expect(() => upgradeCommand(flags, context)).toThrow('is for a person at the node: in a container it is refused')
})

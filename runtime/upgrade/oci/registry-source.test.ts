import {execFileSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import {findRegistry, findSkopeo} from '../../../test/registry/container-tools.ts'
import {type FrontOptions, startFront} from '../../../test/registry/registry-front.ts'
import {makeImage} from '../../../test/registry/small-image.ts'
import {startRegistry} from '../../../test/registry/start-registry.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {filesOf, makeNode, type ReleaseOptions} from '../../../test/upgraded-node.ts'
import {openImage} from '../open-source.ts'

const skopeo = findSkopeo()
const reason = findRegistry().reason ?? skopeo.reason
/** Larger than its manifest and its configuration, also when skopeo has compressed it. */
const build = randomBytes(100_000).toString('hex')
const next: ReleaseOptions = {version: '2.0', kernel: '6.12.1', build}

const contents = (options: ReleaseOptions) => {
  const files = Object.entries(filesOf(options))
  const of = (name: string) => files.find(([path]) => path.endsWith(`/${name}`))?.[1]
  return ['packages.squashfs', 'system.squashfs', 'vmlinuz', 'initrd', 'modules.squashfs'].map(of)
}

describe.skipIf(reason !== undefined)(`an image in a registry${reason === undefined ? '' : ` (${reason})`}`, () => {
  /** A node that is upgraded from a registry through a front. */
  const through = async (options: FrontOptions = {}) => {
    const registry = await startRegistry(scratchDirectory())
    onTestFinished(registry.close)
    const copy = [
      'copy',
      '--quiet',
      '--insecure-policy',
      '--dest-tls-verify=false',
      `oci-archive:${await makeImage(next)}`,
    ]
    execFileSync(skopeo.path ?? '', [...copy, `docker://${registry.host}/os/haos:2.0`], {env: skopeo.env})
    const front = await startFront(registry.host, options)
    const node = makeNode()
    const login = (text: string) => {
      const auth = Buffer.from(text).toString('base64')
      writeFileSync(join(node.scratch, 'config.json'), JSON.stringify({auths: {[front.host]: {auth}}}))
    }
    const upgrade = (name = 'os/haos:2.0', credentials?: string) =>
      node.install(
        openImage(node.host, `${front.host}/${name}`, {
          ...{
            identity: node.identity,
            arch: 'amd64',
            place: node.place,
            sha256: undefined,
            plainHttp: false,
            credentials,
          },
          log: (line) => node.lines.push(line),
        }).candidate,
      )
    return {...node, front, login, upgrade}
  }

  test('only layers with files that the node does not have are fetched', async () => {
    const {upgrade, booting, front, lines} = await through()
    expect(upgrade()).toEqual({kind: 'upgraded', id: '2.0', isOnTrial: true})
    expect(booting()).toEqual(contents(next))
    const blobs = (await front.requests()).filter(({path}) => path.includes('/blobs/'))
    // The configuration, the initrd and two layers of the system: kernel and modules are those of the node.
    expect(blobs).toHaveLength(4)
    expect(lines[0]).toMatch(/^127\.0\.0\.1:\d+\/os\/haos:2\.0 is sha256:[0-9a-f]{64}$/)
  })

  test('a pinned digest is taken, and another one is refused', async () => {
    const {upgrade, lines, booting} = await through()
    const wrong = `os/haos:2.0@sha256:${'0'.repeat(64)}`
    expect(() => upgrade(wrong)).toThrow(
      /manifests\/sha256:0{64} was refused with status 404: manifest unknown\. Check name and tag$/,
    )
    upgrade()
    const digest = /sha256:\w+/.exec(lines[0] ?? '')?.[0]
    const other = await through()
    other.upgrade(`os/haos@${digest}`)
    expect(other.booting()).toEqual(booting())
  })

  test.each(['basic', 'token'] as const)(
    'credentials are given where the registry asks for them (%s)',
    async (auth) => {
      const {upgrade, login, booting} = await through({auth, login: 'me:geheim'})
      expect(() => upgrade()).toThrow('was refused with status 401: authentication required. Give --credentials FILE')
      login('me:falsch')
      expect(() => upgrade('os/haos:2.0', '/config.json')).toThrow('Check the user and the password')
      login('me:geheim')
      upgrade('os/haos:2.0', '/config.json')
      expect(booting()).toEqual(contents(next))
    },
  )

  test('anybody gets a token of a registry that gives one to everybody', async () => {
    const {upgrade, booting} = await through({auth: 'token'})
    upgrade()
    expect(booting()).toEqual(contents(next))
  })

  test('a broken connection leaves what had arrived, and the next upgrade fetches the rest', async () => {
    const {upgrade, booting, front} = await through({cut: {method: 'GET', afterBytes: 50_000, times: 2}})
    const attempts = Array.from({length: 3}, () => {
      try {
        upgrade()
        return 'done'
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    })
    const broken = expect.stringMatching(/blobs\/sha256:\w+ could not be fetched: .*; run it again to resume$/)
    expect(attempts).toEqual([broken, broken, 'done'])
    expect(booting()).toEqual(contents(next))
    const ranges = (await front.requests()).flatMap(({range}) => range ?? [])
    // A connection may break before curl has the headers: it then asks again by itself.
    expect([...new Set(ranges)]).toEqual(['bytes=50000-', 'bytes=100000-'])
  })

  test('credentials of another registry are not used, and that is told', async () => {
    const {upgrade, scratch} = await through({auth: 'basic', login: 'me:geheim'})
    writeFileSync(join(scratch, 'config.json'), '{"auths":{"example.com":{"auth":"bWU6Z2VoZWlt"}}}')
    expect(() => upgrade('os/haos:2.0', '/config.json')).toThrow(/config\.json has no "auth" for 127\.0\.0\.1:\d+/)
    expect(() => upgrade('os/haos:2.0', '/nothing.json')).toThrow('/nothing.json does not exist')
  })
})

test.each(['haos:2.0', 'user/haos', 'registry.example.com', 'registry.example.com/HAOS', 'r.example.com/a@sha256:12'])(
  'the name %s is refused, with the right way to write it',
  (name) => {
    const {host, identity, place} = makeNode()
    const options = {
      identity,
      place,
      arch: 'amd64',
      sha256: undefined,
      credentials: undefined,
      plainHttp: false,
      log() {},
    }
    expect(() => openImage(host, name, options)).toThrow('write registry.example.com/name:tag')
  },
)

import {execFileSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, onTestFinished, test, vi} from 'vitest'
import {digestOfFile} from '../../engine/store/digest.ts'
import {findCrane, findRegistry, findSkopeo} from '../../test/registry/container-tools.ts'
import {type FrontOptions, startFront} from '../../test/registry/registry-front.ts'
import {startResumingRegistry} from '../../test/registry/resuming-registry.ts'
import {makeImage} from '../../test/registry/small-image.ts'
import {startRegistry} from '../../test/registry/start-registry.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import type {ReleaseOptions} from '../../test/upgraded-node.ts'
import {openOciImages} from '../oci/open-images.ts'
import {writeOciLayout} from '../oci/write-layout.ts'
import {pushOciImages} from './push-images.ts'

const {reason} = findRegistry()
const skopeo = findSkopeo()
const crane = findCrane()
const base: ReleaseOptions = {version: '1.0', build: randomBytes(200_000).toString('hex')}

/** A registry, a front of it, and a push through that front. */
async function makePush(options: FrontOptions = {}) {
  const registry = await startRegistry(scratchDirectory())
  onTestFinished(registry.close)
  const front = await startFront(registry.host, options)
  const home = scratchDirectory()
  vi.stubEnv('DOCKER_CONFIG', home)
  onTestFinished(() => void vi.unstubAllEnvs())
  const configure = (config: object) => writeFileSync(join(home, 'config.json'), JSON.stringify(config))
  const notes: string[] = []
  const push = async (
    archives: readonly string[],
    {
      tag = '1.0',
      repository = 'os/haos',
      ...more
    }: Partial<Parameters<typeof pushOciImages>[1]> & {tag?: string; repository?: string} = {},
  ) =>
    pushOciImages(await openOciImages(archives), {
      to: {registry: front.host, repository, tag, digest: undefined, isLocal: true},
      ...{plainHttp: false, mountFrom: [], signal: new AbortController().signal},
      emit: (event) => event.type === 'note' && notes.push(event.message),
      ...more,
    })
  return {registry, front, push, configure, home, notes}
}

const bytesOf = (archives: readonly string[]) =>
  archives.map((path) => readFileSync(path).length).reduce((a, b) => a + b)

describe.skipIf(reason !== undefined)(`a push to a registry${reason === undefined ? '' : ` (${reason})`}`, () => {
  test.skipIf(skopeo.path === undefined)(
    `is pulled by skopeo with the same digest${skopeo.reason ? ` (${skopeo.reason})` : ''}`,
    async () => {
      const {registry, push} = await makePush()
      const {digest, sentBytes, sizeBytes} = await push([await makeImage(base)])
      expect(sentBytes).toBe(sizeBytes)
      const copy = scratchDirectory()
      const run = (...words: string[]) =>
        execFileSync(skopeo.path ?? '', ['--insecure-policy', ...words], {env: skopeo.env, encoding: 'utf8'})
      run(
        'copy',
        '--quiet',
        '--preserve-digests',
        '--src-tls-verify=false',
        `docker://${registry.host}/os/haos:1.0`,
        `oci:${copy}:1.0`,
      )
      expect(JSON.parse(readFileSync(join(copy, 'index.json'), 'utf8')).manifests[0].digest).toBe(digest)
    },
  )

  test.skipIf(crane.path === undefined)(
    `is found whole by crane, for every architecture${crane.reason ? ` (${crane.reason})` : ''}`,
    async () => {
      const {registry, push} = await makePush()
      const archives = [await makeImage(base), await makeImage({...base, arch: 'arm64'})]
      const {digest} = await push(archives)
      const run = (...words: string[]) =>
        execFileSync(crane.path ?? '', [...words, '--insecure'], {
          env: crane.env,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        })
      const name = `${registry.host}/os/haos:1.0`
      expect(run('digest', name)).toBe(`${digest}\n`)
      run('validate', '--fast', '--remote', name)
      const root = join(scratchDirectory(), 'root.tar')
      run('export', name, root, '--platform', 'linux/amd64')
      expect(execFileSync('tar', ['-tf', root], {encoding: 'utf8'}).split('\n')).toEqual(
        expect.arrayContaining(['bin/haos', 'haos/system/files/kernel/vmlinuz', 'haos/system/haos/1.0/release.json']),
      )
      const platforms = JSON.parse(run('manifest', name)).manifests.map(
        ({platform}: {platform: {os: string; architecture: string}}) => `${platform.os}/${platform.architecture}`,
      )
      expect(platforms).toEqual(['linux/amd64', 'linux/arm64'])
      expect(JSON.parse(run('config', name, '--platform', 'linux/arm64')).architecture).toBe('arm64')
    },
  )

  test('of a new version sends only the layers that have changed', async () => {
    const {front, push} = await makePush()
    const first = [await makeImage(base)]
    await push(first)
    const before = await front.requests()
    const sent = (requests: typeof before) => requests.map(({receivedBytes}) => receivedBytes).reduce((a, b) => a + b)
    expect(sent(before)).toBeGreaterThan(0.99 * bytesOf(first))
    // Another kernel, and everything else as it was.
    const result = await push([await makeImage({...base, kernel: '6.12.2'})], {tag: '1.1'})
    const after = (await front.requests()).slice(before.length)
    // The initrd of the test contains the name of the kernel and the long text.
    expect(sent(after)).toBeLessThan(0.4 * bytesOf(first))
    expect(after.filter(({method, status}) => method === 'HEAD' && status === 200)).toHaveLength(3)
    expect(result.sentBytes).toBeLessThan(sent(after))
    // The same once more: only the manifest.
    const again = await push(first)
    expect(again.sentBytes).toBe(0)
  })

  test('begins a layer again where the registry forgets what had arrived of it', async () => {
    const {front, push} = await makePush({cut: {method: 'PATCH', afterBytes: 70_000, times: 2}})
    const {sentBytes, sizeBytes} = await push([await makeImage(base)], {chunkBytes: 100_000})
    expect(sentBytes).toBe(sizeBytes)
    const states = (await front.requests()).filter(({method, path}) => method === 'GET' && path.includes('/uploads/'))
    expect(states.map(({status}) => status)).toEqual([404, 404])
  })

  test.each([
    ['basic authentication', 'basic', {auth: true}],
    ['a token', 'token', {auth: true}],
    ['a helper for credentials', 'token', {helper: true}],
  ] as const)('proves who one is with %s', async (_, auth, {...how}) => {
    const {push, configure, front, home} = await makePush({auth, login: 'me:geheim'})
    const archive = await makeImage({version: '1.0'})
    await expect(push([archive])).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining('authentication required'),
      hint: expect.stringContaining(`docker login ${front.host}`),
    })
    if ('helper' in how) {
      const program = join(home, 'docker-credential-test')
      writeFileSync(
        program,
        `#!/bin/sh\nread name\n[ "$name" = ${front.host} ] && echo '{"Username":"me","Secret":"geheim"}'\n`,
      )
      chmodSync(program, 0o755)
      vi.stubEnv('PATH', `${home}:${process.env['PATH']}`)
      configure({credHelpers: {[front.host]: 'test'}})
    } else configure({auths: {[front.host]: {auth: Buffer.from('me:geheim').toString('base64')}}})
    expect((await push([archive])).digest).toMatch(/^sha256:/)
    if ('helper' in how) return
    configure({auths: {[front.host]: {auth: Buffer.from('me:falsch').toString('base64')}}})
    await expect(push([archive])).rejects.toMatchObject({hint: expect.stringContaining('password has not expired')})
  })

  test('takes layers from another repository of the registry', async () => {
    const {push, front} = await makePush()
    const archive = await makeImage(base)
    await push([archive])
    const before = (await front.requests()).length
    const {sentBytes} = await push([archive], {repository: 'edge/haos', mountFrom: ['other/haos', 'os/haos']})
    expect(sentBytes).toBe(0)
    const sent = (await front.requests()).slice(before).map(({receivedBytes}) => receivedBytes)
    expect(sent.reduce((a, b) => a + b)).toBeLessThan(5000)
  })

  test('sends a layer that the other repository does not have', async () => {
    const {push, front} = await makePush()
    const {sentBytes, sizeBytes} = await push([await makeImage(base)], {mountFrom: ['other/haos']})
    expect(sentBytes).toBe(sizeBytes)
    // The registry has begun an upload in answer to the mount: no other is begun.
    const begun = (await front.requests()).filter(({method}) => method === 'POST')
    expect(begun.filter(({path}) => !path.includes('mount='))).toEqual([])
  })

  test('names the tag last: until then, the name leads to what it did before', async () => {
    const {push, front} = await makePush()
    await push([await makeImage(base), await makeImage({...base, arch: 'arm64'})])
    const writes = (await front.requests()).filter(({method}) => method === 'PUT').map(({path}) => path)
    expect(writes.slice(-3)).toEqual([
      expect.stringMatching(/manifests\/sha256:/),
      expect.stringMatching(/manifests\/sha256:/),
      '/v2/os/haos/manifests/1.0',
    ])
  })

  test('says why a registry does not answer', async () => {
    const {push, registry} = await makePush()
    registry.close()
    const to = {registry: registry.host, repository: 'haos', tag: '1', digest: undefined, isLocal: true}
    await expect(push([await makeImage({version: '1.0'})], {to})).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringMatching(/^no answer from 127\.0\.0\.1:\d+: .*(?:ECONNREFUSED|other side closed)/),
    })
  })
})

test('a push resumes after a broken connection, and sends nothing again that has arrived', async () => {
  const registry = await startResumingRegistry({afterBytes: 30_000, times: 3})
  vi.stubEnv('DOCKER_CONFIG', scratchDirectory())
  onTestFinished(() => void vi.unstubAllEnvs())
  const images = await openOciImages([await makeImage(base)])
  await pushOciImages(images, {
    to: {registry: registry.host, repository: 'haos', tag: '1.0', digest: undefined, isLocal: true},
    ...{plainHttp: false, mountFrom: [], chunkBytes: 100_000, signal: new AbortController().signal, emit() {}},
  })
  expect(registry.stored).toEqual([...images.blobs.map(({digest}) => digest), images.root.descriptor.digest])
  // It goes on in the middle of a part, and never from the beginning of a layer twice.
  expect(registry.starts.filter((start) => start % 100_000 !== 0)).not.toEqual([])
  const large = images.blobs.filter(({sizeBytes}) => sizeBytes > 100_000)
  expect(registry.starts.filter((start) => start === 0)).toHaveLength(large.length)
})

test('a layout has the same bytes each time, for several architectures one index, and nothing of an earlier image', async () => {
  const directory = join(scratchDirectory(), 'layout')
  const write = async (options: ReleaseOptions, into = directory) => {
    const archives = [await makeImage(options), await makeImage({...options, arch: 'arm64'})]
    await writeOciLayout(into, await openOciImages(archives))
  }
  await write({version: '0.9'})
  await write({version: '1.0'})
  const other = join(scratchDirectory(), 'other')
  mkdirSync(other)
  await write({version: '1.0'}, other)
  const digests = async (place: string) =>
    Promise.all(
      readdirSync(place, {recursive: true, encoding: 'utf8'})
        .sort()
        .filter((name) => /^(?:index\.json|oci-layout)$|\/\w{64}$/.test(name))
        .map(async (name) => `${name} ${await digestOfFile(join(place, name))}`),
    )
  expect(await digests(directory)).toEqual(await digests(other))
  const [entry] = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')).manifests
  expect(entry).toMatchObject({
    mediaType: 'application/vnd.oci.image.index.v1+json',
    annotations: {'org.opencontainers.image.ref.name': '1.0'},
  })
})

test('a file that is no image is refused, with what to do', async () => {
  const file = join(scratchDirectory(), 'image.tar')
  writeFileSync(file, 'text')
  await expect(openOciImages([file])).rejects.toMatchObject({
    code: 'ARTIFACT_INVALID',
    hint: expect.stringContaining('build it again'),
  })
})

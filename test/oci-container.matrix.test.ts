import {execFileSync, spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import {OciIndex, OciManifest, oci} from '#layout'
import {whyNoPrograms} from './foreign-programs.ts'
import {buildAlpineTarget} from './image/alpine-image.ts'
import {buildTarget} from './image/build-image.ts'
import {makeRelease, put} from './upgraded-node.ts'

const images = [
  {what: 'Debian, amd64', arch: 'amd64', build: () => debian('amd64'), fetches: true},
  {what: 'Debian, arm64', arch: 'arm64', build: () => debian('arm64'), fetches: true},
  // The recorded packages lack curl, which alpineBase() has.
  {what: 'Alpine, amd64', arch: 'amd64', build: () => alpine(), fetches: false},
] as const

describe.each(images)('the image for containers of $what', ({arch, build, fetches}) => {
  const why = process.getuid?.() === 0 ? whyNoPrograms(arch) : 'only root can change its root'
  const scratch = mkdtempSync(join(tmpdir(), 'haos-container-test-'))
  afterAll(() => rmSync(scratch, {recursive: true, force: true}))

  test.skipIf(why !== undefined)(`upgrades a node whose root is below /host${why ? ` (${why})` : ''}`, async () => {
    const root = join(scratch, 'root')
    unpackImage(await build(), root, scratch)
    makeRelease(join(root, 'host'), 'haos/system', {version: '0.0.1', arch})
    put(join(root, 'host'), {'run/haos/mode': 'local\n'})
    // Only its own mounts, of which none is the file system of this machine.
    const script = 'mount -t tmpfs tmpfs "$0/run" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
    const run = (...argv: string[]) =>
      spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, root, ...argv], {
        encoding: 'utf8',
        env: {PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'},
      })

    expect(run('haos', '--version')).toMatchObject({status: 0, stdout: 'haos version 0.1.0\n'})
    for (const program of [...(fetches ? ['curl'] : []), 'flock', 'nsenter', 'fsfreeze'])
      expect([program, run('sh', '-c', `command -v ${program}`).status]).toEqual([program, 0])
    const upgraded = run(
      ...['haos', 'upgrade', '--rootfs', '--lock-file=/host/run/haos/upgrade.lock'],
      ...['--source=/haos/system', '--destination=/host/haos/system'],
    )
    expect(upgraded).toMatchObject({status: 0, stdout: expect.stringContaining('0.1.0 boots next, on trial')})
    const node = join(root, 'host/haos/system')
    expect(execFileSync('readlink', ['-f', join(node, 'haos/current')], {encoding: 'utf8'}).trim()).toBe(
      join(node, 'haos/0.1.0'),
    )
    expect(readFileSync(join(node, 'trial'), 'utf8')).toBe('0.1.0 3 15\n')
  })
})

const debian = async (arch: string): Promise<string> =>
  (await buildTarget('oci', {arguments: ['--arch', arch, '--set', 'password=geheim']}))['oci'] ?? ''

const alpine = async (): Promise<string> =>
  (await buildAlpineTarget('oci', mkdtempSync(join(tmpdir(), 'haos-container-recipe-'))))['oci'] ?? ''

/** Unpacks the layers of an image, none of which deletes files of those before. */
function unpackImage(archive: string, root: string, scratch: string): void {
  const layout = join(scratch, 'layout')
  for (const directory of [layout, root]) mkdirSync(directory)
  execFileSync('tar', ['-xf', archive, '-C', layout])
  const read = (path: string): unknown => JSON.parse(readFileSync(join(layout, path), 'utf8'))
  const [entry] = OciIndex.parse(read(oci.files.index)).manifests
  const {layers} = OciManifest.parse(read(oci.files.blob(entry?.digest ?? '')))
  for (const {digest} of layers) execFileSync('tar', ['-xf', join(layout, oci.files.blob(digest)), '-C', root])
  for (const name of ['host', 'run', 'dev', 'tmp']) mkdirSync(join(root, name), {recursive: true})
}

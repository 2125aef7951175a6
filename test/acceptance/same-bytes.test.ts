import {execFileSync} from 'node:child_process'
import {chmodSync, copyFileSync, readdirSync, readFileSync} from 'node:fs'
import {cp} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import {asNobody, nobody} from '../as-nobody.ts'
import {serveFiles} from '../served-files.ts'
import {findDamage} from './soundness.ts'
import {makeTinyWorld, type Workplace, whyNoTinyWorld} from './tiny-world.ts'

const reason = whyNoTinyWorld()

const k3s = '#!/bin/sh\n'
const k3sDigest = 'a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf'
const iso = 'tiny-1.0.0-amd64.iso'
const sums = ({out}: Workplace) => readFileSync(join(out, 'SHA256SUMS'), 'utf8')

test.skipIf(reason)(
  `an ISO shows its config to root only, and has the same bytes when an ordinary user builds it elsewhere, with the network cut and another umask, locale, time zone and home${reason ? ` (${reason})` : ''}`,
  async ({skip}) => {
    const served = await serveFiles({'/v1.34.3%2Bk3s1/k3s': k3s})
    onTestFinished(() => served.close())
    const world = await makeTinyWorld()
    const recipe = {
      more: `kubernetes: {kind: 'k3s', version: 'v1.34.3+k3s1', ship: 'embedded', mirror: 'http://127.0.0.1:${served.port}', sha256: {amd64: '${k3sDigest}'}},`,
    }
    const here = world.workplace({recipe})
    expect(await here.run(['iso'])).toMatchObject({status: 0})
    const modes = modesOnIso(join(here.out, iso))
    expect(modes.length).toBeGreaterThan(5)
    expect(modes.filter((line) => !line.startsWith('rw-r--r-- ')).sort()).toEqual([
      'r-------- /boot/remaster.area',
      'r-------- /haos/system/config.yaml',
      'r-------- /haos/system/nodes',
      'rwxr-xr-x /haos/system/k3s/v1.34.3+k3s1/k3s',
    ])

    // The store has only the downloads, so everything else is rebuilt.
    const there = world.workplace({recipe})
    copyFileSync(here.lock, there.lock)
    await cp(join(here.store, 'blobs'), join(there.store, 'blobs'), {recursive: true})
    const asked = world.served.requests.length
    const again = await there.run(['iso', '--locked', '--events'], {
      wrap: await becomeSomebodyElse(world.mirror.directory, [here.directory, there.directory], skip),
      env: {
        LC_ALL: 'de_DE.UTF-8',
        LANG: 'tr_TR.UTF-8',
        TZ: 'Pacific/Chatham',
        HOME: there.directory,
        XDG_CACHE_HOME: join(there.directory, 'cache'),
        SOURCE_DATE_EPOCH: '1',
        HTTP_PROXY: 'http://127.0.0.1:9',
      },
    })

    expect(again).toMatchObject({status: 0, stderr: ''})
    const kinds = again.events.flatMap((event) => (event.type === 'step-finished' ? [event.kind] : []))
    expect(kinds).toEqual(expect.arrayContaining(['debian-root', 'squashfs', 'initrd', 'iso9660']))
    expect(kinds).not.toContain('fetch')
    expect(world.served.requests.length).toBe(asked)
    expect(readdirSync(there.out).filter((name) => name.endsWith('-1.0.0-amd64.iso'))).toEqual([iso])
    expect(sums(there)).toBe(sums(here))
    expect(readFileSync(there.lock, 'utf8')).toBe(readFileSync(here.lock, 'utf8'))
    expect(await findDamage(there)).toEqual([])
  },
)

/** Permissions and path of each file of root on an ISO. */
function modesOnIso(iso: string): string[] {
  const found = execFileSync('xorriso', ['-indev', iso, '-find', '/', '-type', 'f', '-exec', 'lsdl'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return [...found.matchAll(/^-(\S{9}) +1 0 +0 .*'(\S+)'$/gm)].map(([, mode, path]) => `${mode} ${path}`)
}

/**
 * Words before a command that disable its network, change its umask, and run it as an ordinary user, who owns the second directory.
 *
 * Without root, the current user is the ordinary user. The test is skipped if ordinary users may not create namespaces.
 */
async function becomeSomebodyElse(
  mirror: string,
  [ofRoot, place]: readonly [string, string],
  skip: (reason: string) => never,
): Promise<readonly string[]> {
  const otherMask = ['sh', '-c', 'umask 0077; exec "$@"', 'sh']
  if (process.getuid?.() !== 0) return ['unshare', '--net', '--user', '--map-root-user', ...otherMask]
  const {wrap, reason: obstacle} = await asNobody(ofRoot)
  if (obstacle !== undefined) skip(obstacle)
  chmodSync(mirror, 0o755)
  execFileSync('chown', ['--recursive', '--no-dereference', `${nobody}:${nobody}`, place])
  return ['unshare', '--net', ...otherMask, ...wrap]
}

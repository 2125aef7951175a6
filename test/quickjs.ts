import {execFileSync, spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'
import * as z from 'zod'
import {DebianSpec} from '../dsl/debian-spec.ts'
import {completeMirrors, originsOf} from '../sources/debian/apt/archives.ts'

/** The interpreter of the image and its compiler, or why they are missing. */
export type TestQuickjs =
  | {
      /** The program and its first arguments. */
      readonly qjs: readonly [string, ...string[]]
      readonly qjsc: readonly [string, ...string[]]
      /** Directory that holds `busybox`, which the node's program calls. */
      readonly tools: string
      readonly reason?: undefined
    }
  | {readonly qjs?: undefined; readonly qjsc?: undefined; readonly tools?: undefined; readonly reason: string}

const packages = ['quickjs', 'libc6', 'busybox-static']
const ownArch = process.arch === 'x64' ? 'amd64' : process.arch
const Locked = z.object({
  name: z.string(),
  arch: z.string(),
  archive: z.string().optional(),
  path: z.string(),
  sha256: z.string(),
})
const Lock = z.object({sets: z.record(z.string(), z.object({packages: z.array(z.unknown())}))})

/**
 * Gets QuickJS as `haos.lock.json` pins it for the image, with its own C library, independent of the host's.
 *
 * The packages come from the mirrors of the host's apt; the cache directory keeps them by digest.
 * If the lock has none for this processor, or no mirror answers, it returns the reason for the title of a skipped
 * test; with CI set it throws, since a test that must run on a build server must not be skipped there.
 */
export async function findQuickjs(arch: string = ownArch): Promise<TestQuickjs> {
  try {
    return await getQuickjs(arch)
  } catch (error) {
    if (process.env['CI'] === 'true' && arch === ownArch) throw error
    return {reason: `no QuickJS: ${error instanceof Error ? error.message.split('\n')[0] : error}`}
  }
}

async function getQuickjs(arch: string): Promise<TestQuickjs> {
  const locked = readLocked(arch)
  const key = createHash('sha256')
    .update(locked.map(({sha256}) => sha256).join())
    .digest('hex')
    .slice(0, 16)
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'haos-build')
  const directory = join(cache, `test-quickjs-${key}`)
  if (existsSync(directory)) return runnable(directory)
  mkdirSync(cache, {recursive: true})
  const half = mkdtempSync(join(cache, 'test-quickjs-'))
  try {
    for (const item of locked) {
      const archive = join(half, 'package.deb')
      writeFileSync(archive, await download(item))
      execFileSync('dpkg-deb', ['-x', archive, half])
      rmSync(archive)
    }
    renameSync(half, directory)
  } catch (error) {
    // Another process may have been faster: its directory has the same content.
    if (!existsSync(directory)) throw error
  } finally {
    rmSync(half, {recursive: true, force: true})
  }
  return runnable(directory)
}

function readLocked(arch: string): z.output<typeof Locked>[] {
  const lock = Lock.parse(JSON.parse(readFileSync(new URL('../haos.lock.json', import.meta.url), 'utf8')))
  const all = Object.values(lock.sets)
    .flatMap((set) => set.packages)
    .flatMap((item) => Locked.safeParse(item).data ?? [])
  return packages.map((name) => {
    const found = all.find((item) => item.name === name && item.arch === arch)
    if (found === undefined) throw new Error(`haos.lock.json pins no ${name} for ${arch}`)
    return found
  })
}

async function download({name, sha256, ...place}: z.output<typeof Locked>): Promise<Uint8Array> {
  const origins = originsOf(await completeMirrors(DebianSpec.parse({kind: 'debian'})), place)
  const reasons: string[] = []
  for (const origin of origins) {
    try {
      const answer = await fetch(origin, {signal: AbortSignal.timeout(60_000)})
      const bytes = new Uint8Array(await answer.arrayBuffer())
      if (answer.ok && createHash('sha256').update(bytes).digest('hex') === sha256) return bytes
      reasons.push(answer.ok ? 'another file came' : `status ${answer.status}`)
    } catch (error) {
      reasons.push(String(error))
    }
  }
  throw new Error(`no mirror of apt serves the pinned ${name}: ${reasons.join(', ') || 'apt knows none'}`)
}

function runnable(directory: string): TestQuickjs {
  const libraries = join(directory, 'usr/lib', readdirSync(join(directory, 'usr/lib')).find(isTriplet) ?? '')
  const loader = readdirSync(libraries).find((name) => /^ld-linux.*\.so\.\d$/.test(name)) ?? ''
  const program = (name: string) =>
    [join(libraries, loader), '--library-path', libraries, join(directory, 'usr/bin', name)] as const
  const {status, stderr} = spawnSync(program('qjs')[0], [...program('qjs').slice(1), '-q'], {encoding: 'utf8'})
  if (status !== 0) throw new Error(`the pinned qjs does not run: ${stderr.trim()}`)
  return {qjs: program('qjs'), qjsc: program('qjsc'), tools: join(directory, 'usr/bin')}
}

const isTriplet = (name: string): boolean => /-linux-gnu\w*$/.test(name)

import {execFileSync} from 'node:child_process'
import {existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {KernelRecord} from '../image/kernel/kernel-record.ts'
import {downloadPackages, keepInCache} from './keep-in-cache.ts'

/** What the packages of a real kernel say of it, or why they cannot be had. */
export type FoundRecord =
  | {readonly record: KernelRecord; readonly reason?: undefined}
  | {readonly record?: undefined; readonly reason: string}

/** A kernel of Debian, by the name of its metapackage. The host's apt fetches it once; the cache keeps what a record needs. */
export function findDebianRecord(metapackage: string): FoundRecord {
  const {directory, reason} = keepInCache(`test-record-${metapackage}`, (half) => {
    const depends = execFileSync('apt-cache', ['depends', '--no-suggests', metapackage], {encoding: 'utf8'})
    const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1]
    if (name === undefined) throw new Error(`apt knows no ${metapackage}`)
    const [archive = ''] = downloadPackages(half, [name])
    const data = join(half, 'data.tar')
    execFileSync('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" > "$2"', 'sh', archive, data])
    keepRecordFiles(data, half)
    rmSync(archive)
    rmSync(data)
  })
  return directory === undefined ? {reason: `no ${metapackage}: ${reason}`} : readRecord(directory)
}

/** A kernel of Alpine, by the name of its package, from the real packages beside the repository. */
export function findAlpineRecord(name: string, scratch: string): FoundRecord {
  const [archive] = globSync(join(import.meta.dirname, `../../shared/alpine/mirror/*/*/*/${name}-[0-9]*.apk`))
  if (archive === undefined) return {reason: `no package ${name} of Alpine`}
  keepRecordFiles(archive, scratch)
  return readRecord(scratch)
}

/** Takes configuration and lists from an archive of a package. */
function keepRecordFiles(archive: string, directory: string): void {
  const list = execFileSync('tar', ['-tf', archive], {encoding: 'utf8', maxBuffer: 1 << 26})
  writeFileSync(join(directory, 'list'), list)
  const wanted = list.split('\n').filter((path) => /\/?boot\/config-|\/modules\.builtin$/.test(path))
  mkdirSync(join(directory, 'files'))
  execFileSync('tar', ['-xf', archive, '-C', join(directory, 'files'), '--transform', 's|.*/||', ...wanted])
}

function readRecord(directory: string): FoundRecord {
  const files = join(directory, 'files')
  const config = readdirSync(files).find((name) => name.startsWith('config-'))
  if (config === undefined) return {reason: 'the package contains no configuration'}
  const builtin = join(files, 'modules.builtin')
  const modules = readFileSync(join(directory, 'list'), 'utf8').matchAll(/lib\/modules\/[^/]+\/(\S+\.ko(?:\.\w+)?)$/gm)
  return {
    record: {
      version: config.slice('config-'.length),
      config: readFileSync(join(files, config), 'utf8'),
      modules: [...modules].map(([, path = '']) => ({path, sizeBytes: 0})),
      builtin: existsSync(builtin) ? readFileSync(builtin, 'utf8').split('\n').filter(Boolean) : [],
    },
  }
}

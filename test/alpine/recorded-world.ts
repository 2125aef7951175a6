import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import * as z from 'zod'
import {nodeHttp} from '#engine'
import {loadKeyRing} from '../../sources/alpine/index/key-ring.ts'
import {loadIndexes} from '../../sources/alpine/index/load-indexes.ts'
import {addressOf, parseRepository} from '../../sources/alpine/index/repository.ts'
import {type InstallOptions, installPackages} from '../../sources/alpine/install/install-packages.ts'
import {solvePackages} from '../../sources/alpine/solve/solve-packages.ts'
import {type ApkPackage, unpackApk} from '../../sources/alpine/unpack/unpack-apk.ts'

import type {RootTree} from '../../sources/root-tree.ts'
import type {PackageMirror} from './testing-mirror.ts'

/** Real packages, which only some machines have next to the project. */
export const realPackages = join(import.meta.dirname, '../../../shared/alpine')
/** The results of the real apk with them. */
export const recordings = join(import.meta.dirname, '../../../shared/oracle/apk-install')

/** The real packages as a mirror. */
export const realMirror: PackageMirror = {mirror: join(realPackages, 'mirror'), keys: join(realPackages, 'keys')}

/** A world that was installed by the real apk. */
export interface RecordedWorld {
  readonly arch: string
  readonly repositories: readonly string[]
  readonly world: readonly string[]
  /** Directory of its packages. Default: the real ones. */
  readonly from?: PackageMirror
}

/** The largest world of an image that boots (`haos-subset` of ../shared/alpine/README.md). */
export const haosSubset: RecordedWorld = {
  arch: 'x86_64',
  repositories: ['v3.19.1-iso/main', 'v3.19/main', 'v3.19/community'],
  world: `
    alpine-baselayout alpine-keys alpine-release=3.19.1-r0 apk-tools=2.14.0-r5 busybox=1.36.1-r15
    busybox-binsh=1.36.1-r15 busybox-openrc=1.36.1-r15 busybox-suid=1.36.1-r15 ca-certificates
    ca-certificates-bundle=20230506-r0 chrony coreutils dhcpcd doas dosfstools e2fsprogs e2fsprogs-extra
    efibootmgr eudev gnutls=3.8.3-r0 grep iw jq kbd-bkeymaps libcrypto3=3.1.4-r5 libnl3=3.9.0-r0
    libssl3=3.1.4-r5 lsblk mount openrc openssh-client-default openssh-server openssh-sftp-server partx sfdisk
    sgdisk ssl_client=1.36.1-r15 tzdata=2023d-r0 udev-init-scripts-openrc wget wpa_supplicant=2.10-r9 zstd
  `
    .trim()
    .split(/\s+/),
}

const Meta = z.object({
  arch: z.string(),
  repositories: z.array(z.string()),
  world: z.array(z.string()),
  shadow_day: z.number().default(0),
})

/** Reads a recording: its world, and a line for each path of the tree, without times. */
export function readRecording(name: string, mode: 'scripts' | 'noscripts') {
  const meta = Meta.parse(JSON.parse(readFileSync(join(recordings, name, 'meta.json'), 'utf8')))
  const manifest = new Map<string, string>()
  for (const line of readFileSync(join(recordings, name, `${mode}.manifest.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')) {
    const {
      path,
      nlink: _,
      hardlink: __,
      mtime: ___,
      ...rest
    } = z.looseObject({path: z.string()}).parse(JSON.parse(line))
    manifest.set(path, JSON.stringify(rest))
  }
  return {meta, manifest}
}

/** Solves a world and unpacks its packages, in the order of installation. */
export async function openWorld(recorded: RecordedWorld, scratch: string): Promise<ApkPackage[]> {
  const {arch, repositories, world, from: {mirror, keys} = realMirror} = recorded
  const places = repositories.map((path) => parseRepository(join(mirror, path)))
  const {index, tags} = await loadIndexes(places, {
    arch,
    keys: loadKeyRing([keys], arch),
    http: nodeHttp({offline: true}),
    signal: new AbortController().signal,
  })
  const opening = solvePackages(index, tags, world).map(({pkg, name, version, repository}, number) => {
    const {C: checksum = '', S: size = ''} = index.recordOf(pkg)
    const place = places[repository]
    if (place === undefined) throw new Error(`no repository ${repository}`)
    const label = `${name}-${version}`
    return unpackApk(addressOf(place, `${arch}/${label}.apk`), {
      origin: label,
      dataPath: join(scratch, String(number)),
      expected: {name, version, checksum, sizeBytes: Number(size)},
    })
  })
  return Promise.all(opening)
}

/** Installs a world from the real packages. */
export const installWorld = async (
  recorded: RecordedWorld,
  scratch: string,
  options: Partial<InstallOptions> = {},
): Promise<RootTree> => {
  const {arch, world} = recorded
  return installPackages(await openWorld(recorded, scratch), {arch, world, ...options})
}

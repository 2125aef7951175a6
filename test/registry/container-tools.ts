import {execFileSync} from 'node:child_process'
import {existsSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {type Kept, keepInCache} from '../keep-in-cache.ts'
import {unpackedPackages} from '../unpacked-packages.ts'

/** A program and the environment that it needs, or why there is none. */
export type FoundProgram =
  | {readonly path: string; readonly env: NodeJS.ProcessEnv; readonly reason?: undefined}
  | {readonly path?: undefined; readonly env?: undefined; readonly reason: string}

/** Debian's client of registries and image archives. */
export function findSkopeo(): FoundProgram {
  // The second names are those of Debian 13.
  const found = [
    ['libgpgme11', 'libassuan0'],
    ['libgpgme11t64', 'libassuan9'],
  ].map((libraries) => () => unpackedPackages('test-skopeo', ['skopeo', 'libdevmapper1.02.1', ...libraries]))
  return inPackages('skopeo', found)
}

/** Debian's program that unpacks OCI images. */
export const findUmoci = (): FoundProgram => inPackages('umoci', [() => unpackedPackages('test-umoci', ['umoci'])])

/** Debian 13's program that verifies signatures of images. */
export const findCosign = (): FoundProgram => inPackages('cosign', [() => unpackedPackages('test-cosign', ['cosign'])])

/** Debian's registry. */
export const findRegistry = (): FoundProgram =>
  inPackages('docker-registry', [() => unpackedPackages('test-registry', ['docker-registry'])])

/** The registry client of go-containerregistry, compiled once where there is Go. */
export function findCrane(): FoundProgram {
  const kept = keepInCache('test-crane', (half) => {
    const env = {...process.env, GOBIN: half, GOPATH: join(half, 'go'), GOFLAGS: '-modcacherw'}
    execFileSync('go', ['install', 'github.com/google/go-containerregistry/cmd/crane@v0.22.1'], {env, stdio: 'pipe'})
    rmSync(join(half, 'go'), {recursive: true})
  })
  return kept.directory === undefined
    ? {reason: `no crane: ${kept.reason}`}
    : {path: join(kept.directory, 'crane'), env: process.env}
}

function inPackages(name: string, attempts: readonly (() => Kept)[]): FoundProgram {
  let reason = ''
  for (const attempt of attempts) {
    const kept = attempt()
    if (kept.directory !== undefined) {
      const {directory} = kept
      const architecture = `${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`
      // Debian 13 moved all of them below /usr.
      const libraries = ['usr/lib', 'lib'].map((path) => join(directory, path, architecture)).filter(existsSync)
      const env = libraries.length > 0 ? {...process.env, LD_LIBRARY_PATH: libraries.join(':')} : process.env
      return {path: join(kept.directory, 'usr/bin', name), env}
    }
    reason ||= kept.reason
  }
  return {reason: `no ${name}: ${reason}`}
}

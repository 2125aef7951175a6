import {readFile, stat} from 'node:fs/promises'
import {basename, isAbsolute, join, relative} from 'node:path'
import prettyBytes from 'pretty-bytes'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {digestOfFile, Toolbox} from '#engine'
import type {BuiltArtifact} from '#image'
import {compareFiles, type Difference} from '#media'

/** A finished file that is to be compared. */
export interface FinishedFile {
  /** Path or URL, for messages. */
  readonly label: string
  /** Its name below the directory of finished files; of a file elsewhere, its own name. */
  readonly name: string
  /** Whether it lies in such a directory. */
  readonly isPlaced: boolean
  readonly sha256: string
  /** Host path of its bytes, fetched if need be. Fails with DOWNLOAD_FAILED if there are more than `mostBytes`. */
  bytes(mostBytes: number): Promise<string>
}

/** A finished file, compared with a build of the same recipe and lock. */
export interface VerifiedFile {
  readonly path: string
  /** Name below the output directory. */
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
  /** Undefined if it has the same bytes. */
  readonly difference?: Difference | undefined
  /** Programs that have other versions here than its manifest says. */
  readonly otherTools: readonly string[]
  /** Digests of the recipe and of its pins. */
  readonly sources: {readonly recipe: string; readonly lock: string}
}

/** Finished files in a directory, without their manifests. Fails with USAGE_INVALID if it has none. */
export async function finishedFiles(out: string): Promise<string[]> {
  const sums = await readFile(join(out, sumsFile), 'utf8').catch(() => '')
  const files = [...parseSums(sums, join(out, sumsFile)).keys()].map((name) => join(out, name))
  if (files.length > 0) return files
  throw new HaosError('USAGE_INVALID', `there are no finished files in ${out}`, {
    at: join(out, sumsFile),
    hint: 'Name the files, build them first, or give the directory with --out.',
  })
}

/** Whether a finished file is that of a name below the output directory. Elsewhere, only its own name is known. */
export const isFileOf = ({name, isPlaced}: Pick<FinishedFile, 'name' | 'isPlaced'>, target: string): boolean =>
  isPlaced ? name === target : name === basename(target)

/** A file on this machine, possibly in a directory of finished files. Fails with USAGE_INVALID if there is none. */
export async function localFile(
  path: string,
  {directory, signal}: {readonly directory: string; readonly signal: AbortSignal},
): Promise<FinishedFile> {
  if (!(await stat(path).catch(() => undefined))?.isFile())
    throw new HaosError('USAGE_INVALID', `there is no file ${path}`, {at: path, hint: 'Check the path.'})
  const below = relative(directory, path)
  const isPlaced = !below.startsWith('..') && !isAbsolute(below)
  const name = isPlaced ? below : basename(path)
  return {label: nameHere(path), name, isPlaced, sha256: await digestOfFile(path, signal), bytes: async () => path}
}

/** Compares files with the ones that were built again. Fails with USAGE_INVALID for a file that no target makes. */
export async function compareFinished(
  found: readonly FinishedFile[],
  builtFor: (file: FinishedFile) => BuiltArtifact | undefined,
  signal: AbortSignal,
): Promise<readonly VerifiedFile[]> {
  const pairs = found.map((file) => {
    const built = builtFor(file)
    if (built !== undefined) return {file, built}
    throw new HaosError('USAGE_INVALID', `the recipe makes no file ${file.name}`, {
      at: file.label,
      hint: 'Give the file its own name, and --recipe, --arch, --image, --set and --size as to the build. Images that were taken over are not verified.',
    })
  })
  const tools = {toolbox: new Toolbox(), signal}
  const verified: VerifiedFile[] = []
  for (const {file, built} of pairs) {
    const {tools: now, ...sources} = Manifest.parse(JSON.parse(await readFile(`${built.path}${manifest}`, 'utf8')))
    const common = {path: file.label, name: built.name, sizeBytes: built.sizeBytes, sha256: file.sha256, sources}
    if (file.sha256 === built.sha256) {
      verified.push({...common, otherTools: []})
      continue
    }
    // A statement is about the digest: the bytes must be those that it belongs to.
    const path = await file.bytes(2 * built.sizeBytes + spareBytes)
    const digest = await digestOfFile(path, signal)
    if (digest !== file.sha256)
      throw new HaosError(
        'DIGEST_MISMATCH',
        `${file.label} has the SHA-256 ${digest}, and is said to have ${file.sha256}`,
        {
          at: file.label,
          hint: 'Fetch it again; if it stays so, do not use these files.',
        },
      )
    const then = await toolsOf(path)
    verified.push({
      ...common,
      sizeBytes: (await stat(path)).size,
      difference: await compareFiles(built.path, path, tools),
      otherTools: Object.keys(now).flatMap((name) =>
        then[name] === undefined || then[name] === now[name] ? [] : [`${name} ${then[name]}, here ${now[name]}`],
      ),
    })
  }
  return verified
}

/** How much larger than expected a file may be, beside twice its size, to be looked into, in bytes. */
const spareBytes = 1 << 20

const manifest = '.manifest.json'
export const sumsFile = 'SHA256SUMS'

/**
 * Digests of the finished files in the text of a SHA256SUMS (sha256sum(1)), by their names; manifests are left out. Fails with
 * ARTIFACT_INVALID for a name that leads elsewhere or has two digests: others may have written it.
 */
export function parseSums(text: string, from: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const [, digest = '', name = ''] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? []
    if (digest === '' || name.endsWith(manifest)) continue
    const isElsewhere = isAbsolute(name) || name.split('/').includes('..')
    if (isElsewhere || (sums.get(name) ?? digest) !== digest)
      throw new HaosError(
        'ARTIFACT_INVALID',
        `${from} names ${name}, which ${isElsewhere ? 'is not below it' : 'it gives two digests'}`,
        {at: from, hint: 'Do not use these files: a build does not write such a list.'},
      )
    sums.set(name, digest)
  }
  return sums
}

const Manifest = z.object({recipe: z.string(), lock: z.string(), tools: z.record(z.string(), z.string())})

/** Versions of the programs that made a file, by its manifest; none if it has none. */
async function toolsOf(path: string): Promise<Readonly<Record<string, string>>> {
  try {
    return Manifest.parse(JSON.parse(await readFile(`${path}${manifest}`, 'utf8'))).tools
  } catch {
    return {}
  }
}

/** The files with the right bytes, one line each. */
export const renderVerified = (files: readonly VerifiedFile[]): string =>
  files
    .filter(({difference}) => difference === undefined)
    .map(({path, sizeBytes, sha256}) => {
      const facts = [path, prettyBytes(sizeBytes), `sha256 ${sha256.slice(0, 12)}…`]
      return `✓ ${facts.join('  ')}  has the bytes that recipe and lock give\n`
    })
    .join('')

/** Fails with NOT_REPRODUCED, which names the first difference of each file, if there is one. */
export function refuseDifferences(files: readonly VerifiedFile[]): void {
  const problems = files.flatMap(({path, difference}) =>
    difference === undefined ? [] : [{path: [path, ...difference.path].join(' › '), message: difference.problem}],
  )
  if (problems.length === 0) return
  const others = [...new Set(files.flatMap(({otherTools}) => otherTools))]
  const subject = problems.length === 1 ? 'one file differs' : `${problems.length} files differ`
  throw new HaosError('NOT_REPRODUCED', `${subject} from what the recipe and the lock give`, {
    hint:
      others.length > 0
        ? `Verify it with the programs that made it: ${others.join('; ')}.`
        : 'If recipe, overlays and lock are those of the build, the file was changed after it.',
    problems,
  })
}

const nameHere = (path: string): string => relative(process.cwd(), path) || path

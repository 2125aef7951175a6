import {readFile, stat} from 'node:fs/promises'
import {basename, join, relative} from 'node:path'
import prettyBytes from 'pretty-bytes'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {digestOfFile, Toolbox} from '#engine'
import type {BuiltArtifact} from '#image'
import {compareFiles, type Difference} from '#media'

/** A finished file, compared with a build of the same recipe and lock. */
export interface VerifiedFile {
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
  /** Undefined if it has the same bytes. */
  readonly difference?: Difference | undefined
  /** Programs that have other versions here than its manifest says. */
  readonly otherTools: readonly string[]
}

/** Finished files in a directory, without their manifests. Fails with USAGE_INVALID if it has none. */
export async function finishedFiles(out: string): Promise<string[]> {
  const sums = await readFile(join(out, 'SHA256SUMS'), 'utf8').catch(() => '')
  const names = sums.split('\n').flatMap((line) => /^[0-9a-f]{64} {2}(.+)$/.exec(line)?.[1] ?? [])
  const files = names.filter((name) => !name.endsWith(manifest)).map((name) => join(out, name))
  if (files.length > 0) return files
  throw new HaosError('USAGE_INVALID', `there are no finished files in ${out}`, {
    at: join(out, 'SHA256SUMS'),
    hint: 'Name the files, build them first, or give the directory with --out.',
  })
}

const manifest = '.manifest.json'

/** Fails with USAGE_INVALID if there is no such file. */
export async function requireFile(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isFile()) return
  throw new HaosError('USAGE_INVALID', `there is no file ${path}`, {at: path, hint: 'Check the path.'})
}

/** Compares files with the ones that were built again. Fails with USAGE_INVALID for a file that no target makes. */
export async function compareFinished(
  found: readonly string[],
  builtFor: (path: string) => BuiltArtifact | undefined,
  signal: AbortSignal,
): Promise<readonly VerifiedFile[]> {
  const pairs = found.map((path) => {
    const built = builtFor(path)
    if (built !== undefined) return {path, built}
    throw new HaosError('USAGE_INVALID', `the recipe makes no file ${basename(path)}`, {
      at: path,
      hint: 'Give the file its own name, and --recipe, --arch, --image, --set and --size as to the build. Images that were taken over are not verified.',
    })
  })
  const tools = {toolbox: new Toolbox(), signal}
  const verified: VerifiedFile[] = []
  for (const {path, built} of pairs) {
    const [then, now] = await Promise.all([toolsOf(path), toolsOf(built.path)])
    verified.push({
      path,
      sizeBytes: (await stat(path)).size,
      sha256: await digestOfFile(path, signal),
      difference: await compareFiles(built.path, path, tools),
      otherTools: Object.keys(now).flatMap((name) =>
        then[name] === undefined || then[name] === now[name] ? [] : [`${name} ${then[name]}, here ${now[name]}`],
      ),
    })
  }
  return verified
}

const Tools = z.object({tools: z.record(z.string(), z.string())})

/** Versions of the programs that made a file, by its manifest; none if it has none. */
async function toolsOf(path: string): Promise<Readonly<Record<string, string>>> {
  try {
    return Tools.parse(JSON.parse(await readFile(`${path}${manifest}`, 'utf8'))).tools
  } catch {
    return {}
  }
}

/** The files with the right bytes, one line each. */
export const renderVerified = (files: readonly VerifiedFile[]): string =>
  files
    .filter(({difference}) => difference === undefined)
    .map(({path, sizeBytes, sha256}) => {
      const facts = [nameHere(path), prettyBytes(sizeBytes), `sha256 ${sha256.slice(0, 12)}…`]
      return `✓ ${facts.join('  ')}  has the bytes that recipe and lock give\n`
    })
    .join('')

/** Fails with NOT_REPRODUCED, which names the first difference of each file, if there is one. */
export function refuseDifferences(files: readonly VerifiedFile[]): void {
  const problems = files.flatMap(({path, difference}) =>
    difference === undefined
      ? []
      : [{path: [nameHere(path), ...difference.path].join(' › '), message: difference.problem}],
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

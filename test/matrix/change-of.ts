import {$} from 'zx'

/** The changes of the current commit. */
export interface Change {
  /** The commit that it is compared with; undefined if there is none. */
  readonly base: string | undefined
  /** Paths below the root of the repository, including uncommitted ones. */
  readonly files: readonly string[]
  /** A number that increases by one with each commit; in a shallow clone, any number for this commit. */
  readonly turn: number
}

/**
 * The changes since a branch left `origin/main`, or on that branch since the previous commit, from git.
 *
 * Without git or its history there are no changes.
 */
export async function changeOf(root: string): Promise<Change> {
  const git = async (...words: readonly string[]): Promise<string | undefined> => {
    const {exitCode, stdout} = await $({cwd: root, quiet: true, nothrow: true})`git ${words}`
    return exitCode === 0 ? stdout.trim() : undefined
  }
  const head = await git('rev-parse', '--verify', 'HEAD')
  if (head === undefined) return {base: undefined, files: [], turn: 0}
  const fork = await git('merge-base', 'HEAD', 'refs/remotes/origin/main')
  const base = fork === undefined || fork === head ? await git('rev-parse', '--verify', 'HEAD^') : fork
  const changed = base === undefined ? '' : await git('diff', '--name-only', '--no-renames', base)
  const isShallow = (await git('rev-parse', '--is-shallow-repository')) === 'true'
  const count = isShallow ? undefined : await git('rev-list', '--count', 'HEAD')
  return {
    base,
    files: (changed ?? '').split('\n').filter((path) => path !== ''),
    turn: count === undefined ? Number.parseInt(head.slice(0, 8), 16) : Number(count),
  }
}

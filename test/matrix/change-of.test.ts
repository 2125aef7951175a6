import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execaSync} from 'execa'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../scratch.ts'
import {changeOf} from './change-of.ts'

/** A repository with a commit for each name, which adds a file of that name. */
function makeRepository(names: readonly string[]) {
  const root = join(scratchDirectory(), 'repository')
  mkdirSync(root)
  const git = (...words: string[]) =>
    execaSync(
      'git',
      ['-c', 'user.name=x', '-c', 'user.email=x@example.org', '-c', 'init.defaultBranch=main', ...words],
      {
        cwd: root,
      },
    ).stdout
  const commit = (name: string) => {
    writeFileSync(join(root, name), '')
    git('add', '.')
    git('commit', '--quiet', '--message', name)
    return git('rev-parse', 'HEAD')
  }
  git('init', '--quiet')
  return {root, git, commit, commits: names.map(commit)}
}

test('on main a change is the last commit, and each commit has another turn', async () => {
  const {root, git, commit, commits} = makeRepository(['a', 'b', 'c'])
  git('update-ref', 'refs/remotes/origin/main', 'HEAD')
  const change = await changeOf(root)

  expect(change).toMatchObject({base: commits[1], files: ['c']})
  commit('d')
  git('update-ref', 'refs/remotes/origin/main', 'HEAD')
  expect((await changeOf(root)).turn).toBe(change.turn + 1)
})

test('on a branch a change is everything since it left main', async () => {
  const {root, git, commit, commits} = makeRepository(['a', 'b'])
  git('update-ref', 'refs/remotes/origin/main', 'HEAD')
  git('checkout', '--quiet', '-b', 'branch')
  commit('c')
  commit('d')

  expect(await changeOf(root)).toMatchObject({base: commits[1], files: ['c', 'd']})
})

test('a first commit, a clone without history and a directory without git have no changes, but a turn', async () => {
  const {root} = makeRepository(['a'])
  expect(await changeOf(root)).toEqual({base: undefined, files: [], turn: 1})
  const shallow = join(scratchDirectory(), 'shallow')
  const {root: whole} = makeRepository(['a', 'b'])
  execaSync('git', ['clone', '--quiet', '--depth', '1', `file://${whole}`, shallow])
  const {base, files, turn} = await changeOf(shallow)
  expect({base, files}).toEqual({base: undefined, files: []})
  expect(turn).toBeGreaterThanOrEqual(0)
  expect(await changeOf(scratchDirectory())).toEqual({base: undefined, files: [], turn: 0})
})

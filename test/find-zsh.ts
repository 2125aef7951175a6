import {existsSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {unpackedPackages} from './unpacked-packages.ts'

/** Debian's zsh and the line of `.zshenv` by which it finds its own files, or why there is none. */
export type FoundZsh =
  | {readonly zsh: string; readonly settings: string; readonly reason?: undefined}
  | {readonly zsh?: undefined; readonly settings?: undefined; readonly reason: string}

/** Finds the shell in Debian's packages, which are 4.5 MB to download. */
export function findZsh(): FoundZsh {
  const {directory, reason} = unpackedPackages('test-zsh', ['zsh', 'zsh-common'])
  if (directory === undefined) return {reason: `no zsh: ${reason}`}
  const below = (path: string) => readdirSync(join(directory, path)).map((name) => join(directory, path, name))
  const modules = below('usr/lib').flatMap((path) =>
    readdirSync(join(path, 'zsh')).map((name) => join(path, 'zsh', name)),
  )
  const functions = ['usr/share/zsh/functions', 'usr/share/zsh/functions/Completion'].flatMap(below)
  // Debian 13 moved it below /usr.
  const zsh = ['usr/bin/zsh', 'bin/zsh'].map((path) => join(directory, path)).find((path) => existsSync(path))
  if (zsh === undefined) return {reason: 'no zsh: the package contains none'}
  return {zsh, settings: `module_path=(${modules.join(' ')})\nfpath=(${functions.join(' ')})\n`}
}

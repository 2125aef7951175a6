import {mkdir, readFile, stat, writeFile} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import * as z from 'zod'
import type {Arch} from '#dsl'
import type {FoundTool} from '#engine'
import {parseElf} from '#formats'

/** A path of a package, and the identity of the package. */
export interface OwnedPath {
  readonly path: string
  readonly version: string
}

/** Where Debian has the libraries of an architecture, and among them the dynamic linker (Debian wiki, "Multiarch/Tuples"). */
const linkers: Readonly<Record<Arch, {readonly libraries: string; readonly name: string}>> = {
  amd64: {libraries: 'usr/lib/x86_64-linux-gnu', name: 'ld-linux-x86-64.so.2'},
  arm64: {libraries: 'usr/lib/aarch64-linux-gnu', name: 'ld-linux-aarch64.so.1'},
  arm: {libraries: 'usr/lib/arm-linux-gnueabihf', name: 'ld-linux-armhf.so.3'},
}

const listName = 'programs.json'

/** Versions by the name of the program. */
const List = z.record(z.string(), z.string())

/**
 * Adds a command for each program below a directory to its `bin/`.
 *
 * The command starts the program by the directory's own dynamic linker with the libraries beside it (ld.so(8)), so that neither
 * depends on those of this machine, which may not even be of the same kind. It is a script, so that it also works for programs that
 * start others, and in commands that a user pastes.
 */
export async function addPrograms(directory: string, owned: readonly OwnedPath[], arch: Arch): Promise<void> {
  const {libraries, name: linker} = linkers[arch]
  const list: Record<string, string> = {}
  await mkdir(join(directory, 'bin'))
  for (const {path, version} of owned) {
    const name = basename(path)
    if (!['/usr/bin', '/usr/sbin'].includes(dirname(path)) || !(await isDynamic(join(directory, path)))) continue
    const script = [
      '#!/bin/sh',
      'root=${0%/*}/..',
      // Character sets are libraries, too.
      `export GCONV_PATH="$root/${libraries}/gconv"`,
      `exec "$root/${libraries}/${linker}" --inhibit-cache --library-path "$root/${libraries}" --argv0 ${name} "$root${path}" "$@"`,
      '',
    ]
    await writeFile(join(directory, 'bin', name), script.join('\n'), {mode: 0o755})
    list[name] = version
  }
  await writeFile(join(directory, listName), JSON.stringify(list))
}

/** The programs of a directory, by name. */
export async function loadPrograms(directory: string): Promise<ReadonlyMap<string, FoundTool>> {
  const list = List.parse(JSON.parse(await readFile(join(directory, listName), 'utf8')))
  return new Map(
    Object.entries(list).map(([name, version]) => [name, {name, version, path: join(directory, 'bin', name)}]),
  )
}

/** Whether a file, possibly through symlinks, is a program that needs a dynamic linker. */
async function isDynamic(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() === true && parseElf(await readFile(path))?.interpreter !== undefined
}

import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import packageJson from '../package.json' with {type: 'json'}

const repository = join(import.meta.dirname, '..')

/** Packs the package into a directory as a release does. Concurrent tests wait for each other. */
export async function packPackage(directory: string): Promise<string> {
  const words = ['npm', 'pack', '--pack-destination', directory]
  await execa('flock', [join(repository, 'package.json'), ...words], {cwd: repository})
  return join(directory, `haos-build-${packageJson.version}.tgz`)
}

export interface InstalledProject {
  readonly directory: string
  /** Runs a program of the project's node_modules/.bin; never rejects. */
  readonly run: (program: string, ...words: string[]) => Promise<{exitCode?: number; stdout: string; stderr: string}>
}

/** An empty project below a directory, with the package in its node_modules, as `npm install` leaves it. */
export async function installPackage(parent: string): Promise<InstalledProject> {
  const tarball = await packPackage(parent)
  const directory = join(parent, 'a project')
  mkdirSync(directory)
  writeFileSync(join(directory, 'package.json'), '{"name": "stranger", "private": true, "type": "module"}\n')
  await execa('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], {cwd: directory})
  return {
    directory,
    run: (program, ...words) => execa(program, words, {cwd: directory, preferLocal: true, reject: false}),
  }
}

import {mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

/** A ConfigMap or Secret as the kubelet mounts it: a new directory for each state, and a symlink that is swapped. */
export class MountedVolume {
  readonly directory: string
  #state = 0

  constructor(directory: string) {
    this.directory = directory
    mkdirSync(directory, {recursive: true})
    this.update({})
  }

  update(data: Readonly<Record<string, string>>): void {
    const {directory} = this
    const state = `..2026_11_30_12_00_0${this.#state++}.1`
    mkdirSync(join(directory, state))
    for (const [key, content] of Object.entries(data)) writeFileSync(join(directory, state, key), content)
    symlinkSync(state, join(directory, '..data_tmp'))
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
    for (const key of readdirSync(directory)) {
      if (!key.startsWith('..') && !(key in data)) rmSync(join(directory, key))
      if (/^\.\.\d/.test(key) && key !== state) rmSync(join(directory, key), {recursive: true})
    }
    for (const key of Object.keys(data)) {
      rmSync(join(directory, key), {force: true})
      symlinkSync(`..data/${key}`, join(directory, key))
    }
  }
}

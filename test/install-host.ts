import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {chmodSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {MemoryHost} from '../runtime/host/memory.ts'

/** A host with the programs and files of this machine, for steps of an installation below a test's directory. */
class InstallHost extends MemoryHost {
  constructor() {
    super({
      sha256: (content) => createHash('sha256').update(content).digest('hex'),
      run: ([program = '', ...args], {stdin} = {}) => {
        const {status, stdout} = spawnSync(program, args, {input: stdin ?? '', encoding: 'utf8'})
        return {status: status ?? 127, stdout}
      },
    })
  }

  override write(path: string, content: string | Uint8Array, {mode = 0o644}: {readonly mode?: number} = {}): void {
    const beside = `${path}.new`
    try {
      writeFileSync(beside, content)
      chmodSync(beside, mode)
      renameSync(beside, path)
    } catch (error) {
      rmSync(beside, {force: true})
      throw error
    }
  }
}

export const installHost = new InstallHost()

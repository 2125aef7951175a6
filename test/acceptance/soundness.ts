import {existsSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {digestOfFile} from '../../engine/store/digest.ts'
import type {Workplace} from './tiny-world.ts'

/** Faults of a store and an output directory, one line each; empty if there are none. */
export async function findDamage({store, out, directory}: Workplace): Promise<readonly string[]> {
  const damage: string[] = []
  for (const path of filesBelow(join(store, 'blobs'))) {
    const name = path.split('/').at(-1)
    if ((await digestOfFile(path)) !== name) damage.push(`${path} has other bytes than its name says`)
  }
  const expected =
    /^(?:(?:blobs|marks)\/[0-9a-f]{2}\/[0-9a-f]{64}|results\/[0-9a-f]{2}\/[0-9a-f]{64}\.json|state\/[\w-]+\.json)$/
  for (const path of [...filesBelow(store)]) {
    const place = path.slice(store.length + 1)
    if (!/^(?:logs|indexes)\//.test(place) && !expected.test(place)) damage.push(`${path} is no part of a store`)
  }
  for (const name of existsSync(join(store, 'work')) ? readdirSync(join(store, 'work')) : []) {
    damage.push(`${name} was left at work`)
  }
  const outputs = existsSync(out) ? readdirSync(out) : []
  for (const name of outputs) {
    if (!/^(?:logs|SHA256SUMS|\.exported\.json|.*\.iso(?:\.manifest\.json)?)$/.test(name))
      damage.push(`${name} is no output`)
  }
  for (const name of readdirSync(directory)) {
    if (/^haos\.lock\.json./.test(name)) damage.push(`${name} is half of a lock file`)
  }
  return damage
}

const filesBelow = (directory: string): string[] =>
  existsSync(directory)
    ? readdirSync(directory, {recursive: true, withFileTypes: true})
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name))
    : []

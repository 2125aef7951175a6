import {cpSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {digestOfFile} from '#engine'
import {runtimeBundleOptions} from '../../../runtime/bundle-options.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {bundleRuntime, loadRuntime} from './bundle-runtime.ts'

const repository = join(import.meta.dirname, '../../..')

/** The digest of the bundle that a copy of the sources makes, below a project with such a tsconfig.json. */
async function bundleBelow(tsconfig: object): Promise<string> {
  const directory = scratchDirectory()
  for (const name of ['runtime', 'dsl', 'layout', 'formats', 'package.json'])
    cpSync(join(repository, name), join(directory, name), {recursive: true})
  symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'))
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(tsconfig))
  const runtime = await loadRuntime(directory, runtimeBundleOptions)
  const options = runtime.bundle({identity: deriveIdentity('haos'), version: '1'})
  const output = join(directory, 'output')
  const file = () => join(directory, 'package.json')
  // It runs no tool and fetches nothing.
  const unused = {inputs: {}, scratch: directory, epoch: 0, signal: new AbortController().signal}
  await Reflect.apply(bundleRuntime.run, bundleRuntime, [{...unused, options, output, file}])
  return digestOfFile(output)
}

test("the node's program is the same whatever tsconfig.json its sources lie below", async () => {
  const odd = {compilerOptions: {target: 'es5', useDefineForClassFields: false, strict: false}}

  expect(await bundleBelow(odd)).toBe(await bundleBelow({compilerOptions: {strict: true}}))
})

import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {liveInitrd} from '#image'
import {runStep} from './run-step.ts'
import {scratchDirectory} from './scratch.ts'

/** Makes an initrd with the layout of ours, with small placeholders for the compressed part and the layers. */
export function makeSmallInitrd(): Promise<string> {
  const directory = scratchDirectory()
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const configPath = 'haos/system/config.yaml'
  return runStep(
    liveInitrd,
    {initrd: write('initrd', ''), files: [write('layer', 'layer')]},
    {
      paths: ['haos/system/haos/1/packages.squashfs'],
      texts: {[configPath]: 'hostname: built\n'},
      links: {'haos/system/haos/current': '1'},
      modes: {[configPath]: '0400'},
      configPath,
    },
  )
}

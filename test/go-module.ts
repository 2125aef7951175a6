import {spawnSync} from 'node:child_process'
import * as z from 'zod'

const Downloaded = z.object({Dir: z.string()})

/** Directory of a Go module's source, fetched by the go of this machine; undefined without it or its proxy. */
export function goModule(module: string): string | undefined {
  const {status, stdout} = spawnSync('go', ['mod', 'download', '-json', module], {cwd: '/', encoding: 'utf8'})
  return status === 0 ? Downloaded.parse(JSON.parse(stdout)).Dir : undefined
}

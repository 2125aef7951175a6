import * as std from 'std'
import {deriveIdentity} from '#dsl'
import {readConfig} from '../../runtime/config/read-config.ts'
import {renderConfig} from '../../runtime/config/render-config.ts'
import {decodeBase64} from '../../runtime/text/base64.ts'

/* Reads configurations from a file, one per line as JSON with its files in base64, and prints the reader's result for each. */

const identity = deriveIdentity('haos')

for (const line of (std.open(scriptArgs[1] ?? '', 'r')?.readAsString() ?? '').trimEnd().split('\n')) {
  const {files, cmdline}: {files: Record<string, string>; cmdline: string} = JSON.parse(line)
  const {config, written, problems} = readConfig(
    {
      read: (path) => (Object.hasOwn(files, path) ? decodeBase64(files[path] ?? '') : undefined),
      list: (path) => {
        const names = Object.keys(files).filter((name) => name.startsWith(`${path}/`))
        return names.length === 0 ? undefined : names.map((name) => name.slice(path.length + 1))
      },
    },
    {identity, cmdline},
  )
  std.out.puts(
    `${JSON.stringify({config: renderConfig(config, identity), written: renderConfig(written, identity), problems})}\n`,
  )
}
std.out.flush()

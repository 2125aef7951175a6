import {once} from 'node:events'
import {Flags} from '@oclif/core'
import {HaosError} from '#dsl'
import {pxeTarget, serveFiles} from '#targets'
import {buildFlags} from '../project-command.ts'
import {targetCommand} from '../target-command.ts'

const PxeTarget = targetCommand(pxeTarget)

export default class Pxe extends PxeTarget {
  static override examples = [
    ...PxeTarget.examples,
    {
      description: 'Also serve the files to machines with iPXE, until Ctrl-C',
      command: '<%= config.bin %> pxe --serve 192.168.1.10:8080',
    },
  ]
  static override flags = {
    ...buildFlags,
    serve: Flags.string({
      description: 'Serve the files over HTTP on this local address. Default port: 8080.',
      helpValue: 'ADDRESS[:PORT]',
    }),
  }

  override async run() {
    const result = await super.run()
    const {flags} = await this.parse(Pxe)
    if (flags.serve === undefined) return result
    const {host, port} = parseAddress(flags.serve)
    const server = await serveFiles({
      host,
      port,
      files: new Map(result.artifacts.map(({name, path}) => [name.split('/').at(-1) ?? name, path])),
      onRequest: ({client, path, status}) => this.emit({type: 'note', message: `${client} ${status} /${path}`}),
    })
    this.emit({
      type: 'note',
      message: `serving ${server.url}/boot.ipxe: give it to machines as DHCP option 67, or type "chain ${server.url}/boot.ipxe" in iPXE`,
    })
    try {
      if (!this.signal.aborted) await once(this.signal, 'abort')
    } finally {
      await server.close()
    }
    return {...result, url: server.url}
  }
}

/** Reads `ADDRESS`, `ADDRESS:PORT`, `[IPV6]` or `[IPV6]:PORT`. */
function parseAddress(text: string): {host: string; port: number} {
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host !== undefined && Number(port ?? 8080) <= 65_535) return {host, port: Number(port ?? 8080)}
  throw new HaosError('USAGE_INVALID', `"${text}" is not an address to serve on`, {
    hint: 'Write it as 192.168.1.10, 192.168.1.10:8080 or [fd00::1]:8080.',
    at: '--serve',
  })
}

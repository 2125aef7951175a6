import type {Host} from './host.ts'

/** Free space for root on the file system of a path, as df(1) counts it; undefined if it cannot be told. */
export function freeBytesAt(host: Host, path: string): number | undefined {
  const [, blocks] = /^\S+\s+\d+\s+\d+\s+(\d+)\s/m.exec(host.run(['df', '-Pk', path]).stdout) ?? []
  return blocks === undefined ? undefined : Number(blocks) * 1024
}

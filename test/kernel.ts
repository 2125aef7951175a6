import {readdirSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {$} from 'zx'
import {downloadPackages, keepInCache} from './keep-in-cache.ts'

/** A kernel to boot in tests, or why there is none. */
export type TestKernel =
  | {readonly kernel: string; readonly reason?: undefined}
  | {readonly kernel?: undefined; readonly reason: string}

/**
 * Gets a Debian kernel with drivers for a serial line and NVMe built in.
 *
 * The host's apt fetches and verifies it; the cache directory keeps it. Without apt, network or the
 * package, it returns the reason, for the title of a skipped test.
 */
export function findTestKernel(): TestKernel {
  const {directory, reason} = keepInCache('test-kernel', (half) => {
    const depends = $.sync`apt-cache depends --no-suggests linux-image-cloud-amd64`.text()
    const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1]
    if (name === undefined) throw new Error('apt knows no linux-image-cloud-amd64')
    const [archive = ''] = downloadPackages(half, [name])
    $.sync`dpkg-deb -x ${archive} ${half}`
    rmSync(archive)
    rmSync(join(half, 'lib'), {recursive: true, force: true})
  })
  if (directory === undefined) return {reason: `no kernel: ${reason}`}
  const name = readdirSync(join(directory, 'boot')).find((file) => file.startsWith('vmlinuz-'))
  return name === undefined ? {reason: 'no kernel: the package holds none'} : {kernel: join(directory, 'boot', name)}
}

import type {TreeEntry} from '#formats'
import type {DebianPackage} from '../archive/debian-package.ts'
import {mergedUsr} from '../archive/merged-usr.ts'

/** What dpkg would have written after unpacking (deb-conffiles(5), dpkg-query(1)): status, and its files for each package. */
export function dpkgRecords(packages: readonly DebianPackage[]): TreeEntry[] {
  const status = packages.map(({control, conffiles}) => {
    // The word instead of a digest says that the new file waits under another name.
    const pending = conffiles.map((path) => `\n ${path} newconffile`).join('')
    return `${control}\nStatus: install ok unpacked\n${pending === '' ? '' : `Conffiles:${pending}\n`}`
  })
  return [
    textFile('/var/lib/dpkg/status', status.join('\n')),
    textFile('/var/lib/dpkg/available', ''),
    textFile('/var/lib/dpkg/info/format', '1\n'),
    ...packages.flatMap(({infoName, scripts, files}) => [
      textFile(`/var/lib/dpkg/info/${infoName}.list`, renderList(files)),
      ...[...scripts].map(([name, entry]) => ({...entry, path: `/var/lib/dpkg/info/${infoName}.${name}`})),
    ]),
  ]
}

/** Paths in the order of the archive; the root is written `/.`. */
const renderList = (files: readonly TreeEntry[]): string =>
  files.map(({path}) => (path === '/' ? '/.\n' : `${path}\n`)).join('')

/** A conffile gets its name when the package is configured. */
export function waitingConffiles({files, conffiles}: DebianPackage): TreeEntry[] {
  const names = new Set(conffiles)
  return files
    .filter(({path}) => names.has(path))
    .map((entry) => {
      // The file that it is another name of may be a conffile too, and then lies elsewhere.
      const file = entry.type === 'hardlink' ? files.find(({path}) => path === entry.target) : entry
      return {...(file ?? entry), path: `${mergedUsr(entry.path)}.dpkg-new`}
    })
}

const textFile = (path: string, text: string): TreeEntry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  content: {bytes: Buffer.from(text)},
})

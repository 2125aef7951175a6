import type {TreeEntry} from '#formats'
import type {DebianPackage} from '../archive/debian-package.ts'
import {mergedUsr} from '../archive/merged-usr.ts'

/** The database that dpkg writes after unpacking (deb-conffiles(5), dpkg-query(1)): status, and the files of each package. */
export function dpkgRecords(packages: readonly DebianPackage[]): TreeEntry[] {
  const status = packages.map(({control, conffiles}) => {
    // This word instead of a digest means that the new file still has its temporary name.
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

/** Paths in the order of the archive; dpkg writes the root as `/.`. */
const renderList = (files: readonly TreeEntry[]): string =>
  files.map(({path}) => (path === '/' ? '/.\n' : `${path}\n`)).join('')

/** Conffiles under the temporary names that they have until the package is configured. */
export function pendingConffiles({files, conffiles}: DebianPackage): TreeEntry[] {
  const names = new Set(conffiles)
  return files
    .filter(({path}) => names.has(path))
    .map((entry) => {
      // The target of a hard link may be a conffile, too, and then has a temporary name.
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

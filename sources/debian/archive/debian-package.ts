import {readContent, type TreeEntry} from '#formats'
import {brokenDeb} from './broken-deb.ts'
import type {DebTars} from './deb-archive.ts'
import type {Stanza} from './deb822.ts'
import {readPackageTree} from './read-package-tree.ts'

/** A package as its archive describes it. */
export interface DebianPackage {
  readonly name: string
  readonly fields: Stanza
  /** The control file, as in dpkg's status file. */
  readonly control: string
  /** Base name of its files below `/var/lib/dpkg/info`, which includes the architecture for `Multi-Arch: same`. */
  readonly infoName: string
  /** Control files in addition to `control`, by name. */
  readonly scripts: ReadonlyMap<string, TreeEntry>
  readonly conffiles: readonly string[]
  /** Lines of its triggers file. */
  readonly triggers: readonly string[]
  readonly files: readonly TreeEntry[]
  readonly tars: DebTars
}

/** Reads an unpacked archive; file contents stay in its tar files. */
export async function readDebianPackage(tars: DebTars): Promise<DebianPackage> {
  const {archive, controlFiles} = tars
  const {control, fields, scripts} = controlFiles
  const name = fields.get('package') ?? ''
  const linesOf = async (file: string): Promise<string[]> => {
    const content = scripts.get(file)?.content
    const text = content ? Buffer.from(await readContent(content)).toString() : ''
    return text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  }
  const conffiles = await linesOf('conffiles')
  const odd = conffiles.find((line) => /[\u0000-\u001f\u007f]/.test(line) || line.split('/').includes('..'))
  if (odd !== undefined) throw brokenDeb(archive, `it has the conffile ${JSON.stringify(odd.slice(0, 200))}`)
  const files: TreeEntry[] = []
  for await (const entry of readPackageTree(tars.data, archive)) files.push(entry)
  const shared = fields.get('multi-arch') === 'same'
  return {
    name,
    fields,
    control,
    infoName: shared ? `${name}:${fields.get('architecture')}` : name,
    scripts,
    conffiles,
    triggers: await linesOf('triggers'),
    files,
    tars,
  }
}

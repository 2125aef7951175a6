import {readContent, type TreeEntry} from '#formats'
import {brokenDeb, type DebArchive} from './broken-deb.ts'
import {parseStanzas, type Stanza} from './deb822.ts'
import {readPackageTree} from './read-package-tree.ts'

/** A package's control fields and scripts. */
export interface ControlFiles {
  /** The control file, as in dpkg's status file. */
  readonly control: string
  readonly fields: Stanza
  /** Control files in addition to `control`, by name. */
  readonly scripts: ReadonlyMap<string, TreeEntry>
}

/** Maximum size of a file that becomes part of dpkg's database; Debian's largest, a kernel's, is 20 kB. */
const MAX_CONTROL_FILE = 1 << 20

/** Reads a package's control files. Names become parts of paths and lines, so unusual characters are refused. */
export async function readControl(tar: string, archive: DebArchive): Promise<ControlFiles> {
  const scripts = new Map<string, TreeEntry>()
  for await (const entry of readPackageTree(tar, archive)) {
    if (entry.type !== 'file') continue
    const name = entry.path.slice(1)
    if (!/^[\w.+-]+$/.test(name))
      throw brokenDeb(archive, `the name of its control file ${JSON.stringify(name)} is invalid`)
    scripts.set(name, entry)
  }
  const content = scripts.get('control')?.content
  if (content === undefined) throw brokenDeb(archive, 'it has no control file')
  if ('sizeBytes' in content && content.sizeBytes > MAX_CONTROL_FILE)
    throw brokenDeb(archive, `its control file is ${content.sizeBytes} bytes`)
  const control = Buffer.from(await readContent(content))
    .toString()
    .trimEnd()
  const [fields, ...more] = parseStanzas(control)
  // A second stanza would become another package in dpkg's database, and these fields are dpkg's own.
  if (fields === undefined || more.length > 0 || /\n[ \t]*\n/.test(control))
    throw brokenDeb(archive, 'its control file is not one stanza')
  const foreign = ['status', 'config-version', 'conffiles'].find((field) => fields.has(field))
  if (foreign !== undefined) throw brokenDeb(archive, `its control file has the field ${foreign}`)
  for (const [field, usable] of Object.entries(usableFields)) {
    const value = fields.get(field)
    if (value === undefined || !usable.test(value))
      throw brokenDeb(archive, `its control file says ${JSON.stringify(value ?? '')} for ${field}`)
  }
  const itself = `${fields.get('package')} ${fields.get('version')}`
  if (!archive.isFile && itself !== archive.label) throw brokenDeb(archive, `it is ${itself}`)
  scripts.delete('control')
  return {control, fields, scripts}
}

/** Fields that every package has, and the values that dpkg accepts (deb-control(5)). */
const usableFields: Readonly<Record<string, RegExp>> = {
  package: /^[a-z0-9][a-z0-9+._-]{0,200}$/i,
  version: /^[\w.+:~-]{1,200}$/,
  architecture: /^[a-z0-9][a-z0-9-]{0,50}$/,
}

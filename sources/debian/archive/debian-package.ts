import {HaosError} from '#dsl'
import {readContent, readTree, type TreeEntry} from '#formats'
import type {DebTars} from './deb-archive.ts'
import {parseStanzas, type Stanza} from './deb822.ts'

/** A package as its archive describes it. */
export interface DebianPackage {
  readonly name: string
  readonly fields: Stanza
  /** The control file, as it goes into dpkg's status. */
  readonly control: string
  /** What dpkg calls its files below `/var/lib/dpkg/info`: packages that several architectures share carry theirs. */
  readonly infoName: string
  /** Control files beside `control`, by name. */
  readonly scripts: ReadonlyMap<string, TreeEntry>
  readonly conffiles: readonly string[]
  /** Lines of its triggers file. */
  readonly triggers: readonly string[]
  readonly files: readonly TreeEntry[]
  readonly tars: DebTars
}

/** Reads what an unpacked archive holds; contents of files stay where they are. */
export async function readDebianPackage(tars: DebTars): Promise<DebianPackage> {
  const scripts = new Map<string, TreeEntry>()
  for await (const entry of readTree(tars.control)) {
    if (entry.type === 'file') scripts.set(entry.path.slice(1), entry)
  }
  const text = async (name: string) => {
    const content = scripts.get(name)?.content
    return content ? Buffer.from(await readContent(content)).toString() : ''
  }
  const control = (await text('control')).trimEnd()
  const fields = parseStanzas(control)[0] ?? new Map<string, string>()
  const name = fields.get('package')
  if (name === undefined) {
    throw new HaosError('PACKAGE_INVALID', 'a Debian package does not say its name', {
      at: tars.archive,
      hint: 'Run `haos-build lock --update`: the pinned file is no Debian package.',
    })
  }
  const conffiles = lines(await text('conffiles'))
  const triggers = lines(await text('triggers'))
  scripts.delete('control')
  const files: TreeEntry[] = []
  for await (const entry of readTree(tars.data)) files.push(entry)
  const shared = fields.get('multi-arch') === 'same'
  return {
    name,
    fields,
    control,
    infoName: shared ? `${name}:${fields.get('architecture')}` : name,
    scripts,
    conffiles,
    triggers,
    files,
    tars,
  }
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))

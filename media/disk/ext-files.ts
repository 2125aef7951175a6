import {open, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {HaosError, parentsOf} from '#dsl'
import {digestOfFile, isDiskFull, type ToolRun} from '#engine'
import {contentSize, renderInodeRequests, type TreeContent, type TreeEntry, withParents} from '#formats'
import {changeInodes, checkExt, readExt} from '#tools'
import {checkPlaces, type PathKind} from '../host-files.ts'
import type {ExtFileSystem} from './find-ext.ts'

/** Type and metadata of a path. */
interface ExtEntry {
  readonly kind: PathKind
  readonly sizeBytes: number
}

/** Reads and changes files of an ext file system inside a raw disk, without mounting it. */
export class ExtFiles {
  readonly fileSystem: ExtFileSystem
  readonly #image: string
  readonly #scratch: string
  readonly #tool: ToolRun
  #scratchFiles = 0

  /** `scratch` is a host directory that nobody else can read. */
  constructor(
    fileSystem: ExtFileSystem,
    {image, scratch, tool}: {readonly image: string; readonly scratch: string; readonly tool: ToolRun},
  ) {
    this.fileSystem = fileSystem
    this.#image = image
    this.#scratch = scratch
    this.#tool = tool
  }

  /** The contents of directories, by path. */
  async list(directories: readonly string[]): Promise<ReadonlyMap<string, ExtEntry>> {
    const found = new Map<string, ExtEntry>()
    const answers = await this.#ask(directories.map((path) => `ls -p ${quote(path)}`))
    for (const [index, answer] of answers.entries()) {
      const directory = directories[index] === '/' ? '' : directories[index]
      for (const line of answer) {
        // Inode, mode, owner, group, name and size, separated and enclosed by slashes, which no name can contain.
        const [, mode = '', name = '', size] = /^\/\d+\/([0-7]+)\/\d+\/\d+\/([^/]+)\/(\d*)\/$/.exec(line) ?? []
        if (name === '' || name === '.' || name === '..') continue
        const isDirectory = (Number.parseInt(mode, 8) & 0o170000) === types.directory
        found.set(`${directory}/${name}`, {kind: isDirectory ? 'directory' : 'other', sizeBytes: Number(size)})
      }
    }
    return found
  }

  /** The bytes of a file; undefined if there is none. */
  async read(path: string): Promise<Buffer | undefined> {
    const [copy = ''] = await this.#copiesOf([path])
    return readFile(copy).catch(() => undefined)
  }

  /**
   * Adds files, directories and symlinks, with one timestamp for all. Replaces existing files and symlinks, but no
   * directories.
   *
   * Replaced files leave no trace. Everything is read back, and the file system is checked. Fails with DISK_FULL,
   * USAGE_INVALID or TOOL_FAILED.
   */
  async put(entries: readonly TreeEntry[]): Promise<void> {
    if (entries.length === 0) return
    const wanted = withParents(entries).filter(({path}) => path !== '/')
    const parents = ['/', ...new Set(wanted.flatMap(({path}) => parentsOf(path)))]
    const present = await this.list(parents)
    checkPlaces(entries, (path) => present.get(path)?.kind)
    const replaced = wanted.filter(({path}) => present.get(path)?.kind === 'other')
    this.#needRoom(
      wanted,
      replaced.reduce((sum, {path}) => sum + (present.get(path)?.sizeBytes ?? 0), 0),
    )
    await this.#remove(replaced.map(({path}) => path))
    const changed = wanted.filter(
      ({path}) => present.get(path)?.kind !== 'directory' || entries.some((entry) => entry.path === path),
    )
    const requests: string[] = []
    for (const entry of changed) {
      if (present.get(entry.path)?.kind !== 'directory') requests.push(...(await this.#requestsFor(entry)))
    }
    const inodes = changed.map((entry) => ({path: entry.path.slice(1), mode: modeOf(entry)}))
    await this.#change(`${requests.join('\n')}\n${renderInodeRequests(inodes, this.fileSystem.madeAt)}`)
    await this.#check(wanted, parents)
  }

  #needRoom(wanted: readonly TreeEntry[], freedBytes: number): void {
    const room = this.fileSystem.freeBytes + freedBytes
    const needed = wanted.reduce((sum, {content}) => sum + this.fileSystem.blockBytes + contentSize(content), 0)
    if (needed <= room) return
    throw new HaosError('DISK_FULL', `the disk has space for ${room} bytes, but ${needed} are needed`, {
      hint: 'Add less, or make a larger disk with `haos-build disk --size`.',
    })
  }

  /** Removes files and overwrites their contents, which may be secret. */
  async #remove(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return
    const answers = await this.#ask(paths.map((path) => `blocks ${quote(path)}`))
    await this.#change(paths.map((path) => `rm ${quote(path)}\n`).join(''))
    const {startBytes, blockBytes} = this.fileSystem
    await using image = await open(this.#image, 'r+')
    for (const block of answers.flat().join(' ').match(/\d+/g) ?? [])
      await image.write(Buffer.alloc(blockBytes), 0, blockBytes, startBytes + Number(block) * blockBytes)
  }

  /** debugfs creates files only in its working directory. */
  async #requestsFor({path, type, target = '', content}: TreeEntry): Promise<readonly string[]> {
    const name = quote(path.slice(path.lastIndexOf('/') + 1))
    const enter = `cd ${quote(path.slice(0, path.lastIndexOf('/')) || '/')}`
    if (type === 'directory') return [enter, `mkdir ${name}`]
    if (type === 'symlink') return [enter, `symlink ${name} ${quote(target)}`]
    return [enter, `write ${quote(await this.#hostPath(content))} ${name}`]
  }

  async #check(wanted: readonly TreeEntry[], parents: readonly string[]): Promise<void> {
    const present = await this.list(parents)
    const isThere = ({path, type}: TreeEntry) =>
      present.get(path)?.kind === (type === 'directory' ? 'directory' : 'other')
    const files = wanted.filter(({type}) => type === 'file')
    const copies = await this.#copiesOf(files.map(({path}) => path))
    const differs = async ({content}: TreeEntry, index: number) => {
      const pair = [copies[index] ?? '', await this.#hostPath(content)]
      const [written, meant] = await Promise.all(pair.map((file) => digestOfFile(file).catch(() => undefined)))
      return written === undefined || written !== meant
    }
    let wrong = wanted.find((entry) => !isThere(entry))
    for (const [index, entry] of files.entries()) if (await differs(entry, index)) wrong ??= entry
    if (wrong !== undefined) {
      for (const place of [this.#image, this.#scratch]) {
        if (!(await isDiskFull(place))) continue
        throw new HaosError('DISK_FULL', `no space is left to write ${wrong.path}`, {
          hint: 'Free space where the disk and temporary files (TMPDIR) are, or name other directories.',
        })
      }
      throw new HaosError('TOOL_FAILED', `debugfs did not write ${wrong.path} correctly`, {
        hint: 'This is a bug in haos-build: report it with the version of e2fsprogs. Nothing was changed.',
      })
    }
    await this.#tool(checkExt, this.#place)
  }

  get #place() {
    return {image: this.#image, startBytes: this.fileSystem.startBytes}
  }

  async #change(requests: string): Promise<void> {
    await this.#tool(changeInodes, {...this.#place, requests: await this.#scratchFile(requests)})
  }

  /** The lines of output of each request. */
  async #ask(requests: readonly string[]): Promise<readonly (readonly string[])[]> {
    const file = await this.#scratchFile(requests.map((request) => `${request}\n`).join(''))
    const printed = await this.#tool(readExt, {...this.#place, requests: file})
    // debugfs echoes each request before its output, in which no line begins like this.
    const [, ...answers] = printed.split(/^debugfs: .*$/m)
    return answers.map((answer) => answer.split('\n'))
  }

  /** Host paths of copies of files; missing files have none. */
  async #copiesOf(paths: readonly string[]): Promise<readonly string[]> {
    const copies = paths.map(() => this.#newScratch())
    await this.#ask(paths.map((path, index) => `dump ${quote(path)} ${quote(copies[index] ?? '')}`))
    return copies
  }

  async #hostPath(content: TreeContent | undefined): Promise<string> {
    if (content !== undefined && 'hostPath' in content) return content.hostPath
    return this.#scratchFile(content?.bytes ?? '')
  }

  async #scratchFile(content: string | Uint8Array): Promise<string> {
    const file = this.#newScratch()
    await writeFile(file, content)
    return file
  }

  #newScratch(): string {
    return join(this.#scratch, String(this.#scratchFiles++))
  }
}

const types = {directory: 0o040000, file: 0o100000, symlink: 0o120000} as const

const modeOf = ({type, mode}: TreeEntry): number =>
  type === 'symlink' ? types.symlink | 0o777 : (type === 'directory' ? types.directory : types.file) | mode

function quote(text: string): string {
  if (!/["\u0000-\u001f\u007f]/.test(text)) return `"${text}"`
  throw new HaosError('USAGE_INVALID', `debugfs cannot handle the name ${JSON.stringify(text)}`, {
    hint: 'Rename it: names with quotation marks, tabs or line breaks cannot be put on a disk.',
    at: '--file',
  })
}

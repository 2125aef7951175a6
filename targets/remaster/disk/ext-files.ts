import {readFile, writeFile} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {HaosError} from '#dsl'
import {
  changeInodes,
  checkExt,
  contentSize,
  digestOfFile,
  type InodeRequest,
  readExt,
  renderInodeRequests,
  type ToolRun,
  type TreeContent,
  type TreeEntry,
  withParents,
} from '#engine'
import type {ExtFileSystem} from './find-ext.ts'

/** Reads and changes files of an ext file system inside a raw disk, without mounting it. */
export class ExtFiles {
  readonly fileSystem: ExtFileSystem
  readonly #image: string
  readonly #scratch: string
  readonly #tool: ToolRun
  #calls = 0

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

  /** What is in directories, by path: a directory, or anything else. */
  async list(directories: readonly string[]): Promise<ReadonlyMap<string, 'directory' | 'other'>> {
    const found = new Map<string, 'directory' | 'other'>()
    const printed = await this.#ask(directories.map((path) => `ls -p ${quote(path)}`))
    let section = -1
    for (const line of printed.split('\n')) {
      if (line.startsWith('debugfs: ')) section++
      // Inode, mode, owner, group, name and size, divided and surrounded by slashes, which no name can have.
      const [, mode = '', name = ''] = /^\/\d+\/([0-7]+)\/\d+\/\d+\/([^/]+)\/\d*\/$/.exec(line) ?? []
      if (name === '' || name === '.' || name === '..') continue
      const directory = directories[section] ?? '/'
      const isDirectory = (Number.parseInt(mode, 8) & 0o170000) === 0o040000
      found.set(`${directory === '/' ? '' : directory}/${name}`, isDirectory ? 'directory' : 'other')
    }
    return found
  }

  /** The bytes of a file, or nothing where there is none. */
  async read(path: string): Promise<Buffer | undefined> {
    const copy = await this.#copyOf(path)
    return readFile(copy).catch(() => undefined)
  }

  /**
   * Puts files, directories and symbolic links in, with one time for all; what has their paths is replaced, except directories.
   *
   * Everything is read back, and the file system is checked. Fails with DISK_FULL, USAGE_INVALID or TOOL_FAILED.
   */
  async put(entries: readonly TreeEntry[]): Promise<void> {
    const parents = [...new Set(entries.flatMap(({path}) => parentsOf(path)))].sort()
    const present = await this.list(['/', ...parents])
    const wanted = withParents(entries).filter(({path}) => path !== '/')
    const needed = wanted.reduce((sum, entry) => sum + 4096 + contentSize(entry.content), 0)
    if (needed > this.fileSystem.freeBytes) {
      throw new HaosError(
        'DISK_FULL',
        `the disk has room for ${this.fileSystem.freeBytes} bytes, and ${needed} are to be added`,
        {
          hint: 'Add less, or make a larger disk with `haos-build disk --size`.',
        },
      )
    }
    const requests: string[] = []
    const inodes: InodeRequest[] = []
    for (const entry of wanted) {
      const there = present.get(entry.path)
      const named = entries.some(({path}) => path === entry.path)
      if ((there === 'directory') !== (entry.type === 'directory') && there !== undefined) throw isInTheWay(entry)
      if (there === 'directory' && !named) continue
      requests.push(...(await this.#requestsFor(entry, there)))
      inodes.push({path: entry.path.slice(1), mode: modeOf(entry)})
    }
    const text = `${requests.join('\n')}\n${renderInodeRequests(inodes, this.fileSystem.madeAt)}`
    await this.#tool(changeInodes, {...this.#place, requests: await this.#scratchFile(text)})
    await this.#check(wanted)
  }

  /** debugfs creates in its working directory only. */
  async #requestsFor(entry: TreeEntry, there: 'directory' | 'other' | undefined): Promise<readonly string[]> {
    const {path} = entry
    const name = quote(path.slice(path.lastIndexOf('/') + 1))
    const enter = `cd ${quote(path.slice(0, path.lastIndexOf('/')) || '/')}`
    const remove = there === 'other' ? [`rm ${quote(path)}`] : []
    if (entry.type === 'directory') return there === 'directory' ? [] : [enter, `mkdir ${name}`]
    if (entry.type === 'symlink') return [enter, ...remove, `symlink ${name} ${quote(entry.target ?? '')}`]
    return [enter, ...remove, `write ${quote(await this.#hostPath(entry.content))} ${name}`]
  }

  async #check(wanted: readonly TreeEntry[]): Promise<void> {
    for (const {path, type, content} of wanted) {
      if (type !== 'file') continue
      const copy = await this.#copyOf(path)
      const [written, meant] = await Promise.all(
        [copy, await this.#hostPath(content)].map((file) => digestOfFile(file).catch(() => undefined)),
      )
      if (written !== undefined && written === meant) continue
      throw new HaosError('TOOL_FAILED', `debugfs did not write ${path} as it was told to`, {
        hint: 'This is a fault of haos-build: report it with the version of e2fsprogs. Nothing was changed.',
      })
    }
    await this.#tool(checkExt, this.#place)
  }

  get #place() {
    return {image: this.#image, startBytes: this.fileSystem.startBytes}
  }

  async #ask(requests: readonly string[]): Promise<string> {
    return this.#tool(readExt, {...this.#place, requests: await this.#scratchFile(`${requests.join('\n')}\n`)})
  }

  /** Host path of a copy of a file, which is not there if the file is not. */
  async #copyOf(path: string): Promise<string> {
    const copy = this.#newScratch()
    await this.#ask([`dump ${quote(path)} ${quote(copy)}`])
    return copy
  }

  async #hostPath(content: TreeContent | undefined): Promise<string> {
    if (content !== undefined && 'hostPath' in content) return resolve(content.hostPath)
    return this.#scratchFile(content?.bytes ?? '')
  }

  async #scratchFile(content: string | Uint8Array): Promise<string> {
    const file = this.#newScratch()
    await writeFile(file, content)
    return file
  }

  #newScratch(): string {
    return join(this.#scratch, String(this.#calls++))
  }
}

const types = {directory: 0o040000, file: 0o100000, symlink: 0o120000} as const

const modeOf = ({type, mode}: TreeEntry): number =>
  type === 'symlink' ? types.symlink | 0o777 : (type === 'directory' ? types.directory : types.file) | mode

const parentsOf = (path: string): string[] => {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

function quote(text: string): string {
  if (!/["\n\0]/.test(text)) return `"${text}"`
  throw new HaosError('USAGE_INVALID', `debugfs cannot be told of the name ${JSON.stringify(text)}`, {
    hint: 'Rename the file: quotation marks and line breaks cannot be put on a disk.',
    at: '--file',
  })
}

const isInTheWay = ({path, type}: TreeEntry): HaosError =>
  new HaosError('USAGE_INVALID', `${path} is ${type === 'directory' ? 'no directory' : 'a directory'} on the disk`, {
    hint: 'Name another path.',
    at: '--file',
  })

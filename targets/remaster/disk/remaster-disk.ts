import {chmod, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {HaosError} from '#dsl'
import {
  type ConvertedFormat,
  changeGrubMenu,
  copyWithHoles,
  parseGrubMenu,
  qemuImgConvert,
  qemuImgToRaw,
  recogniseFormat,
  runTool,
  settleDiskFormat,
  type ToolRun,
  type TreeEntry,
} from '#engine'
import {checkMenuChanges} from '../change-menu.ts'
import {readHostFiles} from '../host-files.ts'
import type {MediumChanges, MediumDescription, RemasterOptions, RemasterTools} from '../medium.ts'
import {replaceFile} from '../replace-file.ts'
import {ExtFiles} from './ext-files.ts'
import {findExtFileSystems} from './find-ext.ts'

const menuPath = '/boot/grub/grub.cfg'

/** Says what a disk boots. Fails with ARTIFACT_INVALID where no system is installed on it. */
export const describeDisk = (path: string, tools: RemasterTools): Promise<MediumDescription> =>
  withScratch(tools, async (scratch, toolAt) => {
    const tool = toolAt(0)
    const format = await formatOf(path)
    const raw = format === 'raw' ? resolve(path) : join(scratch, 'raw')
    if (format !== 'raw') await tool(qemuImgToRaw, {input: resolve(path), format: drivers[format], output: raw})
    return describe(await openSystem(raw, {name: path, scratch, toolAt}))
  })

/** Changes kernel arguments, menu, config and files of a disk with an installed system: always a copy, which then takes its place. */
export async function remasterDisk({input, output, changes, ...tools}: RemasterOptions): Promise<MediumDescription> {
  if (changes.reset) {
    throw new HaosError('USAGE_INVALID', `${input} keeps nothing that it could be reset to`, {
      hint: 'Only ISOs, initrds and network boot directories can be reset; take the disk as it was built.',
      at: '--reset',
    })
  }
  return replaceFile(output ?? input, tools.signal, (half, spare) =>
    withScratch(tools, async (scratch, toolAt) => {
      const tool = toolAt(0)
      const format = await formatOf(input)
      const raw = resolve(format === 'raw' ? half : spare)
      if (format === 'raw') await copyWithHoles(input, raw)
      else await tool(qemuImgToRaw, {input: resolve(input), format: drivers[format], output: raw})
      await chmod(raw, 0o644)
      const system = await openSystem(raw, {name: input, scratch, toolAt})
      await system.files.put(await entriesFor(system, changes))
      if (format !== 'raw') {
        await tool(qemuImgConvert, {input: raw, output: resolve(half), format})
        await settleDiskFormat(half, {disk: raw, format, epoch: system.files.fileSystem.madeAt})
      }
      return describe(await openSystem(raw, {name: input, scratch, toolAt}))
    }),
  )
}

/** What QEMU calls the formats that can be written again. */
const drivers = {qcow2: 'qcow2', vmdk: 'vmdk', vhd: 'vpc'} as const satisfies Record<ConvertedFormat, string>

async function formatOf(path: string): Promise<'raw' | ConvertedFormat> {
  const driver = await recogniseFormat(path)
  if (driver === 'raw') return driver
  const format = (Object.keys(drivers) as ConvertedFormat[]).find((name) => drivers[name] === driver)
  if (format !== undefined) return format
  throw new HaosError('ARTIFACT_INVALID', `${path} is a disk of a format that cannot be written again (${driver})`, {
    hint: `Make a raw one of it: qemu-img convert -O raw ${path} disk.raw`,
    at: path,
  })
}

/** A system on a disk. */
interface InstalledSystem {
  readonly files: ExtFiles
  readonly menu: string
  readonly config: string
  /** Image path of the config. */
  readonly configPath: string
}

/** Finds the partition that holds a menu and a config. `name` is what the user calls the disk. */
async function openSystem(
  image: string,
  {name, scratch, toolAt}: {readonly name: string; readonly scratch: string; readonly toolAt: ToolAt},
): Promise<InstalledSystem> {
  for (const fileSystem of await findExtFileSystems(image, toolAt(0))) {
    // What is written later has the time of what is there, so that equal changes give equal bytes.
    const files = new ExtFiles(fileSystem, {image, scratch, tool: toolAt(fileSystem.madeAt)})
    const menu = await files.read(menuPath)
    if (menu === undefined) continue
    for (const [directory, type] of await files.list(['/'])) {
      const configPath = `${directory}/system/config.yaml`
      const config = type === 'directory' ? await files.read(configPath) : undefined
      if (config === undefined) continue
      if (fileSystem.isInUse) {
        throw new HaosError('ARTIFACT_INVALID', `the system on ${name} was not shut down, or still runs`, {
          hint: 'Shut it down. If it is not running, start it once and shut it down, or repair it with e2fsck.',
          at: name,
        })
      }
      return {files, menu: menu.toString(), config: config.toString(), configPath}
    }
  }
  throw new HaosError('ARTIFACT_INVALID', `no system is installed on ${name}`, {
    hint: 'Name a disk that haos-build has made, or one that the system was installed on.',
    at: name,
  })
}

const describe = ({files, menu, config, configPath}: InstalledSystem): MediumDescription => ({
  ...parseGrubMenu(menu),
  kind: 'disk',
  volume: files.fileSystem.label,
  product: configPath.split('/')[1],
  config,
  resettable: false,
  changed: undefined,
})

async function entriesFor(
  {menu, configPath}: InstalledSystem,
  {config, files = [], ...changes}: MediumChanges,
): Promise<readonly TreeEntry[]> {
  const root = {type: 'file', uid: 0, gid: 0} as const
  const entries: TreeEntry[] = []
  for (const file of files) entries.push(...(await readHostFiles(file)))
  const changed = changeGrubMenu(menu, checkMenuChanges(parseGrubMenu(menu).entries, changes))
  if (changed !== menu) entries.push({...root, path: menuPath, mode: 0o644, content: {bytes: Buffer.from(changed)}})
  // It may hold secrets.
  if (config !== undefined) entries.push({...root, path: configPath, mode: 0o600, content: {bytes: config}})
  return entries
}

/** Makes what runs tools at a time, in seconds since 1970: the one that they write. */
type ToolAt = (epoch: number) => ToolRun

/** Works with tools, and with a directory that only this user can read. */
async function withScratch<Result>(
  {toolbox, signal}: RemasterTools,
  work: (scratch: string, toolAt: ToolAt) => Promise<Result>,
): Promise<Result> {
  const scratch = await mkdtemp(join(tmpdir(), 'haos-remaster-'))
  const log = join(scratch, 'log')
  const toolAt: ToolAt = (epoch) => (tool, options, streams) =>
    runTool(tool, options, {toolbox, scratch, epoch, signal, log, ...streams})
  try {
    return await work(scratch, toolAt)
  } finally {
    await rm(scratch, {recursive: true, force: true})
  }
}

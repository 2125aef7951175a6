import {chmod, rm, symlink} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {type Arch, HaosError} from '#dsl'
import {changeGrubMenu, parseGrubMenu, recogniseArch, type TreeEntry} from '#formats'
import {menuPath} from '#layout'
import {checkMenuChanges} from '../change-menu.ts'
import {readHostFiles} from '../host-files.ts'
import type {MediumChanges, MediumDescription, RemasterOptions, RemasterTools} from '../medium.ts'
import {nodesBeside} from '../nodes-beside.ts'
import {formatOfName} from '../output-name.ts'
import {replaceFile} from '../replace-file.ts'
import {type ToolAt, withScratch} from '../with-scratch.ts'
import {fromRaw, readFormat, toRaw} from './convert-disk.ts'
import {ExtFiles} from './ext-files.ts'
import {findExtFileSystems} from './find-ext.ts'

/** Describes what a disk boots. Fails with ARTIFACT_INVALID if no system is installed on it. */
export const describeDisk = (path: string, tools: RemasterTools): Promise<MediumDescription> =>
  withScratch(tools, async (scratch, toolAt) => {
    const format = await readFormat(path, toolAt(0))
    const raw = format === 'raw' ? path : join(scratch, 'raw')
    if (format !== 'raw') await toRaw(path, raw, format, toolAt(0))
    return describe(await openSystem(raw, {name: path, scratch, toolAt}))
  })

/**
 * Changes kernel arguments, menu, config and files of a disk with an installed system: always in a copy, which then replaces it.
 *
 * The new name may imply another format.
 */
export async function remasterDisk({input, output, changes, ...tools}: RemasterOptions): Promise<MediumDescription> {
  if (changes.reset) {
    throw new HaosError('USAGE_INVALID', `${input} does not keep its original contents`, {
      hint: 'Only ISOs, initrds and network boot directories can be reset; start from the original disk.',
      at: '--reset',
    })
  }
  return replaceFile({input, output, signal: tools.signal}, (half, spare) =>
    withScratch(tools, async (scratch, toolAt) => {
      const from = await readFormat(input, toolAt(0))
      const to = (output === undefined ? undefined : formatOfName(output)) ?? from
      const raw = to === 'raw' ? half : spare
      await toRaw(input, raw, from, toolAt(0))
      await chmod(raw, 0o600)
      const names = {name: input, scratch, toolAt}
      const system = await openSystem(raw, names)
      await system.files.put(await entriesFor(system, changes, await recogniseArch(raw)))
      if (to !== 'raw') await fromRaw(raw, half, {format: to, epoch: system.files.fileSystem.madeAt, tool: toolAt(0)})
      return describe(await openSystem(raw, names))
    }),
  )
}

/** A system on a disk. */
interface InstalledSystem {
  readonly files: ExtFiles
  readonly menu: string
  readonly config: string
  /** Image path of the config. */
  readonly configPath: string
  readonly nodes: Uint8Array | undefined
}

/** Finds the partition that holds a menu and a config. `name` is the user's name for the disk. */
async function openSystem(
  image: string,
  {name, scratch, toolAt}: {readonly name: string; readonly scratch: string; readonly toolAt: ToolAt},
): Promise<InstalledSystem> {
  // e2fsprogs ends a file name at a question mark, which the user's path may contain.
  const link = join(scratch, 'disk')
  await rm(link, {force: true})
  await symlink(resolve(image), link)
  for (const fileSystem of await findExtFileSystems(link, {name, tool: toolAt(0)})) {
    // Later writes get the time of existing files, so that equal changes give equal bytes.
    const files = new ExtFiles(fileSystem, {image: link, scratch, tool: toolAt(fileSystem.madeAt)})
    const menu = await files.read(menuPath)
    if (menu === undefined) continue
    for (const [directory, {kind}] of await files.list(['/'])) {
      const configPath = `${directory}/system/config.yaml`
      const config = kind === 'directory' ? await files.read(configPath) : undefined
      if (config === undefined) continue
      if (fileSystem.isInUse) {
        throw new HaosError('ARTIFACT_INVALID', `the system on ${name} was not shut down, or still runs`, {
          hint: 'Shut it down. If it is not running, start it once and shut it down, or repair it with e2fsck.',
          at: name,
        })
      }
      const nodes = await files.read(nodesBeside(configPath))
      return {files, menu: menu.toString(), config: config.toString(), configPath, nodes}
    }
  }
  throw new HaosError('ARTIFACT_INVALID', `no system is installed on ${name}`, {
    hint: 'Name a disk that haos-build has made, or one that the system was installed on.',
    at: name,
  })
}

const describe = ({files, menu, config, configPath, nodes}: InstalledSystem): MediumDescription => ({
  ...parseGrubMenu(menu),
  kind: 'disk',
  volume: files.fileSystem.label,
  product: configPath.split('/')[1],
  config,
  nodes,
  resettable: false,
  changed: undefined,
})

async function entriesFor(
  {menu, configPath}: InstalledSystem,
  {config, nodes, files = [], ...changes}: MediumChanges,
  arch: Arch | undefined,
): Promise<readonly TreeEntry[]> {
  const root = {type: 'file', uid: 0, gid: 0} as const
  const reserved = new Map([
    [menuPath, '--append, --menu-default and --timeout'],
    [configPath, '--config'],
    [nodesBeside(configPath), '--nodes'],
  ])
  const entries = [...(await readHostFiles(files, reserved))]
  const changed = changeGrubMenu(menu, checkMenuChanges(parseGrubMenu(menu).entries, changes, {arch}))
  if (changed !== menu) entries.push({...root, path: menuPath, mode: 0o644, content: {bytes: Buffer.from(changed)}})
  // They may hold secrets.
  if (config !== undefined) entries.push({...root, path: configPath, mode: 0o600, content: {bytes: config}})
  if (nodes !== undefined) entries.push({...root, path: nodesBeside(configPath), mode: 0o600, content: {bytes: nodes}})
  return entries
}

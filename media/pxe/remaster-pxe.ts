import {
  access,
  chmod,
  constants,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {type Arch, HaosError} from '#dsl'
import {errnoOf, partialPathOf, removePartialFiles, writeAtomically} from '#engine'
import {type GrubMenu, kernelArch, kernelStartBytes} from '#formats'
import {ipxeCommandLine, networkBootFiles} from '#layout'
import {checkMenuChanges} from '../change-menu.ts'
import {changeInitrd, describeInitrd} from '../initrd/remaster-initrd.ts'
import type {MediumChanges, MediumDescription, RemasterOptions} from '../medium.ts'
import {cannotRead, cannotWrite, replaceFile} from '../replace-file.ts'
import {changeIpxeMenu, checkIpxeWords, parseIpxeMenu} from './ipxe-menu.ts'

/** Describes what the directory of a network boot server boots. Fails with ARTIFACT_INVALID. */
export async function describePxe(directory: string): Promise<MediumDescription> {
  const {menu, built, places} = await survey(directory)
  const {product, config, nodes, changed} = await describeInitrd(places.initrd)
  return {
    ...menu,
    kind: 'pxe',
    volume: undefined,
    product,
    config,
    nodes,
    resettable: true,
    changed: changed === true || built !== undefined,
  }
}

/** Changes the script and the initrd of a network boot server's directory. At any time each of them is either the old one or the new one. */
export async function remasterPxe({input, output, changes, signal}: RemasterOptions): Promise<MediumDescription> {
  const {places, ...present} = await survey(input)
  const script = changeScript(present, changes, await archOf(places.kernel))
  if (output !== undefined) {
    await makeDirectory(output, signal, async (half) => {
      await copyFile(places.kernel, join(half, networkBootFiles.kernel), constants.COPYFILE_FICLONE)
      await changeInitrd(places.initrd, join(half, 'initrd'), changes)
      await chmod(join(half, 'initrd'), ((await stat(places.initrd)).mode & 0o777) | 0o200)
      if (script.built !== undefined) await writeFile(join(half, builtName), script.built)
      await writeFile(join(half, networkBootFiles.script), script.text)
    })
    return describePxe(output)
  }
  const {config, nodes, files = [], reset = false} = changes
  try {
    await Promise.all([places.menu, places.initrd].map((path) => access(path, constants.W_OK)))
    // Before the script itself, whose mark makes this one valid.
    if (script.built !== undefined) await writeAtomically(places.built, script.built)
    if (config !== undefined || nodes !== undefined || files.length > 0 || reset)
      await replaceFile({input: places.initrd, signal}, (half) => changeInitrd(places.initrd, half, changes))
    if (script.text !== present.text) await writeAtomically(places.menu, script.text)
    if (script.built === undefined) await rm(places.built, {force: true})
  } catch (error) {
    throw cannotWrite(error, input)
  }
  return describePxe(input)
}

/** Name of the original script, once another one has replaced it. */
const builtName = `${networkBootFiles.script}.built`

/** Mark of a changed script: a script without it is unrelated to the kept original. */
const changedMark = `# Changed by haos-build remaster: the original is ${builtName}.\n`

interface Script {
  readonly text: string
  /** The original script, if it differs. */
  readonly built: string | undefined
}

async function survey(directory: string) {
  const notOurs = (cause?: unknown) =>
    new HaosError('ARTIFACT_INVALID', `${directory} is not the directory of a network boot server`, {
      hint: 'Name one that `haos-build pxe` has made: it holds boot.ipxe, vmlinuz and initrd.',
      at: directory,
      cause,
    })
  try {
    // The names without a version are symlinks.
    const at = (name: string) => realpath(join(directory, name))
    const [menuPath, kernel, initrd] = await Promise.all([
      at(networkBootFiles.script),
      at(networkBootFiles.kernel),
      at(networkBootFiles.initrd),
    ])
    const places = {menu: menuPath, kernel, initrd, built: join(dirname(menuPath), builtName)}
    const text = await readFile(menuPath, 'utf8')
    const menu = parseIpxeMenu(text)
    if (menu === undefined) throw notOurs()
    const built = text.includes(changedMark) ? await readFile(places.built, 'utf8').catch(() => undefined) : undefined
    return {places, menu, text, built}
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw notOurs(error)
    throw cannotRead(error, directory)
  }
}

async function archOf(kernel: string): Promise<Arch | undefined> {
  await using file = await open(kernel)
  const {buffer, bytesRead} = await file.read(Buffer.alloc(kernelStartBytes), 0, kernelStartBytes, 0)
  return kernelArch(buffer.subarray(0, bytesRead))
}

function changeScript({text, built}: Script, changes: MediumChanges, arch: Arch | undefined): Script {
  const original = built ?? text
  const before = changes.reset === true ? original : text.replace(changedMark, '')
  const {entries}: Pick<GrubMenu, 'entries'> = parseIpxeMenu(before) ?? {entries: []}
  checkIpxeWords(changes.arguments)
  const after = changeIpxeMenu(
    before,
    checkMenuChanges(entries, changes, {arch, commandLineOf: (_, words) => ipxeCommandLine(words)}),
  )
  if (after === original) return {text: after, built: undefined}
  return {text: after.replace('\n', `\n${changedMark}`), built: original}
}

/** Makes a directory under a temporary name and renames it. Fails with OUTPUT_NOT_WRITABLE if it already exists. */
async function makeDirectory(place: string, signal: AbortSignal, fill: (half: string) => Promise<void>): Promise<void> {
  const path = resolve(place)
  const half = partialPathOf(path)
  try {
    if ((await readdir(path).catch(() => [])).length > 0) {
      throw new HaosError('OUTPUT_NOT_WRITABLE', `the directory ${place} already exists`, {
        hint: 'Remove it, or name another one.',
        at: place,
      })
    }
    await removePartialFiles(dirname(path), basename(path))
    await mkdir(half)
    await fill(half)
    signal.throwIfAborted()
    await rename(half, path)
  } catch (error) {
    throw cannotWrite(error, place)
  } finally {
    await rm(half, {recursive: true, force: true})
  }
}

import {chmod, constants, copyFile, open, truncate} from 'node:fs/promises'
import {HaosError} from '#dsl'
import {
  encodeCpio,
  encodeInitrdTail,
  type InitrdTail,
  readContent,
  readCpio,
  readInitrdTail,
  type TreeEntry,
} from '#formats'
import {checkPlaces, type PathKind, readHostFiles} from '../host-files.ts'
import type {MediumChanges, MediumDescription, RemasterOptions} from '../medium.ts'
import {nodesBeside} from '../nodes-beside.ts'
import {replaceFile} from '../replace-file.ts'

/** Describes the config of an initrd. Fails with ARTIFACT_INVALID if it contains no system. */
export async function describeInitrd(path: string): Promise<MediumDescription> {
  const tail = await needTail(path)
  return {
    kind: 'initrd',
    volume: undefined,
    default: undefined,
    timeoutSeconds: undefined,
    entries: [],
    product: tail.config.split('/')[1],
    config: (await readLast(path, tail, tail.config))?.toString(),
    nodes: await readLast(path, tail, nodesBeside(tail.config)),
    resettable: true,
    changed: tail.builtBytes !== undefined,
  }
}

/** Changes config and files of an initrd. */
export async function remasterInitrd({input, output, changes, signal}: RemasterOptions): Promise<MediumDescription> {
  const {arguments: words, menuDefault, timeoutSeconds} = changes
  if (words !== undefined || menuDefault !== undefined || timeoutSeconds !== undefined) {
    throw new HaosError('USAGE_INVALID', 'an initrd has neither kernel arguments nor a menu', {
      hint: 'Pass the arguments in its boot loader, or name the directory that `haos-build pxe` has made.',
      at: input,
    })
  }
  return replaceFile({input, output, signal}, async (half) => {
    await changeInitrd(input, half, changes)
    return describeInitrd(half)
  })
}

/**
 * Writes an initrd with another config, and more files.
 *
 * The original stays unchanged, and the changes follow in a separate archive: the kernel unpacks the archives one after
 * another, so that the last file of a name wins.
 */
export async function changeInitrd(
  input: string,
  output: string,
  {config, nodes, files = [], reset = false}: MediumChanges,
): Promise<void> {
  const tail = await needTail(input)
  const added: TreeEntry[] = []
  if (tail.builtBytes !== undefined && !reset) added.push(...(await Array.fromAsync(readCpio(input, tail.archiveAt))))
  const entries = await readHostFiles(
    files,
    new Map([
      [tail.config, '--config'],
      [nodesBeside(tail.config), '--nodes'],
    ]),
  )
  const present = await readKinds(input, tail)
  checkPlaces(entries, (path) => present.get(path))
  added.push(...entries)
  // They may hold secrets.
  const secret = {type: 'file', mode: 0o400, uid: 0, gid: 0} as const
  if (config !== undefined) added.push({...secret, path: tail.config, content: {bytes: config}})
  if (nodes !== undefined) added.push({...secret, path: nodesBeside(tail.config), content: {bytes: nodes}})
  await copyFile(input, output, constants.COPYFILE_FICLONE)
  await chmod(output, 0o600)
  if (tail.builtBytes !== undefined) await truncate(output, tail.builtBytes)
  if (added.length === 0) return
  await using file = await open(output, 'a')
  const builtBytes = (await file.stat()).size
  await file.writeFile(encodeCpio(added, {epoch: 0}))
  await file.writeFile(encodeInitrdTail({config: tail.config, archiveAt: builtBytes, builtBytes}))
  await file.sync()
}

async function needTail(path: string): Promise<InitrdTail> {
  const tail = await readInitrdTail(path)
  if (tail !== undefined) return tail
  throw new HaosError('ARTIFACT_INVALID', `${path} is not an initrd that contains a system`, {
    hint:
      'Use the full initrd of `haos-build initrd` or `haos-build pxe`, uncompressed; if the layers are on an ISO or a disk, ' +
      'the config is there, too: change that medium.',
    at: path,
  })
}

/** The paths in the uncompressed archives: those of the system and of the changes. */
async function readKinds(path: string, tail: InitrdTail): Promise<Map<string, PathKind>> {
  const built = await readBuiltTail(path, tail)
  const kinds = built === undefined ? new Map<string, PathKind>() : await readKinds(path, built)
  for await (const {path: found, type} of readCpio(path, tail.archiveAt))
    kinds.set(found, type === 'directory' ? 'directory' : 'other')
  return kinds
}

/** A file as it was added last, or the original one; undefined if it is in no archive that is not compressed. */
async function readLast(path: string, tail: InitrdTail, file: string): Promise<Buffer | undefined> {
  let last: Buffer | undefined
  for await (const {path: found, content} of readCpio(path, tail.archiveAt))
    if (found === file && content !== undefined) last = Buffer.from(await readContent(content))
  const built = last === undefined ? await readBuiltTail(path, tail) : undefined
  return built === undefined ? last : readLast(path, built, file)
}

/** The original tail of a changed initrd; undefined if it was not changed. */
async function readBuiltTail(path: string, {builtBytes}: InitrdTail): Promise<InitrdTail | undefined> {
  const built = builtBytes === undefined ? undefined : await readInitrdTail(path, builtBytes)
  return built && {config: built.config, archiveAt: built.archiveAt}
}

import {closeSync, constants, openSync} from 'node:fs'
import {chmod, copyFile, rename} from 'node:fs/promises'
import {type Arch, HaosError} from '#dsl'
import {changeGrubMenu, type IsoEntry, IsoImage, parseGrubMenu} from '#formats'
import {archOfLoaders, areaPath, largePath, menuPath, type ReservedName, reservedNames, slotBytes} from '#layout'
import {checkMenuChanges} from '../change-menu.ts'
import {checkPlaces, type PathKind, readHostFiles} from '../host-files.ts'
import type {MediumChanges, MediumDescription, RemasterOptions} from '../medium.ts'
import {cannotRead, cannotWrite, replaceFile} from '../replace-file.ts'
import {ReservedArea} from './reserved-area.ts'
import {type IsoAdditions, rewriteIso} from './rewrite-iso.ts'

/** Describes what an ISO boots. Fails with ARTIFACT_INVALID if it has no menu. */
export function describeIso(path: string): MediumDescription {
  using file = open(path, 'r')
  const {iso, area, paths, menu} = survey(file.fd, path)
  const find = (path: string | undefined) => (path === undefined ? undefined : iso.find(path))
  const [config, nodes] = [find(paths.config), find(paths.nodes)]
  return {
    kind: 'iso',
    volume: iso.volume,
    product: paths.config?.split('/')[1],
    ...parseGrubMenu(menu),
    config: config && iso.readText(config),
    nodes: nodes && iso.read(nodes),
    resettable: area !== undefined,
    changed: area && !area.isOriginal,
  }
}

/**
 * Changes kernel arguments, menu, config and files of an ISO.
 *
 * An ISO with a reserved area is patched in place, whatever its size. To add files, and for an ISO without that area,
 * xorriso writes a new one that replaces it. A failure leaves the ISO unchanged.
 */
export async function remasterIso({input, output, changes, ...tools}: RemasterOptions): Promise<MediumDescription> {
  const plan = await planChanges(input, changes)
  if (plan.additions === undefined && output === undefined) {
    patch(input, plan)
    return describeIso(input)
  }
  const {additions} = plan
  return replaceFile({input, output, signal: tools.signal}, async (half, original) => {
    await copyFile(input, original, constants.COPYFILE_FICLONE)
    await chmod(original, 0o600)
    if (additions === undefined) {
      await rename(original, half)
    } else {
      // A reset must restore the bytes of the new ISO.
      if (plan.isReserved) patch(original, {reset: true, texts: {}})
      await rewriteIso(original, half, additions, tools)
    }
    patch(half, plan)
    return describeIso(half)
  })
}

function survey(fd: number, path: string) {
  const iso = IsoImage.open(fd, path)
  const area = ReservedArea.open(fd, iso)
  const product = iso.list('/').find(({name, isDirectory}) => isDirectory && iso.find(`/${name}/system`) !== undefined)
  const ofProduct = (name: string) => product && `/${product.name}/system/${name}`
  const paths: Record<ReservedName, string | undefined> & {menu: string} = {
    ...{menu: menuPath, config: ofProduct('config.yaml'), nodes: ofProduct('nodes')},
    ...area?.paths,
  }
  const menu = iso.find(paths.menu)
  if (menu === undefined) {
    throw new HaosError('ARTIFACT_INVALID', `${path} has no boot menu in ${paths.menu}`, {
      hint: 'Name an ISO made by haos-build or one of its predecessors.',
      at: path,
    })
  }
  return {iso, area, paths, menu: iso.readText(menu)}
}

/** The ISO's loaders for UEFI are also among its files; other programs write the directory in lower case. */
const archOf = (iso: IsoImage): Arch | undefined =>
  archOfLoaders(['/EFI/BOOT', '/efi/boot'].flatMap((path) => iso.list(path).map(({name}) => name)))

/** The work on an ISO. */
interface IsoPlan {
  /** Files, which require a new ISO. */
  readonly additions?: IsoAdditions | undefined
  /** New texts of menu, config and nodes, after a reset of all if requested. */
  readonly texts: Texts
  readonly reset: boolean
  /** Whether the ISO has a reserved area. */
  readonly isReserved: boolean
}

async function planChanges(
  path: string,
  {reset = false, files = [], config, nodes, ...changes}: MediumChanges,
): Promise<IsoPlan> {
  using file = open(path, 'r')
  const {iso, area, paths, ...present} = survey(file.fd, path)
  if (area === undefined && reset) {
    throw new HaosError('ARTIFACT_INVALID', `${path} does not keep its original contents`, {
      hint: 'Only ISOs made by haos-build can be reset; take the original file.',
      at: path,
    })
  }
  const entries = await readHostFiles(files, reservedPaths(paths))
  checkPlaces(entries, (place) => kindOf(iso.find(place)))
  const before = area !== undefined && reset ? area.original('menu').toString() : present.menu
  const menu = changeGrubMenu(before, checkMenuChanges(parseGrubMenu(before).entries, changes, {arch: archOf(iso)}))
  const wanted = {menu: menu === before ? undefined : Buffer.from(menu), config, nodes}
  const additions = {files, madeAt: iso.madeAt}
  const atPaths = (texts: Texts) => textsAt(texts, (name) => paths[name] ?? noPlace(path))
  if (area === undefined) {
    const texts = atPaths(wanted)
    iso.checkBoot()
    return {additions: {...additions, texts}, texts: {}, reset: false, isReserved: false}
  }
  const isLarge = (name: ReservedName, text: Uint8Array | undefined) => (text?.length ?? 0) > slotBytes(name)
  const hasSlot = (name: ReservedName) => area.names.includes(name)
  if (
    files.length === 0 &&
    !reservedNames.some((name) => isLarge(name, wanted[name]) || (wanted[name] && !hasSlot(name)))
  )
    return {texts: wanted, reset, isReserved: true}
  iso.checkBoot()
  // A new ISO starts from the original texts, so changed texts are written again.
  const kept = (name: ReservedName) => (reset || area.isOriginal ? undefined : iso.read(area.record(name)))
  const textOf = (name: ReservedName) => wanted[name] ?? (hasSlot(name) ? kept(name) : undefined)
  const texts: Texts = {menu: textOf('menu'), config: textOf('config'), nodes: textOf('nodes')}
  const pick = (use: (name: ReservedName) => boolean): Texts =>
    Object.fromEntries(reservedNames.filter(use).map((name) => [name, texts[name]]))
  const added = [
    ...textsAt(
      pick((name) => hasSlot(name) && isLarge(name, texts[name])),
      largePath,
    ),
    ...atPaths(pick((name) => !hasSlot(name))),
  ]
  return {additions: {...additions, texts: added}, texts: pick(hasSlot), reset: false, isReserved: true}
}

/** Paths that `--file` must not touch, with the options that set them. */
const reservedPaths = ({menu, config, nodes}: Readonly<Record<ReservedName, string | undefined>>) =>
  new Map([
    ...(menu === undefined ? [] : [[menu, '--append, --menu-default and --timeout'] as const]),
    ...(config === undefined ? [] : [[config, '--config'] as const]),
    ...(nodes === undefined ? [] : [[nodes, '--nodes'] as const]),
    ...[areaPath, ...reservedNames.map(largePath)].map((path) => [path, 'another path'] as const),
  ])

const kindOf = (found: IsoEntry | undefined): PathKind | undefined =>
  found && (found.isDirectory ? 'directory' : 'other')

type Texts = Readonly<Partial<Record<ReservedName, Uint8Array | undefined>>>

function textsAt(texts: Texts, pathOf: (name: ReservedName) => string): IsoAdditions['texts'] {
  return reservedNames.flatMap((name) => {
    const text = texts[name]
    // Configs may hold secrets.
    return text === undefined ? [] : [{path: pathOf(name), text, mode: name === 'menu' ? '0644' : '0400'}]
  })
}

function noPlace(path: string): never {
  throw new HaosError('ARTIFACT_INVALID', `${path} has no directory for a config`, {
    hint: 'The ISO must contain a directory such as /haos/system.',
    at: path,
  })
}

function patch(path: string, {reset, texts}: Pick<IsoPlan, 'reset' | 'texts'>): void {
  const changes = Object.values(texts).some((text) => text !== undefined)
  if (!reset && !changes) return
  using file = open(path, 'r+')
  const area = () => {
    const found = ReservedArea.open(file.fd, IsoImage.open(file.fd, path))
    if (found === undefined) throw new Error(`${path} has lost its reserved area`)
    return found
  }
  if (reset) area().reset()
  if (changes) area().replace(texts)
}

function open(path: string, flags: 'r' | 'r+'): {readonly fd: number} & Disposable {
  try {
    const fd = openSync(path, flags)
    return {fd, [Symbol.dispose]: () => closeSync(fd)}
  } catch (error) {
    throw flags === 'r' ? cannotRead(error, path) : cannotWrite(error, path)
  }
}

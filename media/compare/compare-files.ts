import {createReadStream, createWriteStream} from 'node:fs'
import {mkdir, mkdtemp, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import type {RemasterTools} from '../medium.ts'
import {withScratch} from '../with-scratch.ts'
import {firstDifferentByte} from './compare-bytes.ts'
import type {Difference, Member} from './difference.ts'
import {type MembersTools, membersOf} from './members-of.ts'

/** An image in a layer in an archive, and a file in it: deeper is nothing that a build makes. */
const mostLevels = 6

/** Bytes of an archive beside those of its files. */
const spareBytes = 64 * 2 ** 20

/**
 * The first difference between a file and the one that it should be equal to, looked for inside of images, layers and archives; undefined
 * if they have the same bytes. Fails with TOOL_MISSING if a layer cannot be looked into.
 */
export const compareFiles = (expected: string, found: string, tools: RemasterTools): Promise<Difference | undefined> =>
  withScratch(tools, (scratch, toolAt) => compare(expected, found, {toolAt, scratch}, mostLevels))

async function compare(
  expected: string,
  found: string,
  tools: MembersTools,
  levels: number,
): Promise<Difference | undefined> {
  const [sizeBytes, foundBytes] = await Promise.all([expected, found].map(async (path) => (await stat(path)).size))
  const at = await firstDifferentByte(
    {hostPath: expected, offset: 0, sizeBytes: sizeBytes ?? 0},
    {hostPath: found, offset: 0, sizeBytes: foundBytes ?? 0},
  )
  if (at === undefined) return undefined
  const inside = levels === 0 ? undefined : await compareInside(expected, found, tools, levels)
  if (inside !== undefined) return inside
  const problem =
    sizeBytes === foundBytes
      ? `differs from byte ${at} on`
      : `has ${foundBytes} bytes instead of ${sizeBytes}, and differs from byte ${at} on`
  return {path: [], problem}
}

/** Undefined if the files hold nothing that differs, or if one of them cannot be read as what it seems to be. */
async function compareInside(
  expected: string,
  found: string,
  tools: MembersTools,
  levels: number,
): Promise<Difference | undefined> {
  const below = async (name: string): Promise<MembersTools> => {
    const scratch = join(tools.scratch, name)
    await mkdir(scratch)
    return {...tools, scratch}
  }
  const [mine, other] = [await below('expected'), await below('found')]
  const members = await membersOf(expected, mine)
  if (members === undefined) return undefined
  // A file that is damaged, or unpacks to far more, is different, whatever else is wrong with it.
  const mostBytes = 2 * members.reduce((sum, {content}) => sum + (content?.sizeBytes ?? 0), 0) + spareBytes
  const others = new Map(
    (await membersOf(found, {...other, mostBytes}).catch(() => undefined))?.map((each) => [each.path, each]),
  )
  if (others.size === 0) return undefined
  let first: Difference | undefined
  for (const member of members) {
    const difference = await compareMembers(member, others.get(member.path), {tools, levels})
    others.delete(member.path)
    if (difference === undefined) continue
    const inside = {...difference, path: [member.path, ...difference.path]}
    // The cause: a boot loader contains an identifier that is made from the layers, for example.
    if (difference.path.length > 0) return inside
    first ??= inside
  }
  if (first !== undefined) return first
  const [extra] = others.keys()
  return extra === undefined ? undefined : {path: [extra], problem: 'should not be there'}
}

async function compareMembers(
  expected: Member,
  found: Member | undefined,
  {tools, levels}: {readonly tools: MembersTools; readonly levels: number},
): Promise<Difference | undefined> {
  if (found === undefined) return {path: [], problem: 'is missing'}
  for (const name of new Set([...Object.keys(expected.fields), ...Object.keys(found.fields)])) {
    const [should, is] = [expected.fields[name], found.fields[name]]
    if (should !== is) return {path: [], problem: `has ${name} ${is ?? 'none'} instead of ${should ?? 'none'}`}
  }
  if (expected.content === undefined || found.content === undefined) return undefined
  if ((await firstDifferentByte(expected.content, found.content)) === undefined) return undefined
  const scratch = await mkdtemp(join(tools.scratch, 'content-'))
  const [left, right] = [join(scratch, 'left'), join(scratch, 'right')]
  await copyRange(expected.content, left)
  await copyRange(found.content, right)
  const difference = await compare(left, right, {...tools, scratch}, levels - 1)
  await rm(scratch, {recursive: true})
  return difference
}

async function copyRange({hostPath, offset, sizeBytes}: NonNullable<Member['content']>, to: string): Promise<void> {
  if (sizeBytes === 0) return pipeline([Buffer.alloc(0)], createWriteStream(to))
  await pipeline(createReadStream(hostPath, {start: offset, end: offset + sizeBytes - 1}), createWriteStream(to))
}

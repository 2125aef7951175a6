import * as z from 'zod'
import {FileMode, ImagePath, Sha256} from './schema.ts'

/** The content of a file: inline, or named by its digest and stored elsewhere. */
export const FileContent = z.union([
  z.strictObject({text: z.string()}),
  z.strictObject({base64: z.base64()}),
  z.strictObject({sha256: Sha256, /** If known. */ sizeBytes: z.int().nonnegative().optional()}),
])
export type FileContent = z.output<typeof FileContent>

const ownership = {
  path: ImagePath,
  /** Numeric owner. Images resolve names before a node exists, so trees hold numbers only. */
  uid: z.int().min(0).default(0),
  gid: z.int().min(0).default(0),
  /** Extended attributes, base64 (`security.capability` and the like). */
  xattrs: z.record(z.string(), z.base64()).optional(),
}

/** One path of an image and its file, directory, link or device. */
export const FileNode = z.discriminatedUnion('type', [
  z.strictObject({type: z.literal('file'), ...ownership, mode: FileMode.default('0644'), content: FileContent}),
  z.strictObject({type: z.literal('directory'), ...ownership, mode: FileMode.default('0755')}),
  z.strictObject({type: z.literal('symlink'), ...ownership, target: z.string().min(1)}),
  z.strictObject({type: z.literal('hardlink'), ...ownership, target: ImagePath}),
  z.strictObject({
    type: z.enum(['block-device', 'character-device']),
    ...ownership,
    mode: FileMode.default('0600'),
    major: z.int().min(0),
    minor: z.int().min(0),
  }),
  z.strictObject({type: z.literal('fifo'), ...ownership, mode: FileMode.default('0600')}),
])
export type FileNode = z.output<typeof FileNode>

/**
 * A file tree as data, including owners, modes and devices, so that no build step needs root.
 *
 * Nodes are unique by path. Parents that are not listed exist as `0755 root:root`.
 */
export const FileTree = z.array(FileNode)
export type FileTree = z.output<typeof FileTree>

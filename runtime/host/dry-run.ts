import {redactUrl} from '#dsl'
import {decodeUtf8, encodeUtf8} from '../text/utf8.ts'
import type {FileStatus, Host} from './host.ts'

/** Thrown where the output of a program is needed that a rehearsal has not run: what follows from it cannot be told. */
export class NotRunError extends Error {
  override readonly message = 'depends on a program that was not run'
}

/** Programs that only look, and that a rehearsal runs as well. */
const looking: ReadonlySet<string> = new Set(['lsblk', 'blkid'])

interface Draft {
  readonly status: FileStatus
  readonly content: Uint8Array
}

/**
 * A host that reads from the real one, and only reports what it would change.
 *
 * It remembers what it would have written, so that later readers see it. It does not print contents: they may be secret.
 */
export function dryRunHost(host: Host, report: (effect: string) => void): Host {
  const drafts = new Map<string, Draft | undefined>()
  const draft = (path: string, status: Partial<FileStatus>, content: Uint8Array = new Uint8Array()) =>
    drafts.set(path, {
      status: {type: 'file', mode: 0o644, uid: 0, gid: 0, sizeBytes: content.length, ...status},
      content,
    })
  const change = (path: string, status: Partial<FileStatus>) =>
    draft(path, {...dry.lstat(path), ...status}, drafts.get(path)?.content ?? host.readBytes(path))
  const dry: Host = {
    ...host,
    read: (path) => (drafts.has(path) ? decodeUtf8(drafts.get(path)?.content ?? new Uint8Array()) : host.read(path)),
    readBytes: (path) => (drafts.has(path) ? drafts.get(path)?.content : host.readBytes(path)),
    lstat: (path) => (drafts.has(path) ? drafts.get(path)?.status : host.lstat(path)),
    list: (path) => (drafts.get(path)?.status.type === 'directory' ? [] : host.list(path)),
    write(path, content, {mode, owner} = {}) {
      const status = dry.lstat(path)
      const bytes = typeof content === 'string' ? encodeUtf8(content) : content
      const next = {mode: mode ?? status?.mode ?? 0o644, ...(owner ?? {uid: status?.uid ?? 0, gid: status?.gid ?? 0})}
      report(`write ${path} (${renderMode(next.mode)}, ${next.uid}:${next.gid}, ${bytes.length} bytes)`)
      draft(path, {...next, type: 'file'}, bytes)
    },
    mkdir(path, mode) {
      report(`create directory ${path} (${renderMode(mode)})`)
      draft(path, {type: 'directory', mode})
    },
    symlink(target, path) {
      report(`link ${path} to ${target}`)
      draft(path, {type: 'symlink', mode: 0o777})
    },
    remove(path) {
      if (dry.lstat(path) === undefined) return
      report(`remove ${path}`)
      drafts.set(path, undefined)
    },
    chmod(path, mode) {
      report(`set mode of ${path} to ${renderMode(mode)}`)
      change(path, {mode})
    },
    chown(path, owner) {
      report(`set owner of ${path} to ${owner.uid}:${owner.gid}`)
      change(path, owner)
    },
    run(argv, options) {
      if (looking.has(argv[0] ?? '')) return host.run(argv, options)
      report(`run ${argv[0]}${argv.length > 1 ? ` with ${argv.length - 1} arguments` : ''}`)
      return {
        status: 0,
        get stdout(): string {
          throw new NotRunError()
        },
      }
    },
    fetch(url, options) {
      report(`fetch ${redactUrl(url)}`)
      return host.fetch(url, options)
    },
    sleep: () => {},
  }
  return dry
}

const renderMode = (mode: number): string => mode.toString(8).padStart(4, '0')

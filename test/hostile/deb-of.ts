import {type TestEntry, tarOf} from '../alpine/testing-tar.ts'

/** An invalid .deb. Everything that is not given is valid. */
export interface TestDeb {
  /** Control fields that replace those of a valid package. */
  readonly fields?: Readonly<Record<string, string>>
  /** The whole control file. */
  readonly control?: string
  /** Files in addition to the control file, by name. */
  readonly controlFiles?: Readonly<Record<string, TestEntry>>
  readonly entries?: Readonly<Record<string, TestEntry>>
  /** Members in addition to or instead of the generated ones, by name. */
  readonly members?: Readonly<Record<string, Buffer>>
  /** Size field in the header of a member. */
  readonly sizes?: Readonly<Record<string, string>>
}

/** The package's name and version, as pinned. */
export const label = 'hostile 1'

/** The bytes of a package (deb(5)). */
export function debOf({
  fields = {},
  control,
  controlFiles = {},
  entries = {},
  members = {},
  sizes = {},
}: TestDeb): Buffer {
  const sound = {
    Package: 'hostile',
    Version: '1',
    Architecture: 'all',
    Maintainer: 'Nobody <nobody@example.org>',
    Description: 'a package that nobody should install',
  }
  const lines = Object.entries({...sound, ...fields}).map(([name, value]) => `${name}: ${value}\n`)
  const parts = {
    'debian-binary': Buffer.from('2.0\n'),
    'control.tar': tarOf({control: control ?? lines.join(''), ...controlFiles}),
    'data.tar': tarOf({'./': directory, ...entries}),
    ...members,
  }
  // A member with an extension replaces the one without, unless both are given.
  const stored = Object.entries(parts).filter(
    ([name]) => name in members || !Object.keys(members).some((given) => given.startsWith(`${name}.`)),
  )
  const blocks = stored.flatMap(([name, bytes]) => [
    Buffer.from(
      `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${(sizes[name] ?? String(bytes.length)).padEnd(10)}\`\n`,
    ),
    bytes,
    Buffer.alloc(bytes.length % 2, '\n'),
  ])
  return Buffer.concat([Buffer.from('!<arch>\n'), ...blocks])
}

export const directory: TestEntry = {type: 'directory', mode: 0o755}

export const link = (linkName: string): TestEntry => ({type: 'symlink', mode: 0o777, linkName})

/** A script of the package's. */
export const script = (lines: string): TestEntry => ({mode: 0o755, content: `#!/bin/sh\n${lines}\n`})

/** Makes a package one that haos-build unpacks itself: dpkg need not compute its checksums. */
export const laidOut: Readonly<Record<string, TestEntry>> = {md5sums: '\n'}

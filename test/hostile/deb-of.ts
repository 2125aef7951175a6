import {type TestEntry, tarOf} from '../alpine/testing-tar.ts'

/** A .deb as no sound program would write it. What is not given is as it should be. */
export interface TestDeb {
  /** Control fields in the place of those that a sound package has. */
  readonly fields?: Readonly<Record<string, string>>
  /** The whole control file. */
  readonly control?: string
  /** Files beside the control file, by name. */
  readonly controlFiles?: Readonly<Record<string, TestEntry>>
  readonly entries?: Readonly<Record<string, TestEntry>>
  /** Members beside or in the place of those that the rest would make, by name. */
  readonly members?: Readonly<Record<string, Buffer>>
  /** What the header of a member says of its size. */
  readonly sizes?: Readonly<Record<string, string>>
}

/** What the package calls itself, and how it is pinned. */
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
  // A member may be given with an ending: then it stands for the one without, unless that is given too.
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

/** What makes a package one that is laid out by us: dpkg need not make its checksums, so it need not unpack it. */
export const laidOut: Readonly<Record<string, TestEntry>> = {md5sums: '\n'}

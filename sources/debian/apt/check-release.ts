import {readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {HaosError} from '#dsl'
import {parseStanzas} from '../archive/deb822.ts'

/**
 * Checks that the lists which apt has fetched belong to the requested suites.
 *
 * apt checks the signature, but only warns if a mirror serves the correctly signed lists of another release.
 * Fails with SIGNATURE_INVALID.
 */
export async function checkReleases(listsDirectory: string, suites: readonly string[]): Promise<void> {
  const names = await readdir(listsDirectory)
  for (const suite of suites) {
    const ending = new RegExp(`_dists_${literally(suite.replaceAll('/', '_'))}_(?:In)?Release$`)
    for (const name of names.filter((item) => ending.test(item))) {
      const release = parseRelease(await readFile(join(listsDirectory, name), 'utf8'))
      const said = [release.suite, release.codename].filter((name) => name !== undefined)
      // A third-party archive may state neither.
      if (said.length > 0 && !said.includes(suite)) throw wrongSuite(suite, release)
    }
  }
}

interface Release {
  readonly suite: string | undefined
  readonly codename: string | undefined
}

/** Parses the signed part of a Release file (repository format of the Debian wiki), and nothing around it. */
function parseRelease(text: string): Release {
  const signed = /^-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:.+\n)*\n(?<body>[\s\S]*?)^-----BEGIN PGP SIGNATURE-----/m
  const [stanza] = parseStanzas(signed.exec(text)?.groups?.['body'] ?? text)
  return {suite: stanza?.get('suite'), codename: stanza?.get('codename')}
}

const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

const wrongSuite = (suite: string, {suite: found, codename}: Release): HaosError =>
  new HaosError(
    'SIGNATURE_INVALID',
    `the mirror serves the lists of ${codename ?? found ?? 'no suite'} as those of ${suite}`,
    {
      hint: 'Correct the suite in the recipe; if it is right, do not use this mirror.',
    },
  )

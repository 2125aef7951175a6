import {createHash} from 'node:crypto'
import {copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {execaSync} from 'execa'
import {onTestFinished} from 'vitest'
import {scratchDirectory} from './scratch.ts'

/** A package to build: control fields and files. */
export interface TinyPackage {
  readonly name: string
  readonly version: string
  /** Further control fields, such as `Depends`. */
  readonly fields?: Readonly<Record<string, string>>
  /** Contents by path in the package, without the leading slash; below `DEBIAN/` are control files. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
}

/** Packs a .deb with the real dpkg-deb. */
export function buildDeb(output: string, {name, version, fields = {}, files = {}}: TinyPackage): string {
  const tree = scratchDirectory()
  const control = {
    Package: name,
    Version: version,
    Architecture: 'all',
    Maintainer: 'Nobody <nobody@example.org>',
    Description: `the package ${name}`,
    ...fields,
  }
  const text = Object.entries(control).map(([field, value]) => `${field}: ${value}\n`)
  for (const [path, content] of Object.entries({'DEBIAN/control': text.join(''), ...files})) {
    mkdirSync(dirname(join(tree, path)), {recursive: true})
    const isScript = /^DEBIAN\/(?:pre|post)(?:inst|rm)$/.test(path)
    writeFileSync(join(tree, path), content, {mode: isScript ? 0o755 : 0o644})
  }
  mkdirSync(dirname(output), {recursive: true})
  execaSync('dpkg-deb', ['--root-owner-group', '--build', tree, output], {env: {SOURCE_DATE_EPOCH: '1'}})
  return output
}

/** A signed Debian archive in a directory, in the format of the Debian wiki's "DebianRepository/Format". */
export class DebianMirror {
  readonly directory = scratchDirectory()
  /** Host path of the public key. */
  readonly keyring = join(this.directory, 'keys.gpg')
  readonly #home = scratchDirectory()

  constructor() {
    this.#gpg('--quick-generate-key', 'test@example.org', 'ed25519', 'sign', 'never')
    this.#gpg('--output', this.keyring, '--export')
    onTestFinished(() => {
      execaSync('gpgconf', ['--kill', 'all'], {env: {GNUPGHOME: this.#home}, reject: false})
    })
  }

  /** Replaces the archive's packages, as on a mirror after an update. Paths are those of finished .deb files; fields are those of its Release. */
  publish(
    packages: readonly (TinyPackage | string)[],
    suite = 'test',
    fields: Readonly<Record<string, string>> = {},
  ): void {
    rmSync(join(this.directory, 'pool'), {recursive: true, force: true})
    const stanzas = packages.map((item) => {
      const isFinished = typeof item === 'string'
      const name = isFinished ? basename(item, '.deb') : `${item.name}_${item.version.replace(/^\d+:/, '')}_all`
      const path = `pool/main/${name.split('_')[0]}/${name}.deb`
      const file = join(this.directory, path)
      mkdirSync(dirname(file), {recursive: true})
      if (isFinished) copyFileSync(item, file)
      else buildDeb(file, item)
      const control = execaSync('dpkg-deb', ['--field', file]).stdout
      const bytes = readFileSync(file)
      return `${control}\nFilename: ${path}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n`
    })
    const index = stanzas.join('\n')
    const dist = join(this.directory, 'dists', suite)
    const path = 'main/binary-amd64/Packages'
    mkdirSync(dirname(join(dist, path)), {recursive: true})
    writeFileSync(join(dist, path), index)
    const release = [
      'Origin: Test',
      `Suite: ${suite}`,
      `Codename: ${suite}`,
      ...Object.entries({Date: new Date().toUTCString(), ...fields}).map(([name, value]) => `${name}: ${value}`),
      'Architectures: amd64',
      'Components: main',
      'SHA256:',
      ` ${sha256(Buffer.from(index))} ${Buffer.byteLength(index)} ${path}`,
      '',
    ]
    writeFileSync(join(this.#home, 'Release'), release.join('\n'))
    rmSync(join(dist, 'InRelease'), {force: true})
    this.#gpg('--output', join(dist, 'InRelease'), '--clear-sign', join(this.#home, 'Release'))
  }

  #gpg(...words: string[]): void {
    execaSync('gpg', ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...words], {
      env: {GNUPGHOME: this.#home},
    })
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import type {HaosError} from '#dsl'
import {manifestOf} from '../../../test/alpine/manifest.ts'
import {haosSubset, installWorld, readRecording, realPackages, recordings} from '../../../test/alpine/recorded-world.ts'
import {makeMirror} from '../../../test/alpine/testing-mirror.ts'
import {type TestPackage, writeApk} from '../../../test/alpine/testing-packages.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {installPackages} from '../install/install-packages.ts'
import {unpackApk} from '../unpack/unpack-apk.ts'
import {knownScripts} from './run-scripts.ts'

/** Seconds. */
const day = 86_400

describe.skipIf(!existsSync(recordings))('with scripts, the tree equals that of apk (../shared/oracle)', () => {
  test('of base-services', async () => {
    const {meta, manifest} = readRecording('base-services', 'scripts')

    const root = await installWorld(meta, scratchDirectory(), {
      runScript: knownScripts({epoch: meta.shadow_day * day}),
    })

    expect(await manifestOf(root.entries())).toEqual(manifest)
  })

  test('and so is the database', async () => {
    const {meta} = readRecording('base-services', 'scripts')
    const root = await installWorld(meta, scratchDirectory(), {runScript: knownScripts({epoch: meta.shadow_day * day})})
    const content = root.get('/lib/apk/db/installed')?.entry.content

    expect(content && 'bytes' in content && Buffer.from(content.bytes).toString()).toBe(
      readFileSync(join(recordings, 'base-services/scripts.installed'), 'utf8'),
    )
  })
})

describe.skipIf(!existsSync(realPackages))('of the image that HAOS-like nodes need (../shared/alpine)', () => {
  test('all scripts are known, and have the same effect as under the real apk', async () => {
    const root = await installWorld(haosSubset, scratchDirectory(), {runScript: knownScripts({epoch: day})})

    const links = [...root.entries()].filter(({type}) => type === 'symlink')
    // /bin/sh comes with a package.
    expect(links.filter(({path, target}) => target === '/bin/busybox' && path !== '/bin/sh').length).toBeOneOf([
      205, 206, 207,
    ])
    expect(links.filter(({target}) => target === '/bin/bbsuid').length).toBeOneOf([7, 8])
    const ofCertificates = links.filter(({path}) =>
      /^\/etc\/ssl\/certs\/(?:ca-cert-.*\.pem|[0-9a-f]{8}\.\d)$/.test(path),
    )
    expect(ofCertificates).toHaveLength(294)
    expect(root.get('/var/lib/dhcpcd')?.entry).toMatchObject({mode: 0o2755, uid: 101, gid: 102})
    expect(root.get('/var/log/chrony')?.entry).toMatchObject({mode: 0o2755, uid: 100, gid: 101})
  })
})

test('the tree of a signed repository has the files of its packages and the effects of known scripts', async () => {
  const recorded = {
    arch: 'x86_64',
    repositories: ['v3.19.1-iso/main'],
    world: ['alpine-baselayout', 'chrony'],
    from: makeMirror(scratchDirectory()),
  }
  const root = await installWorld(recorded, scratchDirectory(), {runScript: knownScripts({epoch: 7 * day})})
  const lines = [...(await manifestOf(root.entries()))].map(([path, line]) => `${path} ${line}`)

  const link = (path: string) => `${path} {"type":"symlink","uid":0,"gid":0,"target":"/bin/busybox"}`
  expect(lines).toEqual(expect.arrayContaining(['bin/chmod', 'bin/ls', 'bin/sh', 'bin/uname'].map(link)))
  expect(lines).toEqual(
    expect.arrayContaining([
      'dev/null {"type":"chardev","mode":"0666","uid":0,"gid":0,"rdev":[1,3]}',
      expect.stringMatching(/^etc\/shadow \{"type":"file","mode":"0640","uid":0,"gid":42,/),
      'root {"type":"dir","mode":"0700","uid":0,"gid":0}',
      'tmp {"type":"dir","mode":"1777","uid":0,"gid":0}',
      'var/lib/chrony {"type":"dir","mode":"0750","uid":100,"gid":100}',
    ]),
  )
  const database = root.get('/lib/apk/db/installed')?.entry.content
  const text = database && 'bytes' in database ? Buffer.from(database.bytes).toString() : ''
  expect(text.match(/^P:.*/gm)).toEqual(['P:alpine-baselayout', 'P:busybox', 'P:chrony', 'P:musl'])
  expect(text).toContain('\nF:var/lib/chrony\n')
})

async function install(packages: readonly TestPackage[], options = {epoch: day}) {
  const directory = scratchDirectory()
  const unpacked = []
  for (const [number, pkg] of packages.entries()) {
    const path = join(directory, `${number}.apk`)
    const {name, version} = writeApk(path, pkg)
    unpacked.push(await unpackApk(path, {origin: `${name}-${version}`, dataPath: join(directory, String(number))}))
  }
  return installPackages(unpacked, {world: ['a'], arch: 'x86_64', runScript: knownScripts(options)})
}

const accounts: TestPackage = {
  name: 'baselayout',
  entries: {
    'etc/passwd': 'root:x:0:0:root:/root:/bin/ash\n',
    'etc/group': 'root:x:0:root\nnogroup:x:65533:\n',
    'etc/shadow': 'root:*::0:::::\n',
    'var/lib/': {type: 'directory', mode: 0o755},
  },
}

test('a script of known commands is interpreted in any package', async () => {
  const script =
    '#!/bin/sh\nname=thing\naddgroup -S "$name" 2>/dev/null\nadduser -S -D -H -h /var/lib/x -s /sbin/nologin -G $name -g $name $name 2>/dev/null\nexit 0\n'
  const root = await install([accounts, {name: 'thing', scripts: {'.pre-install': script}}], {epoch: 7 * day})
  const text = (path: string) => {
    const content = root.get(path)?.entry.content
    return content && 'bytes' in content ? Buffer.from(content.bytes).toString() : ''
  }

  expect(text('/etc/passwd')).toContain('\nthing:x:100:100:thing:/var/lib/x:/sbin/nologin\n')
  expect(text('/etc/group')).toContain('\nthing:x:100:thing\n')
  expect(text('/etc/shadow')).toContain('\nthing:!:7:0:99999:7:::\n')
})

test.each([
  {what: 'a command that nobody knows', script: 'frobnicate /etc\n'},
  {what: 'a command behind a condition', script: 'if [ -e /etc/x ]; then addgroup -S x; fi\n'},
  {what: 'text that is written to a file', script: 'echo 1 >/etc/x\n'},
  {what: 'a command in a substitution', script: 'addgroup -S $(cat /etc/x)\n'},
])('$what stops the build with the package, the script and the options', async ({script}) => {
  const error: HaosError = await install([
    accounts,
    {name: 'odd', version: '2-r1', scripts: {'.post-install': `#!/bin/sh\n${script}`}},
  ]).catch((reason) => reason)

  expect(error).toMatchObject({
    code: 'PACKAGE_INVALID',
    message: 'odd-2-r1 has a post-install script that haos-build does not know',
    hint: expect.stringMatching(/`scripts: 'run'`.*`scripts: 'skip'`.*leave the package out/),
  })
})

import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {checkPaths} from '../../../image/steps/system/check-paths.ts'
import {buildDeb, type TinyPackage} from '../../../test/debian-mirror.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {debianPaths} from './debian-paths.ts'

const digest = 'd41d8cd98f00b204e9800998ecf8427e'
const packages: readonly TinyPackage[] = [
  {
    name: 'server',
    version: '2',
    files: {
      'DEBIAN/md5sums': `${digest}  bin/server\n${digest}  usr/share/server/two words\n${digest}  usr/share/man/man8/server.8.gz\n`,
      'DEBIAN/conffiles': '/etc/server.conf\n',
      'bin/server': '',
      'etc/server.conf': '',
    },
  },
  {name: 'odd', version: '1'},
]

/** The list of what the packages bring. */
async function listed(): Promise<string> {
  const directory = scratchDirectory()
  const archives = packages.map((item) => buildDeb(join(directory, `${item.name}.deb`), item))
  return runStep(debianPaths, {archives}, {labels: packages.map(({name, version}) => `${name} ${version}`)})
}

test('files and conffiles of packages are listed with their package, at their paths on a node', async () => {
  expect(JSON.parse(readFileSync(await listed(), 'utf8'))).toEqual({
    '/usr/bin/server': {package: 'server 2'},
    '/usr/share/server/two words': {package: 'server 2'},
    '/etc/server.conf': {package: 'server 2'},
  })
})

test('a file of the recipe that a package contains is refused with the name of the package, and others are accepted', async () => {
  const paths = await listed()
  const check = (...written: readonly string[]) => runStep(checkPaths, {paths}, {written, directories: []})

  await expect(check('/etc/motd', '/etc/server.conf')).rejects.toMatchObject({
    code: 'PATH_CONFLICT',
    details: {problems: [{path: '/etc/server.conf', message: 'is also in server 2'}]},
  })
  expect(readFileSync(await check('/etc/motd', '/usr/share/man/man8/server.8.gz'), 'utf8')).toBe('')
})

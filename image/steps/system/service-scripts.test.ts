import {expect, test} from 'vitest'
import {refuseMissingServices} from './service-scripts.ts'
import type {SystemNode} from './system-node.ts'

const entry = {type: 'file', mode: 0o755, uid: 0, gid: 0}
const index = {
  entries: {'/etc/init.d/cron': entry, '/etc/init.d/dbus': entry},
  accounts: {passwd: '', group: '', shadow: ''},
  packages: [],
  services: {},
}
const owner = {uid: 0, gid: 0}
const link = (name: string): SystemNode => ({
  node: {type: 'symlink', path: `/etc/runlevels/default/${name}`, target: `/etc/init.d/${name}`, ...owner},
  replace: true,
})
const script = (name: string): SystemNode => ({
  node: {type: 'file', path: `/etc/init.d/${name}`, mode: '0755', content: {text: '#!'}, ...owner},
  replace: false,
})
const absent = (name: string): SystemNode => ({
  node: {type: 'character-device', path: `/etc/init.d/${name}`, mode: '0000', major: 0, minor: 0, ...owner},
  replace: true,
})

test.each([
  ['without any script is refused with a list of the existing services', [link('nope')], 'The image has: cron, dbus.'],
  ['that is misspelt is refused with the nearest', [link('corn')], 'Did you mean "cron"?'],
  ['whose script the recipe hides is refused', [link('dbus'), absent('dbus')], 'The image has: cron.'],
])('a service %s', (_, nodes, hint) => {
  expect(() => refuseMissingServices(nodes, index)).toThrow(
    expect.objectContaining({
      code: 'RECIPE_INVALID',
      details: expect.objectContaining({problems: [expect.objectContaining({hint})]}),
    }),
  )
})

test('a service that its package has only for systemd is refused as such', () => {
  const entries = {...index.entries, '/usr/lib/systemd/system/podman.service': entry}

  expect(() => refuseMissingServices([link('podman')], {...index, entries})).toThrow(
    expect.objectContaining({
      details: expect.objectContaining({
        problems: [expect.objectContaining({message: expect.stringContaining('is a systemd service')})],
      }),
    }),
  )
})

test('a service with a script of a package or of the recipe is accepted', () => {
  expect(() => refuseMissingServices([link('cron'), link('own'), script('own')], index)).not.toThrow()
})

import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {MemoryHost} from '../../host/memory.ts'
import {configFilesOf} from '../config-files-of.ts'
import {readConfig} from '../read-config.ts'
import {takeNodesFromStick} from './stick.ts'

const identity = deriveIdentity('haos')

/** A machine with a serial number and a stick, whose files appear where it is mounted. */
function machine(mode: string, files: Readonly<Record<string, string>>) {
  const host = new MemoryHost({})
  host.put('/run/haos/mode', {content: `${mode}\n`})
  host.put('/sys/class/dmi/id/product_serial', {content: 'PF0A\n'})
  host.put('/sys/class/block/sdb1/size', {content: '4096\n'})
  const programs: string[] = []
  host.run = (argv) => {
    programs.push(argv[0] ?? '')
    if (argv[3] === 'blkid') return {status: 0, stdout: `${argv[4]}: LABEL="HAOS_NODES" TYPE="vfat"\n`}
    const at = argv.at(-1) ?? ''
    if (argv[0] === 'mount') for (const [name, content] of Object.entries(files)) host.put(`${at}/${name}`, {content})
    if (argv[0] === 'umount') for (const name of Object.keys(files)) host.remove(`${at}/${name}`)
    return {status: 0, stdout: ''}
  }
  const read = () => {
    takeNodesFromStick(host, identity)
    return readConfig(configFilesOf(host), {identity, cmdline: ''})
  }
  return {host, programs, read}
}

const own = 'match: {serial: PF0A}\nconfig: {hostname: "stick-${index}"}\n'

test.each(['live', 'install'])('in mode %s a machine finds its config on a stick, which is read once', (mode) => {
  const {programs, read} = machine(mode, {'a.yaml': 'match: {serial: x}', 'b.yaml': own, 'notes.txt': '}'})
  expect(read()).toMatchObject({
    config: {hostname: 'stick-2'},
    problems: [],
    node: {text: 'this machine is node b.yaml of HAOS_NODES, by its serial number pf0a'},
  })
  const before = programs.length
  expect(read().config.hostname).toBe('stick-2')
  expect(programs).toHaveLength(before)
})

test('an installed system reads no stick', () => {
  const {programs, read} = machine('disk', {'a.yaml': own})
  expect(read().config.hostname).toBeUndefined()
  expect(programs).toEqual([])
})

test('a mistake on a stick is a problem with the label, the file and its line', () => {
  const {read} = machine('live', {'a.yaml': `${own}---\nmatch: {serial: y}\nconfig: {hostnam: x}\n`})
  expect(read().problems).toMatchObject([{source: 'HAOS_NODES: a.yaml', path: 'hostnam', line: 5}])
})

test('what was read from a stick can be read by root only', () => {
  const {host, read} = machine('live', {'a.yaml': own})
  read()
  expect(host.lstat('/run/haos/nodes.json')?.mode).toBe(0o600)
})

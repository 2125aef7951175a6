import {execFileSync, spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {shellQuote} from '#dsl'
import {bundleForNode} from '../bundle-for-node.ts'
import {findQuickjs} from '../quickjs.ts'
import {caseScript} from './case-script.ts'
import {type NetworkCase, networkCases} from './network-cases.ts'

const quickjs = await findQuickjs()
const unfit = process.getuid?.() === 0 ? quickjs.reason : 'only root can make network namespaces'

/** A VLAN needs a link below it. */
const makingOf = (kind: string): string =>
  kind === 'vlan'
    ? 'ip link add name below type veth && ip link add link below name new type vlan id 5'
    : `ip link add name new type ${kind}`

/** What this machine lacks for a case; undefined if it can run it. */
function whyNot({kinds = [], programs = [], needsServices = false}: NetworkCase): string | undefined {
  const succeeds = (command: string) => spawnSync('unshare', ['--net', 'sh', '-c', command]).status === 0
  if (unfit !== undefined) return unfit
  if (needsServices && !succeeds('command -v dhcpcd')) return 'there is no dhcpcd'
  const kind = ['veth', ...kinds].find((each) => !succeeds(makingOf(each)))
  if (kind !== undefined) return `the kernel has no links of the kind ${kind}`
  const program = programs.find((each) => !succeeds(`command -v ${each}`))
  return program === undefined ? undefined : `there is no ${program}`
}

describe.skipIf(unfit !== undefined)(
  `real links in network namespaces${unfit === undefined ? '' : ` (${unfit})`}`,
  () => {
    const scratch = mkdtempSync(join(tmpdir(), 'haos-network-test-'))
    let program = ''
    beforeAll(async () => {
      const script = await bundleForNode('runtime/cli/main.ts', join(scratch, 'haos.js'))
      program = [...(quickjs.qjs ?? []), '-m', script].map(shellQuote).join(' ')
    })

    afterAll(() => rmSync(scratch, {recursive: true, force: true}))

    for (const each of networkCases) {
      const reason = whyNot(each)
      test.skipIf(reason !== undefined)(reason === undefined ? each.title : `${each.title} (${reason})`, () => {
        const output = inOwnMounts(caseScript(each, program))
        for (const line of each.expected) expect(output).toMatch(line)
        for (const line of each.unexpected ?? []) expect(output).not.toMatch(line)
      })
    }
  },
)

/**
 * Runs a script with a /run and an /etc of its own, because the program writes to both, and with the node's programs. The
 * service of DHCP is started without OpenRC.
 */
const inOwnMounts = (script: string): string =>
  execFileSync(
    'unshare',
    [
      ...['--mount', '--net', 'sh', '-c'],
      [
        'set -e',
        'mount --make-rprivate /',
        'mount -t tmpfs none /run',
        'cp -a /etc /run/etc',
        'mount --bind /run/etc /etc',
        `mount --bind ${shellQuote(join(import.meta.dirname, '../../recipes/base/files/usr/libexec'))} /usr/libexec`,
        'mkdir -p /run/bin /run/dhcpcd',
        `printf '%s' ${shellQuote(rcService)} >/run/bin/rc-service`,
        'chmod +x /run/bin/rc-service',
        'PATH=/run/bin:$PATH',
        script,
      ].join('\n'),
    ],
    {encoding: 'utf8', env: {...process.env, PATH: `${quickjs.tools}:${process.env['PATH']}:/usr/sbin:/sbin`}},
  )

const rcService = `#!/bin/sh
case "$*" in
*'link-dhcp restart') mkdir -p /run/node-network/dhcp; exec dhcpcd --quiet --config /run/node-network/dhcpcd.conf ;;
*'link-dhcp stop') exec dhcpcd --quiet --exit ;;
esac
`

import {spawnSync} from 'node:child_process'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {caseIdentity} from '../../../test/runtime/applier-case.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {applyPhase} from '../../apply/apply.ts'
import {readOneConfig} from '../../config/read-one-config.ts'
import {MemoryHost} from '../../host/memory.ts'

const hasTools = ['pwck', 'grpck'].every((tool) => spawnSync(tool, ['--help']).error === undefined)

const config = `users:
  - {name: bob, groups: "sudo, ops", passwd: $6$salt$hash, expiredate: 2032-09-01}
  - {name: eve, no_user_group: true, gecos: Eve, inactive: 9}
  - {name: agent, system: true}`

test.skipIf(!hasTools)(
  `shadow's own tools find nothing wrong with the files of accounts${hasTools ? '' : ' (there is no pwck)'}`,
  () => {
    const directory = scratchDirectory()
    const host = new MemoryHost({sha256: () => ''})
    const before = {
      passwd: 'root:x:0:0:root:/root:/bin/sh\n',
      group: 'root:x:0:\nsudo:x:27:\nusers:x:100:\n',
      shadow: 'root:*:19000:0:99999:7:::\n',
      gshadow: 'root:*::\nsudo:*::\nusers:*::\n',
    }
    for (const [name, content] of Object.entries(before)) host.put(`/etc/${name}`, {content})
    host.put('/bin/sh', {})
    host.put('/home', {type: 'directory'})
    const read = readOneConfig('config.yaml', config, caseIdentity)
    expect(applyPhase('boot', read.config, {host, identity: caseIdentity, version: '1.0'}).problems).toEqual([])

    const at = (name: string) => {
      const path = join(directory, name)
      mkdirSync(dirname(path), {recursive: true})
      // Without the directories and shells of this machine, of which pwck would speak.
      writeFileSync(path, (host.read(`/etc/${name}`) ?? '').replaceAll(/:\/[^:]*:\/[^:\n]*$/gm, '::/bin/sh'))
      return path
    }
    expect(spawnSync('pwck', ['-r', at('passwd'), at('shadow')], {encoding: 'utf8'}).stdout).not.toMatch(
      /invalid|no matching|duplicate/,
    )
    const groups = spawnSync('grpck', ['-r', at('group'), at('gshadow')], {encoding: 'utf8'})
    // The members are none of this machine's users.
    expect(groups.stdout.split('\n').filter((line) => !/no user bob|member 'bob'|no changes|^$/.test(line))).toEqual([])
    expect(readFileSync(join(directory, 'passwd'), 'utf8')).toContain('eve:x:1003:100:Eve:')
  },
)

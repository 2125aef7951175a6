import {copyFileSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../scratch.ts'
import {startWebServer, whyNoWebServer} from '../web-servers.ts'
import {makeTinyWorld, type RunResult, type Workplace, whyNoTinyWorld} from './tiny-world.ts'

const reason = whyNoTinyWorld() ?? whyNoWebServer('nginx')

const sums = ({out}: Workplace) => readFileSync(join(out, 'SHA256SUMS'), 'utf8')

/** The settings of nginx in docs/scale.md, with files below a directory. */
function documentedSettings(directory: string): string {
  const page = readFileSync(join(import.meta.dirname, '../../docs/scale.md'), 'utf8')
  const [, settings = ''] = /```text\n(?=location)(.*?)```/s.exec(page) ?? []
  return settings.replaceAll(/\/srv\/|\/etc\/nginx\//g, `${directory}/`)
}

/** Steps that ran to their end. */
const madeIn = ({events}: RunResult) => events.flatMap((event) => (event.type === 'step-finished' ? [event] : []))

test.skipIf(reason)(
  `with a cache in nginx that another machine has filled, an empty store gives the same bytes without a step or a download, and fetches finished files only${reason ? ` (${reason})` : ''}`,
  async () => {
    const directory = scratchDirectory()
    const log = join(directory, 'requests')
    writeFileSync(join(directory, 'cache.htpasswd'), 'builder:{PLAIN}geheim\n')
    const url = await startWebServer('nginx', `access_log ${log};\n${documentedSettings(directory)}`)
    const requests = () =>
      [...readFileSync(log, 'utf8').matchAll(/"([A-Z]+) (\/\S*) HTTP\/1\.1" (\d+)/g)].map(([, ...words]) => words)
    const world = await makeTinyWorld()

    const here = world.workplace()
    const first = await here.run(['iso', '--cache', `${url.replace('//', '//builder:geheim@')}/haos,write`, '--events'])
    expect(first).toMatchObject({status: 0, stderr: ''})
    expect(first.stdout).not.toContain('geheim')
    const made = madeIn(first).filter(({kind}) => kind !== 'fetch')
    expect(made.map(({kind}) => kind)).toEqual(expect.arrayContaining(['debian-root', 'squashfs', 'initrd', 'iso9660']))
    const puts = requests().filter(([method]) => method === 'PUT')
    expect(puts.filter(([, path]) => path?.startsWith('/haos/ac/'))).toHaveLength(made.length)
    expect(puts.every(([, , status]) => status === '201' || status === '204')).toBe(true)

    const there = world.workplace()
    copyFileSync(here.lock, there.lock)
    const [asked, sent] = [world.served.requests.length, requests().length]
    const second = await there.run(['iso', '--locked', '--cache', `${url}/haos`, '--events'])

    expect(second).toMatchObject({status: 0, stderr: ''})
    expect(second.events.filter(({type}) => type === 'step-started')).toEqual([])
    expect(sums(there)).toBe(sums(here))
    expect(world.served.requests.length).toBe(asked)
    const later = requests().slice(sent)
    expect(later.every(([method, , status]) => method === 'GET' && status === '200')).toBe(true)
    const fetched = later.flatMap(([, path = '']) => (path.startsWith('/haos/cas/') ? [path.slice(10)] : []))
    const kinds = new Set(made.flatMap(({kind, digest}) => (fetched.includes(digest) ? [kind] : [])))
    // The ISO, and the lists from which every build reports.
    expect([...kinds].sort()).toEqual(['iso9660', 'kernel-check', 'privileged-files'])
    expect(new Set(fetched).size).toBe(fetched.length)
  },
)

import {createHash} from 'node:crypto'
import {mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {buildImage} from '../image/build-image.ts'
import {type ServedFiles, serveFiles} from '../served-files.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const GiB = 2 ** 30
const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

describe.skipIf(missing !== undefined)(`an interactive installation (${missing ?? 'from the ISO'})`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'haos-install-test-'))
  const target = join(scratch, 'target.img')
  const other = join(scratch, 'other.img')
  let served: ServedFiles
  let machine: Machine
  let before = ''
  beforeAll(async () => {
    served = await serveFiles({'/wrong.yaml': 'hostname: x\nhaos:\n  tokn: y\n', '/right.yaml': 'hostname: x\n'})
    writeFileSync(other, Buffer.alloc(2 ** 20, 'data'))
    truncateSync(other, 64 * 2 ** 20)
    before = digest(other)
    machine = await boot(await buildImage(), {
      memoryMiB: 768,
      disks: [
        {file: other, serial: 'DATA'},
        {file: target, sizeBytes: 4 * GiB, serial: 'TARGET'},
      ],
    })
    await machine.login({user: 'rancher', timeoutMs: 15 * minutes})
  })
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]()
    served?.close()
    rmSync(scratch, {recursive: true, force: true})
  })

  test.each([
    ['a disk that is not named, where there are two', '', /2 disks match\s+.*DATA[\s\S]*TARGET/],
    ['the medium', '--device=/dev/sr0', /sr0/],
    ['a disk that is not there', '--device=serial=NONE', /there is no such disk/],
    ['a config with a mistake', '--device=serial=TARGET --config-url=http://10.0.2.2:PORT/wrong.yaml', /tokn .*token/],
    ['a config that is not there', '--device=serial=TARGET --config-url=/none.yaml', /there is no config \/none.yaml/],
    [
      'a server that does not answer',
      '--device=serial=TARGET --config-url=http://10.0.2.2:1/x',
      /could not be fetched/,
    ],
  ])('%s is refused, and nothing is written', async (_, words, reason) => {
    const flags = words.replace('PORT', String(served.port))
    const {status, output} = await machine.run(`sudo haos install --silent --stay ${flags}`, {timeoutMs: 10 * minutes})
    expect(output).toMatch(reason)
    expect(status).toBe(1)
    expect(await machine.succeed('sudo cmp -n 100000000 /dev/vdb /dev/zero && echo empty')).toBe('empty')
  })

  test('a wrong answer is asked again, and a summary is shown before anything is written', async () => {
    // Input is lost until sudo has ended.
    const returnToShell = () =>
      expect
        .poll(
          async () => {
            machine.write('echo "at the"" shell"\n')
            return (await machine.waitFor('at the shell', {timeoutMs: 3000})).text
          },
          {timeout: 2 * minutes},
        )
        .toBe('at the shell')
    const answer = async (question: string | RegExp, text: string) => {
      await machine.waitFor(question, {timeoutMs: 3 * minutes})
      machine.write(`${text}\n`)
    }
    machine.write('sudo haos install --stay\n')
    await machine.waitFor(/1\. .*DATA/)
    await machine.waitFor(/2\. .*TARGET/)
    await answer('Install onto which: ', '3')
    await answer(/Answer with a number from 1 to 2\.[\s\S]*Install onto which: /, '2')
    await answer('Configure the system with a config.yaml?', 'y')
    await answer('Its URL or path', 'config.yaml')
    await answer(/Begin with https:[\s\S]*Its URL or path/, `http://10.0.2.2:${served.port}/wrong.yaml`)
    await answer(/tokn[\s\S]*Its URL or path/, '/haos/system/none')
    await answer(/there is no config[\s\S]*Its URL or path/, `http://10.0.2.2:${served.port}/right.yaml`)
    // Starts again, without a file.
    await answer('Install now? [y/N]: ', '')
    await machine.waitFor('cancelled: nothing was changed')
    await returnToShell()
    machine.write('sudo haos install --stay\n')
    await answer('Install onto which: ', '2')
    await answer('Configure the system with a config.yaml?', 'maybe')
    await answer(/Answer y or n\.[\s\S]*config\.yaml\?/, '')
    await answer('Authorize GitHub users', 'n')
    await answer('Password for the user rancher', 'geheim')
    await answer('Repeat the password: ', 'other')
    await answer(/The passwords differ\.[\s\S]*Password for the user rancher/, 'geheim')
    await answer('Repeat the password: ', 'geheim')
    await answer('Configure WiFi?', 'y')
    await answer('Name of the network: ', 'home')
    await answer('Passphrase: ', 'short')
    await answer(/A passphrase has 8 to 63[\s\S]*Passphrase: /, 'long enough')
    await answer('Configure another network?', '')
    await answer(/Run as \[1\]: /, '2')
    await answer('URL of the server: ', 'server')
    await answer(/Begin with https:[\s\S]*URL of the server: /, 'https://10.0.0.1:6443')
    await answer('Token or cluster secret: ', '')
    await answer(/An agent needs one[\s\S]*Token or cluster secret: /, 'joined')
    const {text} = await machine.waitFor(/The whole disk is formatted: [\s\S]*Install now\? \[y\/N\]: /)
    expect(text).toMatch(/TARGET[\s\S]*name: home[\s\S]*server_url: "https:\/\/10\.0\.0\.1:6443/)
    expect(text).not.toMatch(/geheim|long enough|joined/)
    machine.write('y\n')
    await machine.waitFor('is installed on /dev/vdb3', {timeoutMs: 20 * minutes})
    await returnToShell()
    await machine.powerOff({timeoutMs: 5 * minutes})
    expect(digest(other)).toBe(before)
  })

  test('the installed system matches the answers', async () => {
    await using installed = await Machine.start({disks: [{file: target}], memoryMiB: 768, linesInMessages: true})
    await installed.login({user: 'rancher', password: 'geheim', timeoutMs: 15 * minutes})
    const config = await installed.succeed('sudo cat /haos/system/config.yaml')
    for (const line of ['server_url: "https://10.0.0.1:6443"', 'token: joined', 'passphrase: "long enough"'])
      expect(config).toContain(line)
    expect(config).not.toContain('install:')
  })
})

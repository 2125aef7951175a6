import {execFileSync} from 'node:child_process'
import {closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync} from 'node:fs'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import {createServer as createSecureServer} from 'node:https'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {text} from 'node:stream/consumers'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {buildSampleImage} from '../image/sample-image.ts'
import {listen} from '../listen.ts'
import {singleCases} from '../runtime/single-source-cases.ts'
import {answerOf, type SourceCase} from '../runtime/source-case.ts'
import {serviceCases} from '../runtime/source-cases.ts'
import type {ServedFiles} from '../served-files.ts'
import {unpackedPackages} from '../unpacked-packages.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const scratch = mkdtempSync(join(tmpdir(), 'haos-data-sources-test-'))
/** What every source of the table gives. */
const config = '#cloud-config\nhostname: given\n'

const requests: string[] = []

/** Answers for every cloud of the table, each at its own address, as the guest has named it. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = `http://${request.headers.host}${request.url}`
  requests.push(url)
  const method = request.method === 'PUT' || request.method === 'POST' ? request.method : 'GET'
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const sent = {url, method, headers, text: await text(request), isPrivileged: true} as const
  const answers = serviceCases.filter(hasRoute(`${method} ${url}`)).map((each) => answerOf(each, 'good', sent))
  const {status, body} = answers[0] ?? {status: 404, body: ''}
  response.writeHead(status).end(body)
}

const hasRoute =
  (route: string) =>
  ({routes = {}}: SourceCase): boolean =>
    route in routes

/** A certificate for the host as the guest sees it. */
function certify(): {key: string; cert: string} {
  const [key, cert] = [join(scratch, 'key'), join(scratch, 'cert')]
  const subject = ['-subj', '/CN=lab', '-addext', 'subjectAltName=IP:10.0.2.2', '-keyout', key, '-out', cert]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', ...kind, ...subject], {stdio: 'ignore'})
  return {key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8')}
}

function makeTree(name: string, files: Readonly<Record<string, string>>): string {
  const tree = join(scratch, name)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), {recursive: true})
    writeFileSync(join(tree, path), content)
  }
  return tree
}

function makeIso(label: string, files: Readonly<Record<string, string>>): string {
  const file = join(scratch, `${label}.iso`)
  const options = ['-as', 'mkisofs', '-quiet', '-V', label, '-R', '-J', '-o', file]
  execFileSync('xorriso', [...options, makeTree(`tree-${label}`, files)], {stdio: 'ignore'})
  return file
}

const udfTools = unpackedPackages('test-genisoimage', ['genisoimage'])

/** A disc with UDF alone: the type of its only ISO 9660 volume descriptor says that it is none (ECMA-119, 8.1.1). */
function makeUdf(label: string, files: Readonly<Record<string, string>>): string {
  const file = join(scratch, `${label}.udf`)
  const program = join(udfTools.directory ?? '', 'usr/bin/genisoimage')
  execFileSync(program, ['-quiet', '-udf', '-V', label, '-o', file, makeTree(`tree-${label}`, files)])
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.of(0), 0, 1, 16 * 2048)
  closeSync(handle)
  return file
}

function makeVfat(label: string, files: Readonly<Record<string, string>>): string {
  const file = join(scratch, `${label}.img`)
  const tree = makeTree(`tree-${label}`, files)
  execFileSync('mkfs.vfat', ['-C', '-n', label, file, '2048'], {stdio: 'ignore'})
  for (const name of Object.keys(files)) execFileSync('mcopy', ['-i', file, join(tree, name), `::${name}`])
  return file
}

describe.skipIf(missing !== undefined)(`data sources in a machine (${missing ?? 'of one cloud'})`, () => {
  const {key, cert} = missing === undefined ? certify() : {key: '', cert: ''}
  const server = createServer((request, response) => void answer(request, response))
  const secure = createSecureServer({key, cert}, ({url}, response) =>
    response.writeHead(url === '/seed/user-data' ? 200 : 404).end(url === '/seed/user-data' ? config : ''),
  )
  let machine: Machine
  let served: ServedFiles
  let securePort = 0
  beforeAll(async () => {
    const sample = await buildSampleImage(scratch)
    served = sample.served
    const port = await listen(server)
    securePort = await listen(secure)
    // QEMU's network forwards addresses of its own subnet only, so that those of the clouds are the guest's own.
    const relay = [
      'for a in 169.254.169.254 169.254.42.42 168.63.129.16; do ip addr add $a/32 dev lo; done',
      `busybox nc -ll -p 80 -e busybox nc 10.0.2.2 ${port} </dev/null >/dev/null 2>&1 &`,
    ]
    machine = await boot(sample.iso, {
      memoryMiB: 768,
      appendCmdline: `haos.data_sources=auto "boot_cmd=${relay.join('; ')}"`,
      qemuArguments: ['-smbios', 'type=1,manufacturer=Hetzner'],
    })
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 20 * minutes})
    await machine.waitUntilSucceeds('grep -q runtime /run/haos/problems.json', {timeoutMs: 20 * minutes})
  })
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]()
    served?.close()
    for (const each of [server, secure]) each.closeAllConnections()
    for (const each of [server, secure]) each.close()
    rmSync(scratch, {recursive: true, force: true})
  })

  /** Asks a source as if nothing had been asked before, and returns the origin and the value of each file. */
  const ask = async (name: string): Promise<Record<string, string>> => {
    await machine.succeed(`sudo rm -rf /run/config; sudo haos metadata ${name}`, {timeoutMs: 5 * minutes})
    const shown: {name: string; source: string}[] = JSON.parse(await machine.succeed('sudo haos metadata show --json'))
    expect(new Set(shown.map(({source}) => source))).toEqual(new Set([name]))
    const files = await Promise.all(shown.map(async (one) => one.name))
    const contents: Record<string, string> = {}
    for (const file of files) contents[file] = `${await machine.succeed(`sudo cat /run/config/${file}`)}\n`
    return contents
  }
  const comparable = (files: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(files).map(([name, content]) => [name, content.trimEnd()]))

  test('auto asks the cloud that the firmware names, and the node is what that cloud says', async () => {
    expect(await machine.succeed('hostname; sudo cat /run/config/provider')).toBe('given\nhetzner')
    expect(requests.filter((url) => !url.startsWith('http://169.254.169.254/hetzner/'))).toEqual([])
    expect(await machine.succeed('sudo haos metadata show')).toMatch(
      new RegExp(`^userdata +hetzner +cloud-config, ${config.length} bytes$`, 'm'),
    )
  })

  test.each(['aws', 'azure', 'gcp', 'openstack', 'scaleway', 'oracle', 'akamai'])(
    '%s gives what it has',
    async (name) => {
      const wanted = serviceCases.find((each) => each.name === name)?.expected ?? {}
      if (name === 'gcp')
        await machine.succeed('echo 169.254.169.254 metadata.google.internal | sudo tee -a /etc/hosts')
      expect(comparable(await ask(name))).toEqual(comparable(wanted))
    },
  )

  test('Azure was told that the machine is ready', () => {
    expect(requests).toContain('http://168.63.129.16/machine?comp=health')
  })

  test('vmware gives what its tools print', async () => {
    const each = singleCases.find(({name}) => name.startsWith('vmware in base64'))
    const lines = Object.entries(each?.programs ?? {}).map(
      ([line, printed]) => `"${line.replace('vmware-rpctool ', '')}") echo '${printed.trim()}' ;;`,
    )
    const program = `#!/bin/sh\ncase $1 in\n${lines.join('\n')}\n*) exit 1 ;;\nesac\n`
    await machine.succeed(
      `echo ${Buffer.from(program).toString('base64')} | base64 -d | sudo tee /usr/local/bin/vmware-rpctool >/dev/null; sudo chmod 755 /usr/local/bin/vmware-rpctool`,
    )
    expect(comparable(await ask('vmware'))).toEqual(comparable(each?.expected ?? {}))
  })

  const seed = {
    'user-data': config,
    'meta-data': 'instance-id: nc-1\nlocal-hostname: seeded\n',
    'network-config': 'version: 2\n',
  }
  const media = [
    ['nocloud', 'an ISO', () => makeIso('cidata', seed)],
    ['nocloud', 'FAT', () => makeVfat('CIDATA', seed)],
    [
      'configdrive',
      'an ISO',
      () =>
        makeIso('config-2', {
          'openstack/latest/meta_data.json': '{"uuid": "nc-1", "hostname": "seeded"}',
          'openstack/latest/user_data': config,
        }),
    ],
  ] as const
  test.each(media)('%s is found on %s that is plugged in', async (name, _, make) => {
    const disk = await machine.attachDisk({file: make()})
    await machine.waitUntilSucceeds(
      'sudo findfs LABEL=cidata || sudo findfs LABEL=CIDATA || sudo findfs LABEL=config-2',
    )
    expect(comparable(await ask(name))).toMatchObject({
      userdata: config.trim(),
      instance_id: 'nc-1',
      local_hostname: 'seeded',
    })
    await disk.detach()
  })

  const noUdf = udfTools.reason === undefined ? '' : ` (no genisoimage: ${udfTools.reason})`
  test.skipIf(noUdf !== '')(`azure prefers the custom data of its disc, which is UDF${noUdf}`, async () => {
    const own = '#cloud-config\nhostname: of-the-disc\n'
    const file = makeUdf('azure', {
      'ovf-env.xml': `<Environment xmlns:wa="http://schemas.microsoft.com/windowsazure"><wa:ProvisioningSection>
<LinuxProvisioningConfigurationSet><HostName>from-disc</HostName><wa:CustomData>${Buffer.from(own).toString('base64')}</wa:CustomData>
</LinuxProvisioningConfigurationSet></wa:ProvisioningSection></Environment>`,
    })
    await machine.qmp('blockdev-add', {
      driver: 'raw',
      'node-name': 'disc',
      'read-only': true,
      file: {driver: 'file', filename: file},
    })
    await machine.qmp('device_add', {driver: 'virtio-scsi-pci', id: 'scsi', bus: 'port2'})
    await machine.qmp('device_add', {driver: 'scsi-cd', id: 'drive', bus: 'scsi.0', drive: 'disc'})
    await machine.waitUntilSucceeds('test "$(sudo blkid -p -o value -s TYPE /dev/sr1)" = udf')
    expect(await ask('azure')).toMatchObject({userdata: own, local_hostname: 'from-disc\n'})
  })

  test('auto sends nothing where the firmware names no cloud', async () => {
    await machine.succeed('echo QEMU >/tmp/vendor; sudo mount --bind /tmp/vendor /sys/class/dmi/id/sys_vendor')
    const before = requests.length
    const timed = (name: string) =>
      machine.succeed(
        `sudo sh -c 'rm -rf /run/config; t=$(date +%s%N); haos metadata ${name}; echo $((($(date +%s%N) - t) / 1000000))' 2>/dev/null | tail -n 1`,
      )
    const [nothing, auto] = [Number(await timed('file=/none')), Number(await timed('auto'))]
    console.log(`haos metadata auto takes ${auto} ms, without a source ${nothing} ms`)
    expect(requests.slice(before)).toEqual([])
    await machine.succeed('sudo umount /sys/class/dmi/id/sys_vendor')
  })

  test('nocloud is found at an https URL, by an authority of the config', async () => {
    const line = `ds=nocloud;s=https://10.0.2.2:${securePort}/seed/`
    await machine.succeed(`echo '${line}' >/tmp/cmdline; sudo mount --bind /tmp/cmdline /proc/cmdline`)
    const before = await machine.run('sudo haos metadata nocloud')
    expect(before).toMatchObject({status: 1, output: expect.stringMatching(/certificate/)})
    const local = `ca_certs: [${JSON.stringify(cert)}]\n`
    await machine.succeed(
      `echo ${Buffer.from(local).toString('base64')} | base64 -d | sudo tee /var/lib/rancher/haos/config.yaml >/dev/null`,
    )
    await machine.run('sudo haos config', {timeoutMs: 10 * minutes})
    expect(await ask('nocloud')).toMatchObject({userdata: config})
  })
})

import {mkdirSync, writeFileSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import {join} from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {listen} from '../../test/listen.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {packer} from '../../test/test-tools.ts'
import {packerCloudNames, renderPackerPlugins, renderPackerTemplate} from './packer-template.ts'

const found = await new Toolbox().find(packer)
if (found === undefined && process.env['CI']) throw new Error('packer is missing: install the package packer')

/** What has no default, with values that Packer takes without asking a cloud. */
const variables = {
  aws: {region: 'eu-central-1'},
  gcp: {project_id: 'project'},
  azure: {subscription_id: 'subscription', resource_group: 'group'},
  openstack: {source_image: 'debian', flavor: 'small', network: 'network'},
}
const image = {name: 'haos-0-1-0-amd64', title: 'HAOS 0.1.0', iso: 'haos.iso'}

describe.skipIf(found === undefined)(`Packer (${found?.version ?? 'packer is not installed'})`, () => {
  let identity: Server
  let port = 0
  beforeAll(async () => {
    // Packer logs in to OpenStack before it looks at anything else: an answer of its Identity API v3.
    identity = createServer((request, response) => {
      request.resume()
      response
        .writeHead(201, {'x-subject-token': 'token'})
        .end(JSON.stringify({token: {expires_at: '2100-01-01T00:00:00.000000Z', catalog: []}}))
    })
    port = await listen(identity)
  })
  afterAll(() => identity.close())
  const validate = (directory: string, values: Readonly<Record<string, string>>) => {
    const set = Object.entries(values).flatMap(([key, value]) => ['-var', `${key}=${value}`])
    return execa(found?.path ?? '', ['validate', ...set, '.'], {
      cwd: directory,
      extendEnv: false,
      all: true,
      env: {
        ...{PATH: process.env['PATH'], HOME: directory, CHECKPOINT_DISABLE: '1', PACKER_NO_COLOR: '1'},
        ...{OS_AUTH_URL: `http://127.0.0.1:${port}/v3`, OS_USERNAME: 'user', OS_PASSWORD: 'password'},
        ...{OS_DOMAIN_NAME: 'Default', OS_PROJECT_NAME: 'project', OS_REGION_NAME: 'region'},
      },
    })
  }
  const written = (text: string) => {
    const directory = join(scratchDirectory(), 'template')
    mkdirSync(directory)
    for (const name of ['haos.iso', 'install.sh', 'config.yaml']) writeFileSync(join(directory, name), '')
    writeFileSync(join(directory, 'image.pkr.json'), text)
    return directory
  }

  test.each(packerCloudNames.flatMap((cloud) => (['amd64', 'arm64'] as const).map((arch) => [cloud, arch] as const)))(
    'takes the template for %s on %s',
    async (cloud, arch) => {
      const directory = written(renderPackerTemplate(cloud, {...image, arch}))
      expect((await validate(directory, variables[cloud])).all).toBe('')
    },
  )

  test('refuses a template with an argument that its builder does not have', async () => {
    const text = renderPackerTemplate('aws', {...image, arch: 'amd64'})
    const directory = written(text.replace('"ami_name"', '"ami_nme"'))
    await expect(validate(directory, variables.aws)).rejects.toThrow(/ami_nme/)
  })
})

test.each(packerCloudNames)('the template for %s waits for the machine before its disk becomes an image', (cloud) => {
  const text = renderPackerTemplate(cloud, {...image, arch: 'amd64'})
  const waits =
    text.includes('"disable_stop_instance": true') || /"shell-local".* until .*\| grep -qx \S+; do/s.test(text)
  expect(waits).toBe(true)
})

test.each(packerCloudNames)('the plug-in for %s provides its builder', (cloud) => {
  const {source}: {source: object} = JSON.parse(renderPackerTemplate(cloud, {...image, arch: 'amd64'}))
  const [builder = ''] = Object.keys(source).map((name) => name.split('-')[0] ?? '')
  expect(JSON.parse(renderPackerPlugins(cloud))).toMatchObject({
    packer: {required_plugins: {[builder]: {source: `github.com/hashicorp/${builder}`}}},
  })
})

test('a name with quotes and line breaks stays one value', () => {
  const title = 'Edge "one"\n\\ two'
  const {source}: {source: Record<string, {takeover: Record<string, unknown>}>} = JSON.parse(
    renderPackerTemplate('gcp', {...image, title, arch: 'amd64'}),
  )

  expect(source['googlecompute']?.takeover['image_description']).toBe(title)
})

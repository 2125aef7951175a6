import {expect, test} from 'vitest'
import {startWebServer, whyNoWebServer} from '../test/web-servers.ts'
import {renderChannel} from './channel-snippets.ts'

const options = {channel: 'https://releases.example.com/haos/stable', version: '1.4.0'}

for (const server of ['nginx', 'caddy'] as const) {
  const reason = whyNoWebServer(server)
  test.skipIf(reason)(
    `${server} answers with a 302 to the version at the path of the channel, and at no longer one${reason ? ` (${reason})` : ''}`,
    async () => {
      const next = {channel: `${options.channel}-2`, version: '2.0.0-rc.1'}
      const url = await startWebServer(server, `${renderChannel(server, options)}${renderChannel(server, next)}`)
      const ask = async (path: string) => {
        const {status, headers} = await fetch(`${url}${path}`, {redirect: 'manual'})
        return [status, headers.get('location')?.replace(/^http:\/\/[^/]+/, '')]
      }
      expect(await ask('/haos/stable')).toEqual([302, '/haos/versions/1.4.0'])
      expect(await ask('/haos/stable-2')).toEqual([302, '/haos/versions/2.0.0-rc.1'])
      for (const path of ['/haos/stable-3', '/haos/stable/', '/haos/stable/x', '/haos/stabl', '/x/haos/stable'])
        expect([path, ...(await ask(path))]).toEqual([path, 404, undefined])
    },
  )
}

const rule = (key: string, version: string) => ({
  Condition: {KeyPrefixEquals: key},
  Redirect: {
    HostName: 'releases.example.com',
    HttpRedirectCode: '302',
    Protocol: 'https',
    ReplaceKeyPrefixWith: `haos/versions/${version}`,
  },
})

test('S3 gets a routing rule, because the redirect of an object is a 301, and a longer name than that of the channel leads to no version', () => {
  // S3 appends what follows the prefix: haos/stable-2 becomes haos/versions/1.4.0-2.
  expect(JSON.parse(renderChannel('s3', options))).toEqual([rule('haos/stable', '1.4.0')])
})

test('the rule of a channel takes the place of its last one among the other rules of a bucket', () => {
  const images = {Condition: {KeyPrefixEquals: 'images/'}, Redirect: {ReplaceKeyPrefixWith: 'files/'}}
  const rules = [rule('haos/stable', '1.3.0'), images, rule('haos/next', '2.0.0')]
  expect(JSON.parse(renderChannel('s3', {...options, rules: JSON.stringify(rules)}))).toEqual([
    rule('haos/stable', '1.4.0'),
    images,
    rule('haos/next', '2.0.0'),
  ])
  expect(JSON.parse(renderChannel('s3', {...options, rules: JSON.stringify([images])}))).toEqual([
    images,
    rule('haos/stable', '1.4.0'),
  ])
})

test.each([
  ['haos/stable-2', 'which begins with it'],
  ['haos/stab', 'with which it begins'],
  ['', 'which takes every key'],
])('a channel of S3 beside a rule for "%s", %s, is refused', (key) => {
  const rules = JSON.stringify([rule(key, '2.0.0')])
  expect(() => renderChannel('s3', {...options, rules})).toThrow(
    `the channel "haos/stable" and the rule for "${key}" would answer for each other`,
  )
})

test('rules of a bucket that are no list are refused', () => {
  for (const rules of ['{"RoutingRules":[]}', '[1]', 'no JSON'])
    expect(() => renderChannel('s3', {...options, rules})).toThrow('no list of routing rules')
})

test.each([
  'https://releases.example.com',
  'https://releases.example.com/',
  'https://releases.example.com/stable/',
  'https://releases.example.com//stable',
  'https://releases.example.com/a/../stable',
  'https://releases.example.com/stable?arch=amd64',
  'https://releases.example.com/stable%2d2',
  'https://releases.example.com/stable*',
  'https://releases.example.com/$host',
  'https://releases.example.com/x;return',
  'ftp://releases.example.com/stable',
])('%s cannot be a channel', (channel) => {
  for (const server of ['nginx', 'caddy', 's3'] as const)
    expect(() => renderChannel(server, {...options, channel})).toThrow(`${channel} cannot be a channel`)
})

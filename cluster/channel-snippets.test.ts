import {expect, test} from 'vitest'
import * as z from 'zod'
import {renderChannel} from './channel-snippets.ts'

const options = {channel: 'https://releases.example.com/haos/stable', version: '1.4.0'}

test.each(['nginx', 'caddy'] as const)('%s answers the path of the channel with a 302 to the version', (server) => {
  expect(renderChannel(server, options)).toMatch(/\/haos\/stable\b.*302|302.*\/haos\/stable\b/s)
  expect(renderChannel(server, options)).toContain('/haos/versions/1.4.0')
})

test('S3 gets a routing rule, because the redirect of an object is a 301', () => {
  const rules = z
    .array(
      z.object({
        Condition: z.unknown(),
        Redirect: z.object({HttpRedirectCode: z.string(), ReplaceKeyWith: z.string()}),
      }),
    )
    .parse(JSON.parse(renderChannel('s3', options)))
  expect(rules).toMatchObject([
    {
      Condition: {KeyPrefixEquals: 'haos/stable'},
      Redirect: {HttpRedirectCode: '302', ReplaceKeyWith: 'haos/versions/1.4.0'},
    },
  ])
})

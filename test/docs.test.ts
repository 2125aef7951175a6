import {expect, test} from 'vitest'
import {pages, readPage} from '../docs/generate.ts'

test.each(Object.entries(pages))(
  'docs/reference/%s says what the code does (else run `npm run docs`)',
  async (name, render) => {
    expect(await readPage(name)).toBe(await render())
  },
)

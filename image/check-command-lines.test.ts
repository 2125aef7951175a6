import {expect, test} from 'vitest'
import {debian, defineImage, HaosError, kernelArgument, type Problem} from '#dsl'
import {checkCommandLines} from './check-command-lines.ts'

/** The problems of a recipe with one menu entry and an argument of this many bytes in a place. */
function problemsOf(
  bytes: number,
  place: 'cmdline' | 'entry' | 'part',
  arch: 'amd64' | 'arm' = 'amd64',
): readonly Problem[] {
  const word = `x=${'a'.repeat(bytes - 2)}`
  const {spec, cmdline} = specOf(word, place)
  try {
    checkCommandLines(spec, arch, cmdline)
  } catch (error) {
    if (error instanceof HaosError && error.code === 'RECIPE_INVALID') return error.details.problems ?? []
    throw error
  }
  return []
}

function specOf(word: string, place: 'cmdline' | 'entry' | 'part') {
  const image = defineImage({
    name: 'x',
    version: '1',
    base: debian(),
    boot: {
      cmdline: place === 'cmdline' ? [word] : [],
      entries: [{title: 'Live', arguments: place === 'entry' ? [word] : []}],
    },
    parts: place === 'part' ? [kernelArgument(word)] : [],
  })
  const spec = image.resolve({set: {}})
  return {spec, cmdline: place === 'entry' ? [] : [word]}
}

/** What GRUB adds before the arguments of an ISO, and the menu after them. */
const head =
  'BOOT_IMAGE=/haos/system/kernel/6.12.48+deb13-cloud-amd64/vmlinuz  haos.medium=00000000-0000-0000-0000-000000000000'
    .length

test.each(['cmdline', 'part'] as const)(
  'arguments of every boot in %s are counted as each menu passes them',
  (place) => {
    expect(problemsOf(1850, place)).toEqual([])
    expect(problemsOf(2000, place).map(({message}) => message)).toEqual([
      expect.stringMatching(/the ISO .* of 21\d\d bytes to the kernel; the limit is 2047$/),
      expect.stringMatching(/of an installed disk .* of 21\d\d bytes to the kernel; the limit is 2047$/),
      expect.anything(),
      expect.anything(),
      expect.anything(),
    ])
  },
)

test('arguments of an entry are counted to the byte', () => {
  expect(problemsOf(2047 - head, 'entry')).toEqual([])
  expect(problemsOf(2048 - head, 'entry')).toEqual([
    {
      path: 'boot.entries[0]',
      message: 'makes the ISO pass a command line of 2048 bytes to the kernel; the limit is 2047',
      hint: expect.any(String),
    },
  ])
  expect(problemsOf(2100, 'entry')).toHaveLength(2)
})

test('a kernel for arm accepts half as long a command line as others', () => {
  expect(problemsOf(1000, 'entry', 'arm')).toMatchObject([{message: expect.stringContaining('the limit is 1023')}])
  expect(problemsOf(1000, 'entry')).toEqual([])
})

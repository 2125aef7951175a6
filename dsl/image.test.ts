import {expect, test} from 'vitest'
import * as z from 'zod'
import {HaosError} from './error.ts'
import {defineImage, type ImageInput, input} from './image.ts'
import {debian, kernel} from './image-parts.ts'
import {rke2} from './kubernetes-spec.ts'
import {
  absent,
  defineRecipe,
  directory,
  file,
  group,
  type PartList,
  packages,
  service,
  symlink,
  sysctl,
  user,
} from './part.ts'

const image = (changes: Partial<ImageInput> = {}): ImageInput => ({
  name: 'node',
  version: '1.0.0',
  base: debian({packages: ['openrc']}),
  ...changes,
})

/** What a recipe that type checking has not seen is told. */
const problemsOf = (written: unknown) => {
  try {
    defineImage(written as ImageInput).resolve({set: {}})
  } catch (error) {
    if (error instanceof HaosError) return error.details.problems ?? []
    throw error
  }
  return []
}

test('a recipe with five mistakes reports all five, each with its path', () => {
  const problems = problemsOf({
    ...image({name: 'Node', version: ''}),
    kernal: {},
    kernel: {flavor: 'cloud'},
    parts: [file('etc/motd', {text: ''})],
  })

  expect(problems.map(({path}) => path).sort()).toEqual([
    'kernal',
    'kernel.flavor',
    'name',
    'parts[0].node.path',
    'version',
  ])
})

test('an unknown key is reported with the nearest known one', () => {
  expect(problemsOf({...image(), kernel: {flavor: 'cloud'}})).toEqual([
    {path: 'kernel.flavor', message: 'is not a known key here', hint: 'Did you mean "flavour"?'},
  ])
})

test('an unknown key that resembles no other is reported with those that there are, if they are few', () => {
  expect(problemsOf({...image(), kernel: {zzz: 1}})).toMatchObject([
    {path: 'kernel.zzz', hint: expect.stringMatching(/^Remove it; known here: .*\bflavour\b/)},
  ])
})

test('a key of the built-in config is checked by the schema of the node', () => {
  expect(problemsOf({...image(), config: {hostnam: 'a'}})).toMatchObject([
    {path: 'config.hostnam', hint: 'Did you mean "hostname"?'},
  ])
})

test.each([
  [{k3s_args: ['server']}, 'config.k3s_args', 'belongs to haos', 'Move it below "haos:", as "k3s_args:".'],
  [
    {haos: {hostname: 'a'}},
    'config.haos.hostname',
    'belongs to the top level',
    'Move it to the top of the file, as "hostname:".',
  ],
  [{rke2os: {}}, 'config.rke2os', 'is the section of another system', 'Write it as "haos"'],
  [{packages: ['vim']}, 'config.packages', 'is a key of cloud-init', "Put it into the image's recipe"],
  [{haos: {tokn: 'x'}}, 'config.haos.tokn', 'is not a known key here', 'Did you mean "token"?'],
])('the built-in config %j is explained as on the node', (config, path, message, hint) => {
  expect(problemsOf({...image(), config})).toEqual([
    {path, message: expect.stringContaining(message), hint: expect.stringContaining(hint)},
  ])
})

test('a word that is not one of the choices is reported with the nearest one', () => {
  expect(problemsOf({...image(), kernel: {flavour: 'generik'}})).toMatchObject([
    {path: 'kernel.flavour', hint: 'Did you mean "generic"?'},
  ])
})

test.each(['1979-12-31', '2106-01-01'])('the date %s, which not every file system can hold, is refused', (date) => {
  expect(problemsOf(image({date}))).toMatchObject([{path: 'date', message: expect.stringContaining('1980-01-01')}])
})

test('an invalid date is one problem', () => {
  expect(problemsOf(image({date: 'today'}))).toMatchObject([
    {path: 'date', message: expect.stringContaining('such as')},
  ])
})

test('the first and the last date are accepted', () => {
  expect(['1980-01-01', '2105-12-31'].flatMap((date) => problemsOf(image({date})))).toEqual([])
})

test('a name of 256 bytes is refused, however many letters it has', () => {
  const named = (name: string) => problemsOf(image({parts: [file(`/etc/${name}`, {text: ''})]}))

  expect(named('ä'.repeat(128))).toMatchObject([{path: 'parts[0].node.path', message: expect.stringContaining('255')}])
  expect(named(`${'ä'.repeat(127)}x`)).toEqual([])
})

test('two parts that write one path are a problem that names both', () => {
  const parts = [file('/etc/motd', {text: 'a'}), file('/etc/motd', {text: 'b'})]

  expect(problemsOf({...image(), parts})).toMatchObject([
    {path: 'parts[1]', message: 'writes /etc/motd, which parts[0] writes too'},
  ])
})

test('a part with `replace` may replace an earlier one', () => {
  const parts = [file('/etc/motd', {text: 'a'}), file('/etc/motd', {text: 'b', replace: true})]

  expect(problemsOf({...image(), parts})).toEqual([])
})

test.each<[string, PartList[], string]>([
  ['a path below a file', [file('/a/b', {text: ''}), file('/a', {text: ''})], 'parts[1]'],
  ['a path below a link', [symlink('/a', '/tmp'), file('/a/b', {text: ''})], 'parts[0]'],
  ['a directory in place of a file', [file('/a', {text: ''}), directory('/a')], 'parts[1]'],
  ["a file above the node's program", [file('/usr', {text: '', replace: true})], 'parts[0]'],
  ["the absence of what the node's program lies in", [absent('/usr')], 'parts[0]'],
  ["a file in place of the node's program", [file('/usr/bin/haos', {text: '', replace: true})], 'parts[0]'],
  ['a second user of one name', [user('a', {uid: 1}), user('a', {uid: 2})], 'parts[1]'],
  ['a second user of one uid', [user('a', {uid: 1}), user('b', {uid: 1})], 'parts[1]'],
  ['a second group of one name', [group('a', {gid: 1}), group('a', {gid: 2})], 'parts[1]'],
  ["a user's own group under another gid", [group('a', {gid: 7}), user('a', {uid: 1})], 'parts[0]'],
  ["a group with the gid of a user's own", [user('a', {uid: 1}), group('b', {gid: 1})], 'parts[1]'],
  ['a second value of a sysctl', [sysctl({'a.b': '1'}), sysctl({'a/b': '2'})], 'parts[1]'],
])('%s is a problem that names the part', (_, parts, path) => {
  expect(problemsOf({...image(), parts})).toMatchObject([{path, hint: expect.any(String)}])
})

test('a user and the group of the same name and number are no problem', () => {
  expect(problemsOf({...image(), parts: [user('a', {uid: 1}), group('a', {gid: 1}), user('b', {uid: 2})]})).toEqual([])
})

test('a directory with `replace` replaces a file, and one sysctl may be set twice to the same value', () => {
  const parts = [file('/a', {text: ''}), directory('/a', {replace: true}), file('/a/b', {text: ''})]

  expect(problemsOf({...image(), parts: [...parts, sysctl({'a.b': '1'}), sysctl({'a.b': '1'})]})).toEqual([])
})

test('an invalid option of a recipe is reported with the name of the recipe', () => {
  const ssh = defineRecipe({
    name: 'ssh',
    options: z.strictObject({port: z.int().max(65_535).default(22)}),
    parts: () => [packages('openssh-server')],
  })

  expect(problemsOf({...image(), parts: [ssh({port: 99_999})]})).toMatchObject([
    {path: 'parts[0].port', message: expect.stringContaining('recipe ssh')},
  ])
})

test('recipes nest, and their parts keep their order', () => {
  const inner = defineRecipe({name: 'inner', options: z.strictObject({}), parts: () => [service('b')]})
  const outer = defineRecipe({
    name: 'outer',
    options: z.strictObject({}),
    parts: () => [[service('a')], inner(), service('c')],
  })
  const {parts} = defineImage(image({parts: [outer(), directory('/srv/x')]})).resolve({set: {}})

  expect(parts.map((part) => (part.kind === 'service' ? part.name : part.kind))).toEqual(['a', 'b', 'c', 'node'])
})

test('an input reaches the recipe with its declared type', () => {
  const recipe = defineImage(
    {flavour: input.choice(['generic', 'cloud'], 'generic'), port: input.number(22), debug: input.flag(false)},
    ({flavour, port, debug}) => image({kernel: kernel({flavour}), parts: [file('/x', {text: `${port + 1} ${debug}`})]}),
  )
  const spec = recipe.resolve({set: {flavour: 'cloud', port: '80', debug: 'yes'}})

  expect(spec.kernel.flavour).toBe('cloud')
  expect(spec.parts[0]).toMatchObject({node: {content: {text: '81 true'}}})
})

test('an unknown input is refused with the nearest known one', () => {
  const recipe = defineImage({flavour: input.text('x')}, () => image())

  expect(() => recipe.resolve({set: {flavor: 'y'}})).toThrow(
    expect.objectContaining({
      code: 'INPUT_INVALID',
      details: expect.objectContaining({problems: [expect.objectContaining({hint: 'Did you mean "flavour"?'})]}),
    }),
  )
})

test('without a requested architecture, a recipe is resolved for the first one that it names', () => {
  const recipe = defineImage({}, (_, {arch}) => image({arch: ['arm64', 'amd64'], parts: [file('/a', {text: arch})]}))
  const textFor = (arch?: 'amd64') => recipe.resolve({set: {}, arch}).parts[0]

  expect(textFor()).toMatchObject({node: {content: {text: 'arm64'}}})
  expect(textFor('amd64')).toMatchObject({node: {content: {text: 'amd64'}}})
})

test('a recipe without amd64 need not be valid for amd64', () => {
  const texts: Partial<Record<string, string>> = {arm64: 'x'}
  const recipe = defineImage({}, (_, {arch}) =>
    image({arch: ['arm64'], parts: [file(texts[arch] === undefined ? '' : '/a', {text: ''})]}),
  )

  expect(recipe.resolve({set: {}}).parts).toHaveLength(1)
})

test('an architecture that the recipe does not name is refused', () => {
  expect(() => defineImage(image({arch: ['amd64']})).resolve({set: {}, arch: 'arm64'})).toThrow('a problem')
})

test.each([
  ['where the nodes run k3s', {identity: 'haos'}, 'kubernetes'],
  ['for arm, which it is not released for', {identity: 'rke2os', arch: ['arm' as const]}, 'arch'],
])('rke2 is refused %s', (_, changed, path) => {
  const problems = problemsOf(image({...changed, kubernetes: rke2({version: 'v1.34.3+rke2r1'})}))

  expect(problems.map((problem) => problem.path)).toEqual([path])
})

test('a part that yields causes no conflict, whichever comes first', () => {
  const link = symlink('/usr/bin/less', 'busybox', {keep: true})
  const program = file('/usr/bin/less', {text: ''})

  expect(
    [
      [link, program],
      [program, link],
    ].flatMap((parts) => problemsOf(image({parts}))),
  ).toEqual([])
})

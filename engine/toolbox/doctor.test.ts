import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {diagnose} from './doctor.ts'
import {checkSpace, checkUserNamespaces} from './host-checks.ts'
import {defineTool} from './tool.ts'
import {Toolbox} from './toolbox.ts'

const tool = (name: string, more = {}) =>
  defineTool<null>({name, purpose: `run ${name}`, package: `${name}-tools`, args: () => [], ...more})

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'doctor-'))
  await writeFile(join(directory, 'frob'), '#!/bin/sh\necho frob 1.2.3\n', {mode: 0o755})
})
afterEach(async () => {
  await rm(directory, {recursive: true})
})

const look = (...tools: ReturnType<typeof tool>[]) =>
  diagnose(tools, {toolbox: new Toolbox({path: directory}), store: directory, out: join(directory, 'not', 'there')})

test('an installed tool is shown with version and path, and needs no fix', async () => {
  expect(await look(tool('frob'))).toMatchObject({
    canBuild: true,
    fix: undefined,
    tools: [{name: 'frob', state: 'ok', version: '1.2.3', path: join(directory, 'frob'), neededTo: 'run frob'}],
  })
})

test('missing and outdated tools prevent a build, and one command installs both', async () => {
  const diagnosis = await look(tool('frob', {minVersion: '1.3'}), tool('absent'))

  expect(diagnosis).toMatchObject({
    canBuild: false,
    tools: [
      {state: 'too-old', fix: 'upgrade frob-tools to 1.3 or later'},
      {state: 'missing', fix: 'install absent-tools'},
    ],
  })
  expect(diagnosis.fix).toMatch(/apt-get install --no-install-recommends absent-tools frob-tools$/)
})

test('a missing tool that only tests need does not prevent a build', async () => {
  expect(await look(tool('absent', {optional: true}))).toMatchObject({canBuild: true, tools: [{state: 'missing'}]})
})

test('a file that is not a program is found by its path, and identified by its digest', async () => {
  const firmware = tool('firmware', {files: ['/nowhere', join(directory, 'frob')]})

  expect(await look(firmware)).toMatchObject({
    tools: [{path: join(directory, 'frob'), version: expect.stringMatching(/^sha256:/)}],
  })
})

test('free space is measured for a directory that does not exist yet', async () => {
  expect(await checkSpace('space', join(directory, 'a', 'b'))).toMatchObject({
    found: expect.stringMatching(/^\d+\.\d GiB free in /),
  })
})

test('a machine with all tools cannot build for a user without subordinate ids', async () => {
  const places = {store: directory, out: directory}
  const toolbox = new Toolbox({path: directory})

  expect(await diagnose([tool('frob')], {toolbox, ...places, uid: 0})).toMatchObject({canBuild: true})
  expect(await diagnose([tool('frob')], {toolbox, ...places, uid: 4242})).toMatchObject({
    canBuild: false,
    host: expect.arrayContaining([expect.objectContaining({name: 'user namespaces', state: 'bad'})]),
  })
})

test('a user without subordinate ids gets the command that adds them', async () => {
  const {state, fix} = await checkUserNamespaces(directory, 4242)

  expect(state).toBe('bad')
  expect(fix).toMatch(/^Run `sudo (?:sysctl|apt-get|usermod) /)
})

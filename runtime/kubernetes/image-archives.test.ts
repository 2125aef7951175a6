import {existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {ProgramHost} from '../../test/program-host.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {linkImageArchives} from './image-archives.ts'

const images = 'var/lib/rancher/k3s/agent/images'

/** A node whose system contains these files of Kubernetes. */
function node(files: readonly string[]) {
  const root = scratchDirectory()
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), {recursive: true})
    writeFileSync(join(root, path), text)
  }
  for (const file of files) put(`haos/system/k3s/v1/${file}`, file)
  mkdirSync(join(root, 'haos/system/k3s'), {recursive: true})
  mkdirSync(join(root, 'var/lib'), {recursive: true})
  symlinkSync('v1', join(root, 'haos/system/k3s/current'))
  const link = (argv: readonly string[] = ['k3s', 'server']) =>
    linkImageArchives(new ProgramHost(root), deriveIdentity('haos'), argv)
  return {root, put, link}
}

test('archives of container images are symlinks where k3s looks for them, and its program is not among them', () => {
  const {root, link} = node(['k3s', 'k3s-airgap-images-amd64.tar.zst', 'app.tar'])
  link()

  expect(readdirSync(join(root, images)).sort()).toEqual(['app.tar', 'k3s-airgap-images-amd64.tar.zst'])
  expect(readlinkSync(join(root, images, 'app.tar'))).toBe('/haos/system/k3s/current/app.tar')
})

test('those of a version before are removed, and archives of the user stay', () => {
  const {root, put, link} = node(['k3s', 'app.tar'])
  put(`${images}/mine.tar`, 'mine')
  put(`${images}/app.tar`, 'my own app')
  symlinkSync('/haos/system/k3s/current/old.tar', join(root, images, 'old.tar'))
  symlinkSync('/opt/other.tar', join(root, images, 'other.tar'))
  link()

  expect(readdirSync(join(root, images)).sort()).toEqual(['app.tar', 'mine.tar', 'other.tar'])
  expect(lstatSync(join(root, images, 'app.tar')).isFile()).toBe(true)
})

test('they follow --data-dir, of which the last one counts', () => {
  const {root, link} = node(['app.tar'])
  link(['k3s', 'server', '--data-dir=/var/one', '-d', '/var/two/'])

  expect(existsSync(join(root, images))).toBe(false)
  expect(readdirSync(join(root, 'var/two/agent/images'))).toEqual(['app.tar'])
})

test('a system without archives makes no directory', () => {
  const {root, link} = node(['k3s'])
  link()

  expect(existsSync(join(root, images))).toBe(false)
})

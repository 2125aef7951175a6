import {expect, test} from 'vitest'
import {debian, defineImage, type FileNode, file} from '#dsl'
import {systemParts} from './system-parts.ts'

const own: FileNode = {type: 'symlink', path: '/usr/bin/kubectl', target: 'k3s', uid: 0, gid: 0}
const partsWith = (replace: boolean) => {
  const parts = [file(own.path, {text: '', replace})]
  return systemParts(defineImage({name: 'x', version: '1', base: debian(), parts}).resolve({set: {}}), [own])
}

test("one of the image's own files is replaced only if the recipe says so", () => {
  expect(() => partsWith(false)).toThrow(expect.objectContaining({code: 'PATH_CONFLICT'}))
  expect(partsWith(true).nodes.find(({node}) => node.path === own.path)?.node.type).toBe('file')
})

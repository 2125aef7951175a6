import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {cloudNames} from './clouds.ts'
import {renderUploadScript} from './upload-script.ts'

/** What the scripts ask of the person who calls them. */
const env = {
  ...{BUCKET: 'b', GROUP: 'g', ACCOUNT: 'a', CONTAINER: 'c', HCLOUD_TOKEN: 't', SSH_KEY: 'k', VMID: '9'},
  ...{IMAGE_URL: 'https://example.org/x', REGION: 'fra1'},
}
const clients = ['aws', 'gcloud', 'az', 'openstack', 'hcloud', 'ssh', 'doctl', 'qm', 'govc', 'vagrant']

test.each(cloudNames)('the script for %s finds its image from any directory', async (cloud) => {
  const directory = scratchDirectory()
  const out = join(directory, 'my out')
  mkdirSync(out)
  writeFileSync(join(out, 'image.bin'), 'bytes')
  writeFileSync(
    join(out, 'upload.sh'),
    renderUploadScript(cloud, {file: 'image.bin', name: 'n', title: 't', arch: 'amd64'}),
  )
  // A client that fails where a file that it is told of is not there, and else says what a finished import says.
  const client =
    '#!/bin/sh\nfor word; do case $word in *=*) ;; */image.bin | image.bin) [ -e "$word" ] || case $word in *://*) ;; *) exit 9 ;; esac ;; esac; done\necho completed\n'
  for (const name of clients) writeFileSync(join(directory, name), client, {mode: 0o755})

  const words = ['my out/upload.sh']
  const {exitCode, stderr} = await execa('sh', words, {
    cwd: directory,
    env: {...env, PATH: `${directory}:${process.env['PATH']}`},
    reject: false,
  })
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
})

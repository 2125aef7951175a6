import {expect, test} from 'vitest'
import {missingFirmware} from './missing-firmware.ts'

const missing = (
  asked: readonly string[],
  {files = [], links = [], config}: {files?: string[]; links?: {path: string; target: string}[]; config?: string},
) =>
  missingFirmware({asked: [{module: 'kernel/a.ko', files: [...asked]}], files, links}, config).flatMap((m) => m.files)

test('a firmware file is missing if neither it nor a link to it is in the image', () => {
  const files = ['ath/one.bin', 'nvidia/tu102/gsp.bin']
  const links = [
    {path: 'two.bin', target: 'ath/one.bin'},
    {path: 'three.bin', target: 'ath/gone.bin'},
    {path: 'nvidia/tu104', target: 'tu102'},
    {path: 'deep/four.bin', target: '../two.bin'},
    {path: 'five.bin', target: '/lib/firmware/ath/one.bin'},
    {path: 'a', target: 'b'},
    {path: 'b', target: 'a'},
    {path: 'out.bin', target: '../../bin/one.bin'},
  ]
  const present = ['ath/one.bin', 'two.bin', 'nvidia/tu104/gsp.bin', 'deep/four.bin', 'five.bin']
  const absent = ['three.bin', 'nvidia/tu106/gsp.bin', 'a', 'a/x.bin', 'out.bin', 'one.bin']
  expect(missing([...present, ...absent], {files, links})).toEqual(absent)
})

test('a compressed firmware file counts only if the kernel can decompress it', () => {
  const files = ['one.bin.xz', 'two.bin.zst', 'three.bin']
  const asked = ['one.bin', 'two.bin', 'three.bin']
  expect(missing(asked, {files, config: 'CONFIG_FW_LOADER_COMPRESS_XZ=y\n'})).toEqual(['two.bin'])
  expect(missing(asked, {files, config: 'CONFIG_FW_LOADER_COMPRESS_ZSTD=y\n'})).toEqual(['one.bin'])
  expect(missing(asked, {files, config: ''})).toEqual(['one.bin', 'two.bin'])
  expect(missing(asked, {files})).toEqual([])
})

test('a glob of firmware files is missing if no file matches', () => {
  const files = ['brcm/brcmfmac43430-sdio.bin.xz', 'ath11k/hw2.0/board.bin']
  const links = [{path: 'ath11k/hw2.1', target: 'hw2.0'}]
  const asked = ['brcm/brcmfmac*-sdio.bin', 'brcm/brcmfmac*-pcie.bin', 'ath11k/hw2.1/*', 'ath11k/hw3.0/*', '*.bin']
  expect(missing(asked, {files, links})).toEqual(['brcm/brcmfmac*-pcie.bin', 'ath11k/hw3.0/*', '*.bin'])
})

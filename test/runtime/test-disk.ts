import type {Disk} from '../../runtime/install/disks.ts'

const GB = 1000 ** 3

/** The default disk of tests: empty, usable, 100 GB. */
export const testDisk = (path: string, more: Partial<Disk> = {}): Disk => ({
  path,
  sizeBytes: 100 * GB,
  sectorBytes: 512,
  model: undefined,
  serial: undefined,
  byId: undefined,
  readOnly: false,
  table: undefined,
  fileSystem: undefined,
  partitions: [],
  usedBy: [],
  virtual: false,
  ...more,
})

/** Image formats that are given to QEMU, by its own names. */
export type DiskFormat = 'raw' | 'qcow2' | 'vmdk' | 'vhdx' | 'vpc'

import {defineTool} from '#engine'

/** Prints what modules say of themselves, one `key=value` per field, fields ended by NUL (modinfo(8)). */
export const modinfo = defineTool<{readonly files: readonly string[]}>({
  name: 'modinfo',
  purpose: 'read the descriptions of kernel modules',
  package: 'kmod',
  args: ({files}) => ['--null', '--', ...files],
})

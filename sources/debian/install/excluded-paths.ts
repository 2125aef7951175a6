/**
 * What nodes do without, as patterns of dpkg(1): what people read, and translations.
 * Copyright files stay, since licences ask for it.
 */
export const excludedPaths: readonly string[] = [
  '/usr/share/doc/*',
  '/usr/share/info/*',
  '/usr/share/lintian/*',
  '/usr/share/locale/*',
  '/usr/share/man/*',
]

/** What stays nevertheless. */
export const includedPaths: readonly string[] = ['/usr/share/doc/*/copyright']

const excluded = /^\/usr\/share\/(?:doc|info|lintian|locale|man)\/./
const included = /^\/usr\/share\/doc\/[^/]+(?:\/copyright)?$/

/** The same as a question. Directories of packages in `doc` stay, and links between them, as copyright files need them. */
export const isExcluded = (path: string): boolean => excluded.test(path) && !included.test(path)

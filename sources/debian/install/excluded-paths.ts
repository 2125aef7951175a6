/**
 * Paths that nodes do not need, as patterns of dpkg(1): documentation and translations.
 * Copyright files stay, because licences require them.
 */
export const excludedPaths: readonly string[] = [
  '/usr/share/doc/*',
  '/usr/share/info/*',
  '/usr/share/lintian/*',
  '/usr/share/locale/*',
  '/usr/share/man/*',
]

/** Exceptions, which stay in the image. */
export const includedPaths: readonly string[] = ['/usr/share/doc/*/copyright']

const excluded = /^\/usr\/share\/(?:doc|info|lintian|locale|man)\/./
const included = /^\/usr\/share\/doc\/[^/]+(?:\/copyright)?$/

/** Whether these patterns exclude a path. Directories of packages in `doc`, and links between them, stay for the copyright files. */
export const isExcluded = (path: string): boolean => excluded.test(path) && !included.test(path)

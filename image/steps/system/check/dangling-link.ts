import type {Problem} from '#dsl'
import {type FinishedRoot, isProgram, type RootEntry} from './finished-root.ts'

/** A dangling symlink at a path that a boot, a login or a program relies on. */
export function danglingLink({path, type, target, source}: RootEntry, root: FinishedRoot): Problem[] {
  if (type !== 'symlink' || !isReliedOn(path, target) || root.follow(path) !== undefined) return []
  return [
    {
      path,
      message: `is a symlink to ${target}, which does not exist (from ${source})`,
      hint: `Install the package that contains it, or remove the symlink with \`absent('${path}')\`.`,
    },
  ]
}

/** Paths that programs open by name. Elsewhere a package may leave a symlink to a file of an optional package. */
const reliedOn = [
  // Directories of the root. The symlinks to kernels there dangle, since an image has its kernel elsewhere.
  /^\/(?:bin|etc|home|lib(?:32|64|x32)?|root|run|sbin|tmp|usr|var)$/,
  /^\/etc\/(?:hostname|hosts|localtime|mtab|nsswitch\.conf|os-release|resolv\.conf)$/,
  /^\/usr\/lib\/os-release$/,
  /^\/etc\/(?:ca-certificates|pki|ssl)\//,
  /^\/etc\/(?:init\.d|runlevels\/[^/]+)\/[^/]+$/,
  /^\/(?:usr\/)?lib(?:32|64|x32)?\/modules$/,
  // Dynamic loaders, and libraries by the names that programs request (ld.so(8)). Names without a number are for
  // compilers.
  /^\/(?:usr\/)?lib(?:32|64|x32)?\/(?:[^/]+-linux-[^/]+\/)?(?:ld-[^/]+|lib[^/]+)\.so\.\d[^/]*$/,
]

function isReliedOn(path: string, target = ''): boolean {
  // Images have no documentation, and alternatives link to manual pages, too.
  if (/^\/etc\/alternatives\/[^/]+$/.test(path)) return !/^\/usr\/(?:local\/)?share\//.test(target)
  return isProgram(path) || reliedOn.some((pattern) => pattern.test(path))
}

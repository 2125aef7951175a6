import {defineTool} from '#engine'

/** Resolves packages, in a root of its own (`apt-root.ts`). */
export const aptGet = defineTool<never>({
  name: 'apt-get',
  purpose: 'resolve packages',
  package: 'apt',
  args: () => [],
})

import {defineTool} from '#engine'

/** Resolves packages, in its own root (`apt-root.ts`). */
export const aptGet = defineTool<never>({
  name: 'apt-get',
  purpose: 'resolve packages',
  package: 'apt',
  args: () => [],
})

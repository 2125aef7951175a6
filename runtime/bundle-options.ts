/** What a bundle of the node's program is made for: both become constants in it. */
export interface RuntimeBundleInput {
  readonly identity: unknown
  /** Version of the system, as in the label that names it. */
  readonly version: string
}

/**
 * Options for esbuild's `build`, in addition to `outfile` and `absWorkingDir` (the folder that holds `runtime/`).
 *
 * One file for QuickJS 2025-04-26, which has ES2023, brings the modules `std` and `os`, and nothing of the web or Node.
 */
export const runtimeBundleOptions = ({identity, version}: RuntimeBundleInput) =>
  ({
    entryPoints: ['runtime/cli/main.ts'],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2023',
    external: ['std', 'os'],
    minify: true,
    legalComments: 'none',
    define: {HAOS_IDENTITY: JSON.stringify(identity), HAOS_VERSION: JSON.stringify(version)},
    // m: a module, which qjs does not see where an inlined constant comes before the first import. s: without positions
    // for stack traces, which in minified code say little and cost a tenth of the time to start.
    banner: {js: '#!/usr/bin/qjs -sm'},
  }) as const

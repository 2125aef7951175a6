/** What the bundle of the node's program is built for. Both become constants in it. */
export interface RuntimeBundleInput {
  readonly identity: unknown
  /** Version of the system, as in the label that names it. */
  readonly version: string
}

/**
 * Options for esbuild's `build`, in addition to `outfile` and `absWorkingDir` (the folder that holds `runtime/`).
 *
 * One file for QuickJS 2025-04-26, which has ES2023 and the modules `std` and `os`, but no API of the web or Node.
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
    // -m: a module, which qjs does not recognise if an inlined constant precedes the first import. -s: without
    // positions for stack traces, which mean little in minified code and take a tenth of the startup time.
    banner: {js: '#!/usr/bin/qjs -sm'},
  }) as const

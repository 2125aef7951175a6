/**
 * Text of the program that is called on a node. It imports the bytecode from the directory, and the script instead if QuickJS
 * refuses the bytecode: a node must be configured in any case. Without the option -s, which would remove the name that
 * `import()` needs.
 */
export const nodeLauncher = (directory: string): string => `#!/usr/bin/qjs -m
const [bytecode, script] = ['${directory}/program.so', '${directory}/program.js']
import(bytecode).catch((error) => {
  if (!(error instanceof ReferenceError)) throw error
  return import(script)
})
`

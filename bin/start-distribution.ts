import {registerHooks} from 'node:module'
import {type bundleEntries, publicNames} from './program-bundle.ts'

// The launcher of the installed package starts this. Recipes import the language of the program that reads them, even if
// that is installed globally and the recipe's project has another version, or none.

const scriptOf = (entry: string) => new URL(`../dist/${entry}.js`, import.meta.url).href
const scripts: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(publicNames).map(([asked, entry]) => [asked, scriptOf(entry)])),
  // oclif asks for it by the name in package.json.
  [new URL('./commands/index.ts', import.meta.url).href]: scriptOf('commands' satisfies keyof typeof bundleEntries),
}
registerHooks({
  resolve(specifier, context, next) {
    const url = scripts[specifier]
    return url === undefined ? next(specifier, context) : {url, format: 'module', shortCircuit: true}
  },
})
await import(scriptOf('program' satisfies keyof typeof bundleEntries))

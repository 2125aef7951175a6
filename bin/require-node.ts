import {readFileSync} from 'node:fs'

// For programs that import the package without the launcher that chooses the Node.
const {haosBuild}: {haosBuild: {node: string}} = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)
const wanted = Number.parseInt(haosBuild.node, 10)
if (Number.parseInt(process.versions.node, 10) < wanted) {
  throw new Error(
    `haos-build needs Node ${wanted} or newer, but this is ${process.versions.node}; ` +
      '`sh node_modules/haos-build/bin/with-node SCRIPT` runs a script with the Node that haos-build has pinned',
  )
}

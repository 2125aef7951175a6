import {readFileSync} from 'node:fs'
import {relative, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {HaosError, type ImageSpec, type Problem} from '#dsl'
import {type ConfigProblem, readOneConfig, renderWrittenConfig} from '#runtime'

/** Reads the config.yaml that a recipe names, as the node would. Fails with CONFIG_INVALID, naming the lines of the problems. */
export function loadConfigFile({configFile, ...spec}: ImageSpec, directory: string): ImageSpec {
  if (configFile === undefined) return spec
  const path = configFile.startsWith('file:') ? fileURLToPath(configFile) : resolve(directory, configFile)
  const {config, problems} = readOneConfig(path, readBytes(path), spec.identity)
  if (problems.length === 0) return {...spec, config: {...renderWrittenConfig(config, spec.identity)}}
  throw new HaosError('CONFIG_INVALID', `the config of ${spec.name} has ${count(problems.length)}`, {
    at: path,
    problems: problems.map(atLine),
    hint: `Fix it; \`haos-build config validate ${relative('', path)}\` checks it alone.`,
  })
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new HaosError('CONFIG_INVALID', `${path} cannot be read`, {
      at: 'config',
      hint: 'Give `config: file()` a file that exists, relative to the recipe.',
      cause,
    })
  }
}

function atLine({line, column, path, message, hint}: ConfigProblem): Problem {
  const place = line === undefined ? '' : column === undefined ? `${line}: ` : `${line}:${column}: `
  return {path: `${place}${path}`, message, hint}
}

const count = (number: number): string => (number === 1 ? 'a problem' : `${number} problems`)

import {type JsonSchema, nodeConfigJsonSchema} from '#dsl'
import {BaseCommand} from '../../base-command.ts'
import {identityFlag, parseIdentity} from '../../identity-flag.ts'

export default class ConfigSchema extends BaseCommand {
  static override summary = 'Print the JSON Schema of config.yaml, for editors.'
  static override description =
    'Save it, and name it in the first line of a config.yaml: "# yaml-language-server: $schema=./haos.schema.json".'
  static override examples = ['<%= config.bin %> config schema > haos.schema.json']
  static override flags = {identity: identityFlag}

  async run(): Promise<JsonSchema> {
    const {flags} = await this.parse(ConfigSchema)
    const schema = nodeConfigJsonSchema(parseIdentity(flags.identity))
    if (!this.jsonEnabled()) this.log(JSON.stringify(schema, undefined, 2))
    return schema
  }
}

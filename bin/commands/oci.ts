import {ociTarget} from '#targets'
import {targetCommand} from '../target-command.ts'

export default targetCommand(ociTarget)

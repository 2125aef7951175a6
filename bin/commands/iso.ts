import {isoTarget} from '#targets'
import {targetCommand} from '../target-command.ts'

export default targetCommand(isoTarget)

import {rootfsTarget} from '#targets'
import {targetCommand} from '../target-command.ts'

export default targetCommand(rootfsTarget)

import {styleText} from 'node:util'

/** A warning that users must not overlook, in red if the terminal has colours. */
export const renderAlarm = (message: string): string => styleText('red', `! ${message}`, {stream: process.stderr})

import {styleText} from 'node:util'

/** What a person must not overlook, in red where the terminal has colours. */
export const renderAlarm = (message: string): string => styleText('red', `! ${message}`, {stream: process.stderr})

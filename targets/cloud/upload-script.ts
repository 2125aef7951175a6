import {type CloudImage, type CloudName, clouds} from './clouds.ts'

/** The script that uploads the image next to it to a cloud. It may be started from any directory. */
export const renderUploadScript = (name: CloudName, image: CloudImage): string => `#!/bin/sh
# Brings ${image.file} to ${clouds[name].title}.
set -eu
cd "$(dirname "$0")"
${clouds[name].script(image)}`

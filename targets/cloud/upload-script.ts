import {type CloudImage, type CloudName, clouds} from './clouds.ts'

/** The script that brings an image, which lies beside it, to a cloud; it may be started from anywhere. */
export const renderUploadScript = (name: CloudName, image: CloudImage): string => `#!/bin/sh
# Brings ${image.file} to ${clouds[name].title}.
set -eu
cd "$(dirname "$0")"
${clouds[name].script(image)}`

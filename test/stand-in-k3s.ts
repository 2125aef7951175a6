/**
 * A stand-in for k3s: it records how it was run, and keeps running. Like k3s it keeps a password by which the cluster, here a
 * file below /var, identifies its node.
 */
export const standInK3s = `#!/bin/sh
case $1 in --version) echo k3s version v1.34.3+k3s1; exit ;; esac
mkdir -p /run/k3s
printf '%s\\n' "$@" >/run/k3s/arguments
tr '\\0' ' ' </proc/$$/cmdline >/run/k3s/cmdline
echo started >>/run/k3s/starts
env >/run/k3s/environment
date +%s >/run/k3s/time
password=/etc/rancher/node/password known=/var/lib/rancher/k3s/server/node-password
mkdir -p /etc/rancher/node /var/lib/rancher/k3s/server
[ -s $password ] || cat /proc/sys/kernel/random/uuid >$password
[ -s $known ] || cp $password $known
cmp -s $password $known && echo accepted >/run/k3s/node || echo rejected >/run/k3s/node
trap 'exit 0' TERM
while :; do sleep 1; done
`

/** Its path below the URL of a mirror. */
export const standInPath = '/v1.34.3%2Bk3s1/k3s'

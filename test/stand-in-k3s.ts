/**
 * A stand-in for k3s and rke2, by the name by which it is called: it records how it was run, and keeps running.
 *
 * Like them it keeps a password by which the cluster, here a file below /var, identifies its node, writes a config for
 * kubectl on a server, and has the tools of a cluster: k3s in itself, rke2 as files that it unpacks. They answer as
 * /run/NAME/readyz says, by default that all is ready, with the labels in /run/labels, and print their arguments otherwise. What
 * root asks is in /run/kubectl.
 */
export const standInK3s = `#!/bin/sh
tool() {
  echo "$*" 2>/dev/null >>/run/kubectl || :
  case " $* " in
    *' jsonpath={.metadata.labels} '*) cat /run/labels ;;
    *' --raw /readyz '*) cat /run/k3s/readyz /run/rke2/readyz 2>/dev/null || echo ok ;;
    *' get node '*) echo True ;;
    *) echo "$*" ;;
  esac
  exit
}
name=\${0##*/}
case $name in kubectl | crictl | ctr) tool "$name" "$@" ;; esac
case $1 in
  --version) echo "$name version v1.34.3"; exit ;;
  kubectl | crictl | ctr) tool "$@" ;;
esac
mkdir -p /run/$name
printf '%s\\n' "$@" >/run/$name/arguments
tr '\\0' ' ' </proc/$$/cmdline >/run/$name/cmdline
echo started >>/run/$name/starts
env >/run/$name/environment
date +%s >/run/$name/time
data=/var/lib/rancher/$name
(cd $data/agent/images 2>/dev/null && cat *) >/run/$name/images
password=/etc/rancher/node/password known=$data/server/node-password
mkdir -p /etc/rancher/node $data/server
[ -s $password ] || cat /proc/sys/kernel/random/uuid >$password
[ -s $known ] || cp $password $known
if [ $1 = server ]; then (umask 077 && echo 'apiVersion: v1' >/etc/rancher/$name/$name.yaml); fi
if [ $name = rke2 ]; then
  mkdir -p $data/bin
  for tool in kubectl crictl ctr; do cp "$0" $data/bin/$tool; done
fi
cmp -s $password $known && echo accepted >/run/$name/node || echo rejected >/run/$name/node
trap 'exit 0' TERM
while :; do sleep 1; done
`

/** Its path below the URL of a mirror. */
export const standInPath = '/v1.34.3%2Bk3s1/k3s'

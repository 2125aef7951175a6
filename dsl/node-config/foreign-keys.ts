const inTheImage = "Put it into the image's recipe: the system is read-only."
const byCommand = 'Do it in run_cmd, or leave it out.'

/**
 * Keys of cloud-init (its "Module reference") that migrated configs contain, with their replacements here.
 *
 * `runcmd` and `bootcmd` are not among them: they are accepted as spellings of run_cmd and boot_cmd.
 */
export const foreignKeys: Readonly<Record<string, string>> = {
  apt: inTheImage,
  bootstrap: byCommand,
  chpasswd: "Set the node's password, or the passwd of a user.",
  coreos: 'Translate it: this system has its own keys.',
  disable_root: 'Leave it out: root cannot log in.',
  disk_setup: byCommand,
  final_message: byCommand,
  fqdn: 'Use hostname.',
  fs_setup: byCommand,
  groups: 'Name them in the groups of a user: those that do not exist are created.',
  growpart: 'Leave it out: the installer sizes the partitions.',
  keyboard: inTheImage,
  locale: inTheImage,
  manage_etc_hosts: 'Leave it out: /etc/hosts always holds the host name.',
  mounts: byCommand,
  package_reboot_if_required: inTheImage,
  package_update: inTheImage,
  package_upgrade: inTheImage,
  packages: inTheImage,
  phone_home: byCommand,
  power_state: byCommand,
  preserve_hostname: 'Leave it out, and hostname too.',
  rancher: 'Translate it: this system has its own keys.',
  prefer_fqdn_over_hostname: 'Leave it out: hostname may be a full name.',
  resize_rootfs: 'Leave it out: the installer sizes the partitions.',
  resolv_conf: "Use the node's dns_nameservers.",
  snap: inTheImage,
  ssh_deletekeys: 'Leave it out: each node makes its own host keys.',
  ssh_import_id: 'Write "github:USER" in ssh_authorized_keys.',
  ssh_keys: 'Write the host keys with write_files.',
  ssh_pwauth: 'Write a file in /etc/ssh/sshd_config.d with write_files.',
  system_info: 'The login user is rancher: write other users in users.',
  user: 'The login user is rancher: write its keys in ssh_authorized_keys, and other users in users.',
  yum_repos: inTheImage,
}

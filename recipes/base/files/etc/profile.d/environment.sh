# /etc/environment is quoted for shells. Logins also get it from pam_env(8), which keeps backslashes in quoted values.
if sh -n /etc/environment 2>/dev/null; then
	set -o allexport
	# shellcheck source=/dev/null
	. /etc/environment
	set +o allexport
fi

# /etc/environment is quoted for shells. Logins have it from pam_env(8) too, which leaves backslashes in values with quotes.
if sh -n /etc/environment 2>/dev/null; then
	set -o allexport
	# shellcheck source=/dev/null
	. /etc/environment
	set +o allexport
fi

# An administrator's programs are found by everybody: only administrators log in here.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

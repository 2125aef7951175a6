# Includes the directories of administrators' programs: only administrators log in here.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

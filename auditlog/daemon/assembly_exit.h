/* assembly_exit.h: how auditlogd ends. */
#ifndef AUDITLOG_DAEMON_ASSEMBLY_EXIT_H
#define AUDITLOG_DAEMON_ASSEMBLY_EXIT_H

/* Exit statuses of auditlogd. A supervisor should not restart after 4 or 5 without a person having looked. */
enum assembly_exit {
	ASSEMBLY_FINE = 0,
	ASSEMBLY_FAULT = 1,    /* see the log */
	ASSEMBLY_USAGE = 2,    /* command line or configuration */
	ASSEMBLY_OLD_COPY = 4, /* the log is shorter than what was signed, or the signer has signed another one */
	ASSEMBLY_DAMAGE = 5,   /* an entry is damaged or missing; the message names it */
	ASSEMBLY_LOCKED = 6,   /* another process writes this log */
	ASSEMBLY_NO_SIGNER = 7 /* the signer did not say what it remembers */
};

#endif

/* subcommands.h: the subcommands of authctl, one file for each noun. argv[0] is the noun; they return the exit status.
 */
#ifndef AUTHD_CTL_SUBCOMMANDS_H
#define AUTHD_CTL_SUBCOMMANDS_H

int cmd_user(int argc, char **argv);
int cmd_role(int argc, char **argv);
int cmd_client(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_breakglass(int argc, char **argv);
int cmd_mandate(int argc, char **argv);
int cmd_consent(int argc, char **argv);
int cmd_subject(int argc, char **argv);
int cmd_session(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_demo_code(int argc, char **argv);

#endif

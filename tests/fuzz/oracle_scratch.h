/* oracle_scratch.h: a directory of this process, gone when it ends well. */
#ifndef TESTS_FUZZ_ORACLE_SCRATCH_H
#define TESTS_FUZZ_ORACLE_SCRATCH_H

#include <ftw.h>
#include <stdio.h>

#include "tests/fuzz/oracle.h"

static char oracle_scratch_dir[] = "/tmp/ombud-fuzz.XXXXXX";

static int
oracle_scratch_remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *ftw UNUSED)
{
	return remove(path);
}

static void
oracle_scratch_remove(void)
{
	(void)nftw(oracle_scratch_dir, oracle_scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Its path. Once in a process. */
static const char *
oracle_scratch_make(void)
{
	must(mkdtemp(oracle_scratch_dir) != NULL && atexit(oracle_scratch_remove) == 0);
	return oracle_scratch_dir;
}

#endif

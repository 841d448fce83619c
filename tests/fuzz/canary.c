/*
 * canary.c: a target with a bug in it: inputs that begin with "BUG" read one byte behind what they have. A fuzz job
 * that does not die of it would notice nothing else either. tests/fuzz/corpus/canary holds an input one byte away.
 */
#include "tests/fuzz/oracle.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(freep) uint8_t *copy = malloc(n > 0 ? n : 1);
	volatile uint8_t seen = 0;

	if (copy == NULL || n < 3)
		return 0;
	memcpy(copy, data, n);
	if (copy[0] == 'B' && copy[1] == 'U' && copy[2] == 'G')
		seen = copy[n];
	(void)seen;
	return 0;
}

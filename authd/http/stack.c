#include "authd/http/stack.h"

#include <sys/mman.h>
#include <unistd.h>

static size_t
guard_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

enum status
stack_map(char **out)
{
	char *p = mmap(NULL, guard_bytes() + STACK_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	if (p == MAP_FAILED)
		return E_NOMEM;
	/* An overflow must hit nothing that is mapped: it faults instead of writing into a neighbour's frames. */
	if (mprotect(p, guard_bytes(), PROT_NONE) != 0) {
		munmap(p, guard_bytes() + STACK_BYTES);
		return E_NOMEM;
	}
	*out = p + guard_bytes();
	return OK;
}

void
stack_unmap(char *stack)
{
	if (stack != NULL)
		munmap(stack - guard_bytes(), guard_bytes() + STACK_BYTES);
}

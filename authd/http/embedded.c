#include "authd/http/embedded.h"

const struct embedded_file *
embedded_find(const struct embedded_table *table, struct str name)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_cmp(name, table->rows[mid].name);

		if (order == 0)
			return &table->rows[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

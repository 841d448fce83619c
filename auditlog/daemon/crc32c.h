/* crc32c.h: the Castagnoli checksum of WAL records. It finds torn and rotten bytes; who tampers is found by the hashes.
 */
#ifndef AUDITLOG_DAEMON_CRC32C_H
#define AUDITLOG_DAEMON_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues from an earlier result; 0 to start. crc32c(0, "123456789", 9) is 0xe3069283. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

#endif

/* MD5 (RFC 1321): a checksum that scripts ask for, good for nothing secret. */
#ifndef KSQLD_FUNCTIONS_MD5_H
#define KSQLD_FUNCTIONS_MD5_H

#include <stddef.h>
#include <stdint.h>

#define KSQL_MD5_SIZE 16

void ksql_md5(const void *bytes, size_t size, uint8_t digest[KSQL_MD5_SIZE]);

#endif

/* SHA-256 (FIPS 180-4), and comparing secrets. */
#ifndef GATEWAY_DIGEST_H
#define GATEWAY_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32

void digest_sha256(const void *bytes, size_t size, uint8_t digest[DIGEST_SIZE]);

/* Takes the same time wherever the texts differ, and whatever their lengths. */
bool digest_same_secret(const char *given, const char *wanted);

#endif

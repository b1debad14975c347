/* UTF-8 sequences, for text.c and json.c. */
#ifndef TESSERA_LIB_BASE_UTF8_H
#define TESSERA_LIB_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes (1 to 4) of the well-formed sequence at the start of `available`
 * bytes (Unicode 15, table 3-7), or 0 if it is malformed. */
size_t tess_utf8_length(const char *bytes, size_t available);

/* Writes a code point (no surrogate, <= 0x10FFFF); returns its bytes. */
size_t tess_utf8_put(char out[4], uint32_t code_point);

#endif

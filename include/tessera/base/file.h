/* Reading whole files, and writing them so that a reader never sees half.
 * Anybody may include it. */
#ifndef TESSERA_BASE_FILE_H
#define TESSERA_BASE_FILE_H

#include "tessera/base/status.h"
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a file ("-" is standard input) into malloc'd *bytes (NUL-terminated,
 * the NUL not counted in *length). The caller frees. */
TESS_MUST_USE tess_status_t tess_file_read(const char *path, char **bytes,
                                           size_t *length);

/* Writes to a temporary name beside `path`, syncs, and renames; on any error
 * the old file stays and the temporary one is removed. "-" writes to standard
 * output. */
TESS_MUST_USE tess_status_t tess_file_write(const char *path, const char *bytes,
                                            size_t length);

/* Makes a directory and its parents; one that exists is fine. */
TESS_MUST_USE tess_status_t tess_dir_make(const char *path);

#ifdef __cplusplus
}
#endif

#endif

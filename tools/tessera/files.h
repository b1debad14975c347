/* Several output files, all or none. Private to tools/tessera. */
#ifndef TESSERA_TOOLS_TESSERA_FILES_H
#define TESSERA_TOOLS_TESSERA_FILES_H

#include "tessera/base/arena.h"
#include "tessera/base/text.h"
#include <stdbool.h>

typedef struct cli_file {
  char *path;
  tess_text_t text;
  char *partial; /* where the text lies meanwhile, or NULL */
} cli_file_t;

typedef struct cli_files {
  const char *directory;
  cli_file_t *items;
  size_t count, capacity;
  bool made; /* the directory was made here */
} cli_files_t;

/* A new, empty file `name` in the directory, to be filled in; valid until the
 * next one is added. */
tess_text_t *cli_files_add(cli_files_t *files, const char *name);
/* The last file is filled in. A large one goes to the disk at once, under
 * another name, so that models with their weights inside need not all be in
 * memory. */
TESS_MUST_USE tess_status_t cli_files_filled(cli_files_t *files);
/* Writes all; on an error or interrupt removes those already written, and the
 * directory if it was made here. */
TESS_MUST_USE tess_status_t cli_files_write(cli_files_t *files);
void cli_files_free(cli_files_t *files);

#endif

/* Several output files, all or none. */
#include "files.h"
#include "commands.h"
#include "tessera/base/file.h"
#include "tessera/base/parallel.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

tess_text_t *cli_files_add(cli_files_t *files, const char *name) {
  files->items = tess_grow(files->items, files->count + 1, &files->capacity,
                           sizeof *files->items);
  cli_file_t *file = &files->items[files->count++];
  size_t size = strlen(files->directory) + strlen(name) + 2;
  *file = (cli_file_t){.path = tess_alloc(size)};
  snprintf(file->path, size, "%s/%s", files->directory, name);
  return &file->text;
}

/* From this size on a text waits on the disk. */
enum { LARGE_BYTES = 16 << 20 };

static tess_status_t make_directory(cli_files_t *files) {
  struct stat info;
  files->made = files->made || stat(files->directory, &info) != 0;
  return tess_dir_make(files->directory);
}

tess_status_t cli_files_filled(cli_files_t *files) {
  static const char suffix[] = ".partial";
  cli_file_t *file = &files->items[files->count - 1];
  if (file->text.length < LARGE_BYTES)
    return TESS_SUCCESS;
  TESS_TRY(make_directory(files));
  size_t length = strlen(file->path);
  char *partial = tess_alloc(length + sizeof suffix);
  memcpy(partial, file->path, length);
  memcpy(partial + length, suffix, sizeof suffix);
  tess_status_t status = cli_write(partial, &file->text);
  if (status) {
    free(partial);
    return status;
  }
  file->partial = partial;
  tess_text_free(&file->text);
  return TESS_SUCCESS;
}

/* Puts one file in its place. */
static tess_status_t write_one(cli_file_t *file) {
  if (!file->partial)
    return cli_write(file->path, &file->text);
  if (tess_interrupted())
    return tess_error(TESS_INTERRUPTED, "interrupted");
  if (rename(file->partial, file->path))
    return tess_error(TESS_IO, "cannot write '%s': %s", file->path,
                      strerror(errno));
  free(file->partial);
  file->partial = NULL;
  return TESS_SUCCESS;
}

tess_status_t cli_files_write(cli_files_t *files) {
  TESS_TRY(make_directory(files));
  for (size_t i = 0; i < files->count; i++) {
    tess_status_t status = write_one(&files->items[i]);
    if (!status)
      continue;
    for (size_t j = 0; j < i; j++)
      unlink(files->items[j].path);
    return status;
  }
  files->made = false;
  return TESS_SUCCESS;
}

void cli_files_free(cli_files_t *files) {
  for (size_t i = 0; i < files->count; i++) {
    if (files->items[i].partial)
      unlink(files->items[i].partial);
    free(files->items[i].partial);
    free(files->items[i].path);
    tess_text_free(&files->items[i].text);
  }
  free(files->items);
  if (files->made)
    rmdir(files->directory);
  *files = (cli_files_t){0};
}

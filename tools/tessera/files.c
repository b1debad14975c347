/* Several output files, all or none. */
#include "files.h"
#include "commands.h"
#include "tessera/base/file.h"
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

static void remove_written(const cli_files_t *files, size_t count,
                           bool remove_directory) {
  for (size_t i = 0; i < count; i++)
    unlink(files->items[i].path);
  if (remove_directory)
    rmdir(files->directory);
}

tess_status_t cli_files_write(const cli_files_t *files) {
  struct stat info;
  bool made = stat(files->directory, &info) != 0;
  TESS_TRY(tess_dir_make(files->directory));
  for (size_t i = 0; i < files->count; i++) {
    tess_status_t status =
        cli_write(files->items[i].path, &files->items[i].text);
    if (status) {
      remove_written(files, i, made);
      return status;
    }
  }
  return TESS_SUCCESS;
}

void cli_files_free(cli_files_t *files) {
  for (size_t i = 0; i < files->count; i++) {
    free(files->items[i].path);
    tess_text_free(&files->items[i].text);
  }
  free(files->items);
  *files = (cli_files_t){0};
}

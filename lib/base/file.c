/* Whole files: read at once, written to a temporary name and renamed. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "tessera/base/file.h"
#include "tessera/base/arena.h"
#include "tessera/base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static tess_status_t system_error(const char *doing, const char *path) {
  int reason = errno;
  return tess_error(reason == ENOENT ? TESS_NOT_FOUND : TESS_IO,
                    "cannot %s '%s': %s", doing, path, strerror(reason));
}

/* Appends until the end of the file; false with errno set. */
static bool read_all(int descriptor, tess_text_t *text) {
  for (;;) {
    text->data =
        tess_grow(text->data, text->length + 65536, &text->capacity, 1);
    ssize_t got = read(descriptor, text->data + text->length,
                       text->capacity - text->length - 1);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0) {
      text->data[text->length] = '\0';
      return got == 0;
    }
    text->length += (size_t)got;
  }
}

tess_status_t tess_file_read(const char *path, char **bytes, size_t *length) {
  const bool standard = !strcmp(path, "-");
  int descriptor = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return system_error("open", path);
  tess_text_t text = TESS_TEXT_INIT;
  tess_status_t status = TESS_SUCCESS;
  if (!read_all(descriptor, &text))
    status = system_error("read", path);
  if (!standard)
    close(descriptor);
  if (status) {
    tess_text_free(&text);
    return status;
  }
  *bytes = text.data;
  *length = text.length;
  return TESS_SUCCESS;
}

static bool write_all(int descriptor, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t put = write(descriptor, bytes, length);
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return false;
    bytes += put;
    length -= (size_t)put;
  }
  return true;
}

/* Standard output, a device, a pipe: nothing to rename. */
static tess_status_t write_direct(const char *path, const char *bytes,
                                  size_t length) {
  const bool standard = !strcmp(path, "-");
  if (standard)
    fflush(stdout);
  int descriptor = standard ? STDOUT_FILENO : open(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0)
    return system_error("open", path);
  tess_status_t status = TESS_SUCCESS;
  if (!write_all(descriptor, bytes, length))
    status = system_error("write", path);
  if (!standard)
    close(descriptor);
  return status;
}

/* A new file beside `path` that no other thread or process uses. */
static int open_temporary(const char *path, tess_text_t *name) {
  static atomic_uint next;
  int descriptor;
  do {
    name->length = 0;
    tess_text_add(name, "%s.%ld-%u.tmp", path, (long)getpid(),
                  atomic_fetch_add(&next, 1));
    descriptor =
        open(name->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor < 0 && errno == EEXIST);
  return descriptor;
}

/* `old` is the file that is replaced, or NULL: its mode is kept. */
static tess_status_t write_renamed(const char *path, const char *bytes,
                                   size_t length, const struct stat *old) {
  tess_text_t name = TESS_TEXT_INIT;
  int descriptor = open_temporary(path, &name);
  tess_status_t status = TESS_SUCCESS;
  if (descriptor < 0) {
    status = system_error("write", path);
  } else {
    bool done = write_all(descriptor, bytes, length) &&
                (!old || !fchmod(descriptor, old->st_mode & 07777)) &&
                !fsync(descriptor);
    if (!done)
      status = system_error("write", path);
    if (close(descriptor) && done)
      status = system_error("write", path);
    if (!status && rename(name.data, path))
      status = system_error("write", path);
    if (status)
      unlink(name.data);
  }
  tess_text_free(&name);
  return status;
}

tess_status_t tess_file_write(const char *path, const char *bytes,
                              size_t length) {
  struct stat old;
  if (!strcmp(path, "-"))
    return write_direct(path, bytes, length);
  if (stat(path, &old))
    return write_renamed(path, bytes, length, NULL);
  if (!S_ISREG(old.st_mode))
    return write_direct(path, bytes, length);
  /* Through a symbolic link the file is replaced, not the link. */
  char *real = realpath(path, NULL);
  if (!real)
    return system_error("write", path);
  tess_status_t status = write_renamed(real, bytes, length, &old);
  free(real);
  return status;
}

static tess_status_t make_one(const char *path) {
  if (!mkdir(path, 0777))
    return TESS_SUCCESS;
  struct stat found;
  int reason = errno;
  if (!stat(path, &found) && S_ISDIR(found.st_mode))
    return TESS_SUCCESS;
  errno = reason;
  return system_error("make directory", path);
}

tess_status_t tess_dir_make(const char *path) {
  size_t length = strlen(path);
  char *partial = memcpy(tess_alloc(length + 1), path, length + 1);
  tess_status_t status = TESS_SUCCESS;
  for (size_t i = 1; i < length && !status; i++) {
    if (path[i] != '/')
      continue;
    partial[i] = '\0';
    status = make_one(partial);
    partial[i] = '/';
  }
  free(partial);
  return status ? status : make_one(path);
}

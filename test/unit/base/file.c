/* Files are written whole or not at all, and leave nothing beside them. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include "tessera/base/file.h"
#include "check.h"
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];

static const char *path_of(const char *name) {
  static char path[256];
  snprintf(path, sizeof(path), "%s/%s", directory, name);
  return path;
}

static int entries(const char *path) {
  DIR *opened = opendir(path);
  int count = 0;
  while (opened && readdir(opened))
    count++;
  if (opened)
    closedir(opened);
  return count - 2; /* . and .. */
}

static void check_content(const char *path, const char *expected) {
  char *bytes = NULL;
  size_t length = 0;
  CHECK_OK(tess_file_read(path, &bytes, &length));
  CHECK_EQ(length, strlen(expected));
  CHECK_STRING(bytes, expected);
  free(bytes);
}

static void write_and_replace(void) {
  CHECK_OK(tess_file_write(path_of("a"), "one", 3));
  check_content(path_of("a"), "one");
  CHECK(!chmod(path_of("a"), 0640));
  CHECK_OK(tess_file_write(path_of("a"), "", 0));
  check_content(path_of("a"), "");
  struct stat found;
  CHECK(!stat(path_of("a"), &found) && (found.st_mode & 0777) == 0640);
  CHECK_EQ(entries(directory), 1);
}

static void large_file(void) {
  enum { bytes = 300000 };
  char *out = malloc(bytes), *in = NULL;
  for (size_t i = 0; i < bytes; i++)
    out[i] = (char)(i * i >> 3);
  size_t length = 0;
  CHECK_OK(tess_file_write(path_of("a"), out, bytes));
  CHECK_OK(tess_file_read(path_of("a"), &in, &length));
  CHECK_EQ(length, bytes);
  CHECK(in && !memcmp(in, out, bytes) && in[bytes] == '\0');
  free(in);
  free(out);
}

static void link_is_followed(void) {
  char target[256];
  snprintf(target, sizeof(target), "%s", path_of("a"));
  CHECK(!symlink(target, path_of("link")));
  CHECK_OK(tess_file_write(path_of("link"), "through", 7));
  check_content(target, "through");
  struct stat found;
  CHECK(!lstat(path_of("link"), &found) && S_ISLNK(found.st_mode));
  CHECK(!unlink(path_of("link")));
}

static void failures_leave_nothing(void) {
  char *bytes;
  size_t length;
  CHECK_ERROR(tess_file_read(path_of("none"), &bytes, &length), TESS_NOT_FOUND,
              "none': No such file");
  CHECK_ERROR(tess_file_read(directory, &bytes, &length), TESS_IO, "cannot");
  CHECK_ERROR(tess_file_write(path_of("no/file"), "x", 1), TESS_NOT_FOUND,
              "cannot write");
  CHECK_ERROR(tess_file_write(directory, "x", 1), TESS_IO, directory);
  CHECK_ERROR(tess_file_write(path_of("a/b"), "x", 1), TESS_IO, "a/b");
  CHECK_ERROR(tess_dir_make(path_of("a/b/c")), TESS_IO, "make directory");
  CHECK_EQ(entries(directory), 1);
  /* The superuser may write anywhere: /proc refuses even that. */
  CHECK_ERROR(tess_file_write("/proc/tessera", "x", 1), TESS_NOT_FOUND,
              "/proc");
  CHECK_OK(tess_dir_make(path_of("locked")));
  CHECK(!chmod(path_of("locked"), 0500));
  if (geteuid() != 0) {
    CHECK_ERROR(tess_file_write(path_of("locked/x"), "x", 1), TESS_IO,
                "locked");
    CHECK_EQ(entries(path_of("locked")), 0);
  }
  CHECK(!rmdir(path_of("locked")));
}

static void directories(void) {
  struct stat found;
  CHECK_OK(tess_dir_make(path_of("p/q//r/")));
  CHECK_OK(tess_dir_make(path_of("p/q/r")));
  CHECK(!stat(path_of("p/q/r"), &found) && S_ISDIR(found.st_mode));
  CHECK(!rmdir(path_of("p/q/r")) && !rmdir(path_of("p/q")) &&
        !rmdir(path_of("p")));
}

/* A device is written to, not replaced by a file. */
static void device_stays(void) {
  struct stat found;
  CHECK_OK(tess_file_write("/dev/null", "x", 1));
  CHECK(!stat("/dev/null", &found) && S_ISCHR(found.st_mode));
}

int main(void) {
  strcpy(directory, "/tmp/tessera-file-XXXXXX");
  if (!mkdtemp(directory))
    return 77;
  write_and_replace();
  large_file();
  link_is_followed();
  failures_leave_nothing();
  directories();
  device_stays();
  CHECK(!unlink(path_of("a")));
  CHECK(!rmdir(directory));
  return tess_check_result();
}

/* The measured CPU: plausible, kept, measured anew when the kept file is
 * broken, and loadable where nothing can be kept. */
#define _GNU_SOURCE /* mkdtemp, setenv, the caches of sysconf */
#include "check.h"
#include "tessera/base/file.h"
#include "tessera/base/parallel.h"
#include "tessera/base/text.h"
#include "tessera/target/target.h"
#include <dirent.h>
#include <unistd.h>

static char cache[64];

static const tess_target_t *load(tess_arena_t *arena) {
  const tess_target_t *target = NULL;
  CHECK_OK(tess_target_load(arena, "cpu", &target, NULL, NULL));
  if (!target)
    exit(tess_check_result());
  return target;
}

/* The path of the only file that was kept; "" if there is not just one. */
static const char *kept_file(void) {
  static char path[400];
  char directory[80];
  int count = 0;
  snprintf(directory, sizeof(directory), "%s/tessera", cache);
  DIR *opened = opendir(directory);
  for (struct dirent *entry; opened && (entry = readdir(opened));)
    if (*entry->d_name != '.') {
      snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
      count++;
    }
  if (opened)
    closedir(opened);
  if (count != 1)
    *path = '\0';
  return path;
}

/* Bounds that any machine of the last 15 years and the next ten keeps. The
 * multiply-add peak is at most 4 vectors of 16 lanes a clock. */
static void plausible(const tess_target_t *t) {
  CHECK_EQ(t->target_class, TESS_CLASS_CPU);
  CHECK_EQ(t->chip_cores, tess_core_count());
  CHECK_EQ(t->program_cores, 1);
  CHECK(t->clock_hz > 2e8 && t->clock_hz < 1e10);
  double per_clock = t->matrix_macs_per_s[TESS_F32] / t->clock_hz;
  CHECK(per_clock > 0.05 && per_clock < 4 * 16);
  CHECK(t->memory_bytes_per_s > 1e8 && t->memory_bytes_per_s < 1e12);
  CHECK(t->onchip_bytes_per_s >= t->memory_bytes_per_s);
  CHECK_EQ(t->memory_bytes,
           (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
  /* The second level as getconf states it, where it does. */
  const long second = sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (second > 0)
    CHECK_EQ(t->core_bytes, second);
  /* A call takes from two clocks to a microsecond, for one element alone. */
  static const tess_vector_op_t calls[] = {TESS_VECTOR_EXP, TESS_VECTOR_LOG,
                                           TESS_VECTOR_TANH, TESS_VECTOR_ERF};
  for (int i = 0; i < 4; i++) {
    double s = t->vector_cost[calls[i]] / t->vector_ops_per_s[TESS_F32];
    CHECK(s * t->clock_hz > 2 && s < 1e-6);
  }
  CHECK(t->pad_n == 1 || t->pad_n == 4 || t->pad_n == 8 || t->pad_n == 16);
}

/* A kept figure is believed, so that two runs agree to the last bit. */
static void kept_is_used(tess_arena_t *arena, const char *path) {
  char *bytes = NULL;
  size_t length = 0;
  CHECK_OK(tess_file_read(path, &bytes, &length));
  char *at = bytes ? strstr(bytes, "\"clock\": {\"value\": ") : NULL;
  CHECK(at != NULL);
  if (!at)
    return;
  at += strlen("\"clock\": {\"value\": ");
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add_n(&text, bytes, (size_t)(at - bytes));
  tess_text_add(&text, "1.25%s", strchr(at, ','));
  CHECK_OK(tess_file_write(path, text.data, text.length));
  CHECK_NEAR(load(arena)->clock_hz, 1.25e9, 0);
  /* Half of it is broken: measured anew, and whole again. */
  CHECK_OK(tess_file_write(path, text.data, text.length / 2));
  CHECK(load(arena)->clock_hz != 1.25e9);
  const tess_target_t *again = NULL;
  CHECK_OK(tess_target_load(arena, path, &again, NULL, NULL));
  CHECK_NEAR(again ? again->clock_hz : 0, load(arena)->clock_hz, 0);
  tess_text_free(&text);
  free(bytes);
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  strcpy(cache, "/tmp/tessera-cpu-XXXXXX");
  if (!mkdtemp(cache))
    return 77;
  setenv("XDG_CACHE_HOME", cache, 1);
  const tess_target_t *measured = load(&arena);
  plausible(measured);
  char path[400];
  snprintf(path, sizeof(path), "%s", kept_file());
  CHECK(*path);
  CHECK_NEAR(load(&arena)->clock_hz, measured->clock_hz, 0);
  kept_is_used(&arena, path);
  CHECK_STRING(kept_file(), path);

  setenv("XDG_CACHE_HOME", "/proc/tessera", 1); /* nobody may write there */
  plausible(load(&arena));
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", cache, 1);
  plausible(load(&arena));

  unlink(path);
  char command[128];
  snprintf(command, sizeof(command), "rm -rf '%s'", cache);
  CHECK_EQ(system(command), 0);
  tess_arena_free(&arena);
  return tess_check_result();
}

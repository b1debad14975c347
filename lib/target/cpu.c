/* The CPU target: kept in the user's cache directory, measured if it is not
 * there, is of another version or machine, or does not read. */
#include "cpu.h"
#include "schema.h"
#include "tessera/base/file.h"
#include "tessera/base/hash.h"
#include "tessera/tessera.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The cache directory of the XDG base directory rules, or NULL. */
static const char *cache_directory(tess_arena_t *arena) {
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  if (cache && *cache == '/')
    return tess_arena_format(arena, "%s/tessera", cache);
  if (home && *home == '/')
    return tess_arena_format(arena, "%s/.cache/tessera", home);
  return NULL;
}

/* What is measured and how: a number for each change of it. */
enum { probe = 6 };

/* Another machine, core count, probe, schema or version has another file. */
static const char *cache_path(tess_arena_t *arena, const char *directory,
                              const tess_cpu_info_t *info) {
  const char *key =
      tess_arena_format(arena, "%d|%s|%d|%" PRId64 "|%" PRId64 "|%s|%s", probe,
                        info->model, info->cores, info->memory_bytes,
                        info->cache_bytes, TESS_TARGET_SCHEMA, TESSERA_VERSION);
  return tess_arena_format(arena, "%s/cpu-%016" PRIx64 ".json", directory,
                           tess_hash(key, strlen(key), 0));
}

/* A cache that cannot be read or written is as good as none. */
static bool succeeded(tess_status_t status) {
  bool ok = !status;
  tess_status_free(status);
  return ok;
}

static bool load_kept(tess_arena_t *arena, const char *path, tess_text_t *json,
                      const tess_target_t **target,
                      const tess_target_fact_t **facts, size_t *fact_count) {
  char *bytes = NULL;
  size_t length = 0;
  const tess_target_t *kept = NULL;
  if (!succeeded(tess_file_read(path, &bytes, &length)))
    return false;
  bool usable = succeeded(
      tess_target_parse(arena, path, bytes, length, &kept, facts, fact_count));
  if (usable && kept->target_class != TESS_CLASS_CPU)
    usable = false;
  if (usable)
    *target = kept;
  if (usable && json)
    tess_text_add_n(json, bytes, length);
  free(bytes);
  return usable;
}

tess_status_t tess_cpu_load(tess_arena_t *arena, tess_text_t *json,
                            const tess_target_t **target,
                            const tess_target_fact_t **facts,
                            size_t *fact_count) {
  tess_cpu_info_t info;
  tess_cpu_rates_t rates;
  tess_cpu_info_read(&info);
  const char *directory = cache_directory(arena);
  const char *path = directory ? cache_path(arena, directory, &info) : NULL;
  if (path && load_kept(arena, path, json, target, facts, fact_count))
    return TESS_SUCCESS;
  tess_cpu_rates_measure(&info, &rates);
  tess_text_t text = TESS_TEXT_INIT;
  tess_cpu_write(&info, &rates, &text);
  tess_status_t status = tess_target_parse(arena, "cpu", text.data, text.length,
                                           target, facts, fact_count);
  if (!status && path && succeeded(tess_dir_make(directory)))
    (void)succeeded(tess_file_write(path, text.data, text.length));
  if (!status && json)
    tess_text_add_n(json, text.data, text.length);
  tess_text_free(&text);
  return status;
}

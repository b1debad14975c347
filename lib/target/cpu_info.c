/* What the system says about its CPU, caches and memory. */
#include "cpu.h"
#include "tessera/base/parallel.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { assumed_cache_bytes = 8 << 20 };

/* The first bytes of a file as text, "" where it cannot be read. */
static const char *content(const char *path, char *buffer, size_t capacity) {
  FILE *file = fopen(path, "r");
  size_t length = file ? fread(buffer, 1, capacity - 1, file) : 0;
  buffer[length] = '\0';
  if (file)
    fclose(file);
  return buffer;
}

/* "model name : X" of /proc/cpuinfo; the architecture where there is none. */
static void read_model(char *model, size_t capacity) {
  char cpuinfo[4096];
  const char *line =
      strstr(content("/proc/cpuinfo", cpuinfo, sizeof(cpuinfo)), "model name");
  const char *name = line ? strchr(line, ':') : NULL;
  if (name) {
    name += 1 + strspn(name + 1, " \t");
    snprintf(model, capacity, "%.*s", (int)strcspn(name, "\n"), name);
  }
  struct utsname system;
  if (!*model)
    snprintf(model, capacity, "%s",
             uname(&system) >= 0 ? system.machine : "unknown CPU");
}

/* "32768K" -> bytes; 0 if it is something else. */
static int64_t parse_size(const char *text) {
  char *end;
  long long count = strtoll(text, &end, 10);
  int64_t scale = *end == 'K' ? 1 << 10 : *end == 'M' ? 1 << 20 : 1;
  return count > 0 && count < (1LL << 40) ? count * scale : 0;
}

static const char *cache_entry(int index, const char *name, char buffer[64]) {
  char path[96];
  snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/%s",
           index, name);
  return content(path, buffer, 64);
}

/* What the C library knows, which asks the processor; for sandboxes without
 * /sys. */
static void ask_for_caches(tess_cpu_info_t *info) {
#ifdef _SC_LEVEL2_CACHE_SIZE
  static const int names[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE,
                              _SC_LEVEL3_CACHE_SIZE, _SC_LEVEL4_CACHE_SIZE};
  for (int i = 0; i < 4; i++) {
    long bytes = sysconf(names[i]);
    if (bytes <= 0)
      continue;
    info->cache_level = i + 1;
    info->cache_bytes = bytes;
    if (names[i] == _SC_LEVEL2_CACHE_SIZE)
      info->core_bytes = bytes;
  }
#else
  (void)info;
#endif
}

/* The highest level that holds data, and the second, which is a core's own. */
static void read_caches(tess_cpu_info_t *info) {
  enum { most_caches = 8, core_level = 2 };
  char buffer[64];
  info->cache_bytes = assumed_cache_bytes;
  ask_for_caches(info);
  for (int i = 0; i < most_caches; i++) {
    int level = atoi(cache_entry(i, "level", buffer));
    if (level < 1 || *cache_entry(i, "type", buffer) == 'I')
      continue;
    int64_t bytes = parse_size(cache_entry(i, "size", buffer));
    if (level == core_level)
      info->core_bytes = bytes;
    if (bytes > 0 && level >= info->cache_level) {
      info->cache_level = level;
      info->cache_bytes = bytes;
    }
  }
}

void tess_cpu_info_read(tess_cpu_info_t *info) {
  *info = (tess_cpu_info_t){0};
  read_model(info->model, sizeof(info->model));
  read_caches(info);
  info->cores = tess_core_count();
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0)
    info->memory_bytes = (int64_t)pages * page;
  else
    info->memory_bytes = (int64_t)1 << 30;
}

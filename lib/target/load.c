/* Targets by name: embedded, this machine, or a file of the user's. */
#include "cpu.h"
#include "embedded.h"
#include "image.h"
#include "systolic.h"
#include "tessera/base/file.h"
#include "tessera/target/target.h"
#include <stdlib.h>
#include <string.h>

/* "cpu" first, then the embedded files in the order of their names. */
size_t tess_target_count(void) { return 1 + tess_embedded_target_count; }

const char *tess_target_name(size_t index) {
  return index == 0 ? "cpu" : tess_embedded_targets[index - 1].name;
}

static tess_status_t not_found(const char *name) {
  const char **names = tess_alloc(tess_target_count() * sizeof(*names));
  tess_text_t text = TESS_TEXT_INIT;
  for (size_t i = 0; i < tess_target_count(); i++)
    names[i] = tess_target_name(i);
  const char *near = tess_nearest(name, names, tess_target_count());
  if (near)
    tess_text_add(&text, "did you mean '%s'? ", near);
  tess_text_add(&text, "known: ");
  for (size_t i = 0; i < tess_target_count(); i++)
    tess_text_add(&text, "%s, ", names[i]);
  tess_status_t status =
      tess_error(TESS_NOT_FOUND,
                 "unknown target '%s'; %ssystolic:ROWSxCOLUMNS:DATAFLOW, or a "
                 "file NAME.json",
                 name, tess_text_get(&text));
  tess_text_free(&text);
  free(names);
  return status;
}

static bool is_file_name(const char *name) {
  size_t length = strlen(name);
  return length >= 5 && !strcmp(name + length - 5, ".json");
}

static tess_status_t load_file(tess_arena_t *arena, const char *path,
                               const tess_target_t **target,
                               const tess_target_fact_t **facts,
                               size_t *fact_count) {
  char *bytes;
  size_t length;
  TESS_TRY(tess_file_read(path, &bytes, &length));
  tess_status_t status =
      tess_target_parse(arena, path, bytes, length, target, facts, fact_count);
  free(bytes);
  return status;
}

/* The file embedded under a name, or NULL. */
static const tess_embedded_t *embedded(const char *name) {
  for (size_t i = 0; i < tess_embedded_target_count; i++)
    if (!strcmp(name, tess_embedded_targets[i].name))
      return &tess_embedded_targets[i];
  return NULL;
}

static tess_status_t load_systolic(tess_arena_t *arena, const char *name,
                                   const tess_target_t **target,
                                   const tess_target_fact_t **facts,
                                   size_t *fact_count) {
  tess_text_t json = TESS_TEXT_INIT;
  tess_status_t status = tess_systolic_write(name, &json);
  if (!status)
    status = tess_target_parse(arena, name, json.data, json.length, target,
                               facts, fact_count);
  tess_text_free(&json);
  return status;
}

static tess_status_t parse_embedded(tess_arena_t *arena,
                                    const tess_embedded_t *file,
                                    const tess_target_t **target,
                                    const tess_target_fact_t **facts,
                                    size_t *fact_count) {
  return tess_target_parse(
      arena, tess_arena_format(arena, "%s.json", file->name),
      (const char *)file->bytes, file->length, target, facts, fact_count);
}

tess_status_t tess_target_load(tess_arena_t *arena, const char *name,
                               const tess_target_t **target,
                               const tess_target_fact_t **facts,
                               size_t *fact_count) {
  if (is_file_name(name))
    return load_file(arena, name, target, facts, fact_count);
  if (!strcmp(name, "cpu"))
    return tess_cpu_load(arena, NULL, target, facts, fact_count);
  if (tess_systolic_is_name(name))
    return load_systolic(arena, name, target, facts, fact_count);
  const tess_embedded_t *file = embedded(name);
  if (!file)
    return not_found(name);
  if (facts || fact_count)
    return parse_embedded(arena, file, target, facts, fact_count);
  *target = tess_target_from_image(
      arena, &tess_target_images[file - tess_embedded_targets]);
  return TESS_SUCCESS;
}

static tess_status_t add_file(const char *path, tess_text_t *json) {
  char *bytes;
  size_t length;
  TESS_TRY(tess_file_read(path, &bytes, &length));
  tess_text_add_n(json, bytes, length);
  free(bytes);
  return TESS_SUCCESS;
}

static tess_status_t add_cpu(tess_text_t *json) {
  tess_arena_t arena = TESS_ARENA_INIT;
  const tess_target_t *target;
  tess_status_t status = tess_cpu_load(&arena, json, &target, NULL, NULL);
  tess_arena_free(&arena);
  return status;
}

tess_status_t tess_target_source(const char *name, tess_text_t *json) {
  if (is_file_name(name))
    return add_file(name, json);
  if (!strcmp(name, "cpu"))
    return add_cpu(json);
  if (tess_systolic_is_name(name))
    return tess_systolic_write(name, json);
  const tess_embedded_t *file = embedded(name);
  if (!file)
    return not_found(name);
  tess_text_add_n(json, (const char *)file->bytes, file->length);
  return TESS_SUCCESS;
}

/* From the fields of a target to numbers by row of the schema, and back. */
#include "image.h"
#include "schema.h"
#include <string.h>

double tess_target_image_value(const tess_target_t *target, size_t index) {
  const tess_schema_row_t *row = &tess_schema_rows[index];
  if (row->offset == TESS_NO_FIELD)
    return 0;
  const char *field = (const char *)target + row->offset;
  double real;
  int64_t whole;
  tess_dataflow_t flow;
  switch (row->kind) {
  case TESS_FIELD_REAL:
    return memcpy(&real, field, sizeof(real)), real;
  case TESS_FIELD_WHOLE: /* far below 2^53, where a double is exact */
    return memcpy(&whole, field, sizeof(whole)), (double)whole;
  case TESS_FIELD_FLOW:
    return memcpy(&flow, field, sizeof(flow)), (double)flow;
  case TESS_FIELD_FLAG:
    return *(const bool *)field;
  }
  return 0;
}

static void put(tess_target_t *target, const tess_schema_row_t *row,
                double value) {
  char *field = (char *)target + row->offset;
  const int64_t whole = (int64_t)value;
  const tess_dataflow_t flow = (tess_dataflow_t)whole;
  switch (row->kind) {
  case TESS_FIELD_REAL:
    memcpy(field, &value, sizeof(value));
    break;
  case TESS_FIELD_WHOLE:
    memcpy(field, &whole, sizeof(whole));
    break;
  case TESS_FIELD_FLOW:
    memcpy(field, &flow, sizeof(flow));
    break;
  case TESS_FIELD_FLAG:
    *(bool *)field = whole != 0;
    break;
  }
}

const tess_target_t *tess_target_from_image(tess_arena_t *arena,
                                            const tess_target_image_t *image) {
  tess_target_t *target = tess_arena_alloc(arena, sizeof(*target));
  target->name = image->name;
  target->title = image->title;
  target->target_class = (tess_target_class_t)image->target_class;
  for (size_t i = 0; i < tess_schema_count; i++)
    if (image->values[i] != 0 && tess_schema_rows[i].offset != TESS_NO_FIELD)
      put(target, &tess_schema_rows[i], image->values[i]);
  return target;
}

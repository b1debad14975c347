/* What a target file may hold: one table, read by the loader, its messages and
 * the tests. Private to lib/target. */
#ifndef TESSERA_LIB_TARGET_SCHEMA_H
#define TESSERA_LIB_TARGET_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

/* The value that the key "schema" must have. */
#define TESS_TARGET_SCHEMA "tessera-target-1"

typedef enum tess_field_kind {
  TESS_FIELD_REAL,  /* double */
  TESS_FIELD_WHOLE, /* int64_t */
  TESS_FIELD_FLAG,  /* bool */
} tess_field_kind_t;

typedef enum tess_dimension {
  TESS_DIM_NONE, /* flags */
  TESS_DIM_CORES,
  TESS_DIM_FREQUENCY,
  TESS_DIM_MAC_RATE,
  TESS_DIM_ELEMENTS,
  TESS_DIM_FRACTION,
  TESS_DIM_OP_RATE,
  TESS_DIM_OPS,
  TESS_DIM_BYTE_RATE,
  TESS_DIM_BYTES,
  TESS_DIM_TIME,
} tess_dimension_t;

/* One number or flag of the file. */
typedef struct tess_schema_row {
  const char *path; /* "matrix.pad.m": keys from the top, joined by dots */
  tess_field_kind_t kind;
  tess_dimension_t dimension;
  double least, most; /* both allowed, in the dimension's first unit */
  bool required;
  size_t offset; /* of the field in tess_target_t */
} tess_schema_row_t;

extern const tess_schema_row_t tess_schema_rows[];
extern const size_t tess_schema_count;

/* The row of a path, or SIZE_MAX. */
size_t tess_schema_find(const char *path);
/* Whether rows lie below this path. */
bool tess_schema_is_group(const char *path);

/* How many of the dimension's first unit one `unit` is; 0: not a unit of it. */
double tess_unit_scale(tess_dimension_t dimension, const char *unit);
/* Name number `index` of a dimension's units, NULL after the last. */
const char *tess_unit_name(tess_dimension_t dimension, size_t index);

#endif

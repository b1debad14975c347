/* What a target file may hold: one table, read by the loader, its messages and
 * the tests. Private to lib/target. */
#ifndef TESSERA_LIB_TARGET_SCHEMA_H
#define TESSERA_LIB_TARGET_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value that the key "schema" must have. What was added since is optional,
 * so that a file without it still loads. */
#define TESS_TARGET_SCHEMA "tessera-target-1"

typedef enum tess_field_kind {
  TESS_FIELD_REAL,  /* double */
  TESS_FIELD_WHOLE, /* int64_t */
  TESS_FIELD_FLAG,  /* bool */
  TESS_FIELD_FLOW,  /* tess_dataflow_t, by name */
} tess_field_kind_t;

typedef enum tess_dimension {
  TESS_DIM_NONE, /* flags and names */
  TESS_DIM_CORES,
  TESS_DIM_UNITS,
  TESS_DIM_LINKS,
  TESS_DIM_FREQUENCY,
  TESS_DIM_MACS,
  TESS_DIM_MAC_RATE,
  TESS_DIM_ELEMENTS,
  TESS_DIM_FRACTION,
  TESS_DIM_OP_RATE,
  TESS_DIM_OPS,
  TESS_DIM_BYTE_RATE,
  TESS_DIM_BYTES,
  TESS_DIM_BITS,
  TESS_DIM_BIT_RATE,
  TESS_DIM_TIME,
  TESS_DIM_POWER,
} tess_dimension_t;

/* The offset of a row that the data sheet alone shows. */
#define TESS_NO_FIELD SIZE_MAX

/* One number, flag or name of the file. */
typedef struct tess_schema_row {
  const char *path; /* "matrix.pad.m": keys from the top, joined by dots */
  size_t length;    /* of the path: most others differ in it already */
  tess_field_kind_t kind;
  tess_dimension_t dimension;
  double least, most; /* both allowed, in the dimension's first unit */
  bool required;
  size_t offset; /* of the field in tess_target_t, or TESS_NO_FIELD */
} tess_schema_row_t;

extern const tess_schema_row_t tess_schema_rows[];
extern const size_t tess_schema_count;

/* The row of a path, or SIZE_MAX. */
size_t tess_schema_find(const char *path);
/* Whether rows lie below this path. */
bool tess_schema_is_group(const char *path);

/* A row of TESS_FIELD_FLAG or TESS_FIELD_FLOW: no unit. */
bool tess_schema_is_plain(const tess_schema_row_t *row);

/* How many of the dimension's first unit one `unit` is; 0: not a unit of it. */
double tess_unit_scale(tess_dimension_t dimension, const char *unit);
/* Name number `index` of a dimension's units, NULL after the last. */
const char *tess_unit_name(tess_dimension_t dimension, size_t index);

#endif

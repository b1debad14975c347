/* Rates from their parts: units x what each does a clock x the clock. A rate
 * that a file states as well must agree with its parts. */
#include "parse.h"
#include <math.h>
#include <string.h>

/* Published peaks are rounded to three digits or less, clocks to two. */
#define AGREEMENT 0.02

#define FAIL(reader, json, ...)                                                \
  tess_error_at(TESS_INVALID, (reader)->file, (json)->line, (json)->column,    \
                __VA_ARGS__)

enum { most_parts = 6 };

/* A rate: the product of its parts. Where `%s` stands, every element type has
 * one; a part that is not stated counts 1, but without the first there is no
 * rate; "a|b" is a, or b where a is not stated. */
static const struct rate {
  const char *path, *parts[most_parts];
  double scale;
} rates[] = {
    {"matrix.macs_per_s.%s",
     {"matrix.macs_per_clock.%s", "cores.program", "matrix.units",
      "matrix.clock|cores.clock"},
     1},
    {"vector.ops_per_s.f32",
     {"vector.lanes", "cores.program", "vector.sublanes", "vector.alus",
      "cores.clock"},
     1},
    {"vector.depthwise_macs_per_s.%s",
     {"vector.depthwise_macs_per_clock.%s", "cores.program", "cores.clock"},
     1},
    /* bits of the chip's bus */
    {"memory.bandwidth", {"memory.bus_width", "memory.data_rate"}, 0.125},
};
enum { rate_count = sizeof(rates) / sizeof(*rates) };

static const char *const types[] = {"f32", "f64", "f16", "bf16",
                                    "i8",  "i16", "i32"};
enum { type_count = sizeof(types) / sizeof(*types) };

/* The first makes no sense without the second. */
static const char *const pairs[][2] = {
    {"memory.bus_width", "memory.data_rate"},
    {"memory.data_rate", "memory.bus_width"},
    {"memory.cmem_capacity", "memory.cmem_bandwidth"},
    {"memory.cmem_bandwidth", "memory.cmem_capacity"},
    {"matrix.rows", "matrix.columns"},
    {"matrix.columns", "matrix.rows"},
    {"matrix.dataflow", "matrix.rows"},
    {"vector.sublanes", "vector.lanes"},
    {"vector.alus", "vector.lanes"},
    {"links.count", "links.bandwidth"},
    {"links.bandwidth", "links.count"},
};

/* The first may not be more than the second. */
static const char *const ordered[][2] = {
    {"cores.program", "cores.chip"},
    {"power.idle", "power.peak"},
    {"memory.bandwidth", "memory.onchip_bandwidth"},
    {"memory.onchip_capacity", "memory.capacity"},
};

const char *tess_target_parts_of(const char *path) {
  if (!strcmp(path, "vector.ops_per_s.f32"))
    return "'vector.lanes'";
  if (!strcmp(path, "vector.depthwise_macs_per_s.f32"))
    return "'vector.depthwise_macs_per_clock.f32'";
  if (!strcmp(path, "memory.bandwidth"))
    return "'memory.bus_width' and 'memory.data_rate'";
  return NULL;
}

/* Row of a path with the type put in, or of the first alternative stated. */
static size_t row_of(const target_reader_t *reader, const char *pattern,
                     const char *type) {
  size_t row = SIZE_MAX;
  while (pattern && (row == SIZE_MAX || !reader->found[row])) {
    char path[64];
    const char *bar = strchr(pattern, '|'), *place = strstr(pattern, "%s");
    size_t length = bar ? (size_t)(bar - pattern) : strlen(pattern);
    if (place)
      length = (size_t)(place - pattern);
    snprintf(path, sizeof(path), "%.*s%s", (int)length, pattern,
             place ? type : "");
    row = tess_schema_find(path);
    pattern = bar ? bar + 1 : NULL;
  }
  return row;
}

bool tess_target_has_parts(const target_reader_t *reader, const char *path) {
  const char *type = strrchr(path, '.') + 1;
  for (int i = 0; i < rate_count; i++)
    if (tess_schema_find(path) == row_of(reader, rates[i].path, type))
      return reader->found[row_of(reader, rates[i].parts[0], type)] != NULL;
  return false;
}

/* A rate worked out from its parts. */
typedef struct product {
  size_t parts[most_parts]; /* rows of those that are stated */
  int count;
  double scale, value;
} product_t;

static product_t multiply(const target_reader_t *reader,
                          const struct rate *rate, const char *type) {
  product_t product = {.scale = rate->scale, .value = rate->scale};
  for (int i = 0; i < most_parts && rate->parts[i]; i++) {
    size_t row = row_of(reader, rate->parts[i], type);
    if (!reader->found[row])
      continue;
    product.parts[product.count++] = row;
    product.value *= reader->values[row];
  }
  return product;
}

/* "4 unit * 1.5 GHz", in the arena. */
static const char *product_text(const target_reader_t *reader,
                                const product_t *product) {
  tess_text_t text = TESS_TEXT_INIT;
  for (int i = 0; i < product->count; i++) {
    const tess_json_t *json = reader->found[product->parts[i]];
    tess_text_add(&text, "%s%.15g %s", i ? " * " : "",
                  tess_json_member(json, "value")->number,
                  reader->facts[product->parts[i]].unit);
  }
  if (product->scale != 1)
    tess_text_add(&text, " / %g", 1 / product->scale);
  const char *copy =
      tess_arena_string_n(reader->arena, tess_text_get(&text), text.length);
  tess_text_free(&text);
  return copy;
}

/* What is computed from a recalled number is no better. */
static const char *weakest_mark(const target_reader_t *reader,
                                const product_t *product) {
  for (int i = 0; i < product->count; i++)
    if (!strcmp(reader->facts[product->parts[i]].mark, "r"))
      return "r";
  return "c";
}

/* `value`, in a dimension's first unit, in the largest unit not above it. */
static double readable(tess_dimension_t dimension, double value,
                       const char **unit) {
  double scale = 1;
  *unit = tess_unit_name(dimension, 0);
  for (size_t i = 1; tess_unit_name(dimension, i); i++) {
    double next = tess_unit_scale(dimension, tess_unit_name(dimension, i));
    if (next > scale && next <= value) {
      scale = next;
      *unit = tess_unit_name(dimension, i);
    }
  }
  return value / scale;
}

static tess_status_t check_agreement(const target_reader_t *reader,
                                     const tess_schema_row_t *row,
                                     const product_t *product, double stated) {
  if (fabs(product->value / stated - 1) <= AGREEMENT)
    return TESS_SUCCESS;
  const tess_json_t *json = reader->found[tess_schema_find(row->path)];
  const char *units[2];
  double wanted = readable(row->dimension, product->value, &units[0]);
  stated = readable(row->dimension, stated, &units[1]);
  return FAIL(reader, tess_json_member(json, "value"),
              "'%s' is %.6g %s, but its parts give %.6g %s (%s): correct one, "
              "or leave the rate out",
              row->path, stated, units[1], wanted, units[0],
              product_text(reader, product));
}

/* The rate as a row of its own, of a file that states only its parts. */
static tess_status_t add_rate(target_reader_t *reader, size_t index,
                              const product_t *product) {
  const tess_schema_row_t *row = &tess_schema_rows[index];
  tess_target_fact_t *fact = &reader->facts[index];
  reader->found[index] = reader->found[product->parts[0]];
  if (!(product->value >= row->least && product->value <= row->most))
    return FAIL(reader, reader->found[index],
                "the parts of '%s' give %.6g %s (%s); it must be %g to %g",
                row->path, product->value, tess_unit_name(row->dimension, 0),
                product_text(reader, product), row->least, row->most);
  tess_target_store(reader, index, product->value);
  if (!reader->wants_facts)
    return TESS_SUCCESS;
  const char *unit;
  double value = readable(row->dimension, product->value, &unit);
  *fact = (tess_target_fact_t){
      .path = row->path,
      .value = tess_arena_format(reader->arena, "%.6g", value),
      .unit = unit,
      .mark = weakest_mark(reader, product),
      .source = tess_arena_format(reader->arena, "from its parts: %s",
                                  product_text(reader, product))};
  return TESS_SUCCESS;
}

static tess_status_t derive_one(target_reader_t *reader,
                                const struct rate *rate, const char *type) {
  size_t index = row_of(reader, rate->path, type);
  size_t first = row_of(reader, rate->parts[0], type);
  if (!reader->found[first])
    return TESS_SUCCESS;
  product_t product = multiply(reader, rate, type);
  if (!reader->found[index])
    return add_rate(reader, index, &product);
  return check_agreement(reader, &tess_schema_rows[index], &product,
                         reader->values[index]);
}

static tess_status_t check_pairs(target_reader_t *reader) {
  for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
    size_t row = tess_schema_find(pairs[i][0]);
    if (reader->found[row] && !reader->found[tess_schema_find(pairs[i][1])])
      TESS_TRY(tess_target_note(reader, FAIL(reader, reader->found[row],
                                             "'%s' needs '%s' as well",
                                             pairs[i][0], pairs[i][1])));
  }
  return TESS_SUCCESS;
}

static tess_status_t check_order(target_reader_t *reader) {
  for (size_t i = 0; i < sizeof(ordered) / sizeof(*ordered); i++) {
    size_t low = tess_schema_find(ordered[i][0]);
    size_t high = tess_schema_find(ordered[i][1]);
    if (reader->found[low] && reader->found[high] &&
        reader->values[low] > reader->values[high])
      TESS_TRY(tess_target_note(reader, FAIL(reader, reader->found[low],
                                             "'%s' is more than '%s'",
                                             ordered[i][0], ordered[i][1])));
  }
  return TESS_SUCCESS;
}

/* What a unit does a clock is that of its cells, a multiple of it (two narrow
 * products a cell) or a part (several passes). */
static tess_status_t check_cells(target_reader_t *reader) {
  const tess_target_t *target = reader->target;
  double cells = (double)target->matrix_rows * (double)target->matrix_columns;
  for (int i = 0; i < type_count && cells > 0; i++) {
    size_t row = row_of(reader, rates[0].parts[0], types[i]);
    if (!reader->found[row])
      continue;
    double times = reader->values[row] / cells;
    double whole = times < 1 ? 1 / times : times;
    if (fabs(whole - round(whole)) > 1e-6 * whole)
      TESS_TRY(tess_target_note(
          reader,
          FAIL(reader, reader->found[row],
               "'%s' is %.6g MAC, no multiple or part of %lld rows * %lld "
               "columns",
               tess_schema_rows[row].path, reader->values[row],
               (long long)target->matrix_rows,
               (long long)target->matrix_columns)));
  }
  return TESS_SUCCESS;
}

tess_status_t tess_target_derive(target_reader_t *reader) {
  TESS_TRY(check_pairs(reader));
  TESS_TRY(check_cells(reader));
  for (int i = 0; i < rate_count; i++)
    for (int j = 0; j < (strstr(rates[i].path, "%s") ? type_count : 1); j++)
      TESS_TRY(
          tess_target_note(reader, derive_one(reader, &rates[i], types[j])));
  return check_order(reader);
}

/* A generic systolic array as a target file: rows, columns and dataflow from
 * its name, everything else stated here. */
#include "systolic.h"
#include "writer.h"
#include <stdlib.h>
#include <string.h>

static const char prefix[] = "systolic";
enum { most_edge = 16384, prefix_length = sizeof(prefix) - 1 };

typedef struct array {
  int rows, columns;
  const char *flow; /* "ws", "os" or "is" */
} array_t;

/* The name in reports has '-' for ':', so that it can be part of a file's. */
static bool is_separator(char c) { return c == ':' || c == '-'; }

bool tess_systolic_is_name(const char *name) {
  return !strncmp(name, prefix, prefix_length) &&
         (is_separator(name[prefix_length]) || !name[prefix_length]);
}

/* Digits alone, no sign or blank; 0 if it is something else. */
static int parse_edge(const char **text) {
  int value = 0;
  const char *start = *text;
  for (; **text >= '0' && **text <= '9' && value <= most_edge; ++*text)
    value = value * 10 + (**text - '0');
  return *start == '0' || value > most_edge ? 0 : value;
}

static bool parse_flow(const char *text, const char **flow) {
  static const char *const flows[] = {"ws", "os", "is"};
  for (size_t i = 0; i < sizeof(flows) / sizeof(*flows); i++)
    if (!strcmp(text, flows[i])) {
      *flow = flows[i];
      return true;
    }
  return false;
}

static bool parse_name(const char *name, array_t *array) {
  if (!tess_systolic_is_name(name) || !name[prefix_length])
    return false;
  const char *at = name + prefix_length + 1;
  array->rows = parse_edge(&at);
  if (!array->rows || *at++ != 'x')
    return false;
  array->columns = parse_edge(&at);
  return array->columns && is_separator(*at) &&
         parse_flow(at + 1, &array->flow);
}

static const char by_definition[] = "by definition of the generic array";
static const char assumed[] = "a default of the generic array";

static void write_cores(tess_writer_t *writer) {
  tess_writer_open(writer, "cores");
  tess_writer_number(writer, "chip", 1, "core", "c", by_definition);
  tess_writer_number(writer, "program", 1, "core", "c", by_definition);
  tess_writer_number(writer, "clock", 1, "GHz", "c",
                     "a default of the generic array: a cycle is 1 ns");
  tess_writer_close(writer);
}

/* What lies along the rows and the columns is rounded up to whole arrays; what
 * streams through is not. */
static void write_pad(tess_writer_t *writer, const array_t *array) {
  const bool ws = !strcmp(array->flow, "ws"), os = !strcmp(array->flow, "os");
  const int m = os ? array->rows : ws ? 1 : array->columns;
  const int n = os || ws ? array->columns : 1;
  const int k = os ? 1 : array->rows;
  const char *source =
      os   ? "output stationary: M on the rows, N on the columns, K streams"
      : ws ? "weight stationary: K on the rows, N on the columns, M streams"
           : "input stationary: K on the rows, M on the columns, N streams";
  tess_writer_open(writer, "pad");
  tess_writer_number(writer, "m", m, "element", "c", source);
  tess_writer_number(writer, "n", n, "element", "c", source);
  tess_writer_number(writer, "k", k, "element", "c", source);
  tess_writer_number(writer, "channels", 1, "element", "c",
                     "a convolution is one product, its taps and channels K");
  tess_writer_close(writer);
}

static void write_matrix(tess_writer_t *writer, const array_t *array) {
  static const char *const types[] = {"f32", "f16", "bf16", "i8"};
  char flow[8];
  snprintf(flow, sizeof(flow), "\"%s\"", array->flow);
  tess_writer_open(writer, "matrix");
  tess_writer_number(writer, "units", 1, "unit", "c", by_definition);
  tess_writer_number(writer, "rows", array->rows, "element", "c",
                     by_definition);
  tess_writer_number(writer, "columns", array->columns, "element", "c",
                     by_definition);
  tess_writer_field(writer, "dataflow", flow, NULL, "c", by_definition);
  tess_writer_open(writer, "macs_per_clock");
  for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
    tess_writer_number(writer, types[i],
                       (double)array->rows * (double)array->columns, "MAC", "c",
                       "each cell multiplies and adds once a clock, any type");
  tess_writer_close(writer);
  write_pad(writer, array);
  tess_writer_number(writer, "efficiency", 1, "1", "c", by_definition);
  tess_writer_close(writer);
}

/* One vector lane below each column. */
static void write_vector(tess_writer_t *writer, const array_t *array) {
  static const struct {
    const char *key;
    double ops;
  } costs[] = {{"simple", 1}, {"div", 6},   {"exp", 10}, {"log", 12},
               {"rsqrt", 6},  {"tanh", 14}, {"erf", 16}, {"table", 8}};
  tess_writer_open(writer, "vector");
  tess_writer_number(writer, "lanes", array->columns, "unit", "c",
                     "a default of the generic array: a lane a column");
  tess_writer_open(writer, "cost");
  for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++)
    tess_writer_number(writer, costs[i].key, costs[i].ops, "op", i ? "r" : "c",
                       i ? "as on a TPU" : "by definition");
  tess_writer_close(writer);
  tess_writer_open(writer, "depthwise_macs_per_clock");
  tess_writer_number(writer, "f32", array->columns, "MAC", "c",
                     "one multiply-add a lane and clock");
  tess_writer_close(writer);
  tess_writer_close(writer);
}

static void write_memory(tess_writer_t *writer) {
  tess_writer_open(writer, "memory");
  tess_writer_number(writer, "bandwidth", 100, "GB/s", "c", assumed);
  tess_writer_number(writer, "capacity", 16, "GiB", "c", assumed);
  tess_writer_number(writer, "onchip_bandwidth", 2000, "GB/s", "c", assumed);
  tess_writer_number(writer, "onchip_capacity", 16, "MiB", "c", assumed);
  tess_writer_close(writer);
  tess_writer_open(writer, "overhead");
  tess_writer_number(writer, "kernel", 0, "ns", "c", assumed);
  tess_writer_number(writer, "program", 0, "ns", "c", assumed);
  tess_writer_close(writer);
}

static void write_fusion(tess_writer_t *writer) {
  static const char *const rules[] = {"elementwise_after_matrix",
                                      "elementwise_before_matrix",
                                      "elementwise_after_vector",
                                      "elementwise_chain",
                                      "elementwise_before_reduction",
                                      "pad_into_consumer",
                                      "transpose_free"};
  tess_writer_open(writer, "fusion");
  for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
    tess_writer_field(writer, rules[i], "true", NULL, "c", assumed);
  tess_writer_close(writer);
}

tess_status_t tess_systolic_write(const char *name, tess_text_t *json) {
  array_t array;
  if (!parse_name(name, &array))
    return tess_error(TESS_INVALID,
                      "target '%s' is no systolic array: write "
                      "systolic:ROWSxCOLUMNS:DATAFLOW, 1 to %d rows and "
                      "columns, dataflow ws, os or is (systolic:128x128:ws)",
                      name, most_edge);
  char own_name[64], title[96];
  snprintf(own_name, sizeof(own_name), "systolic-%dx%d-%s", array.rows,
           array.columns, array.flow);
  snprintf(title, sizeof(title), "Generic systolic array of %d x %d cells, %s",
           array.rows, array.columns,
           !strcmp(array.flow, "ws")   ? "weight stationary"
           : !strcmp(array.flow, "os") ? "output stationary"
                                       : "input stationary");
  tess_writer_t writer = tess_writer_begin(json, own_name, title, "mxu");
  write_cores(&writer);
  write_matrix(&writer, &array);
  write_vector(&writer, &array);
  write_memory(&writer);
  write_fusion(&writer);
  tess_writer_end(&writer);
  return TESS_SUCCESS;
}

/* The table of everything that a target file may hold. */
#include "schema.h"
#include "tessera/target/target.h"
#include <stdint.h>
#include <string.h>

/* Element types that a rate may be stated for: key, tess_dtype_t. */
#define RATE_TYPES(X)                                                          \
  X("f32", TESS_F32)                                                           \
  X("f64", TESS_F64)                                                           \
  X("f16", TESS_F16)                                                           \
  X("bf16", TESS_BF16)                                                         \
  X("i8", TESS_I8)                                                             \
  X("i16", TESS_I16)                                                           \
  X("i32", TESS_I32)

#define ROW(path, kind, dimension, least, most, required, field)               \
  {path,                                                                       \
   sizeof(path) - 1,                                                           \
   TESS_FIELD_##kind,                                                          \
   TESS_DIM_##dimension,                                                       \
   least,                                                                      \
   most,                                                                       \
   required,                                                                   \
   offsetof(tess_target_t, field)},

#define MATRIX_RATE(key, type)                                                 \
  ROW("matrix.macs_per_s." key, REAL, MAC_RATE, 1e6, 1e18, false,              \
      matrix_macs_per_s[type])
#define VECTOR_RATE(key, type)                                                 \
  ROW("vector.ops_per_s." key, REAL, OP_RATE, 1e6, 1e18, type == TESS_F32,     \
      vector_ops_per_s[type])
#define DEPTHWISE_RATE(key, type)                                              \
  ROW("vector.depthwise_macs_per_s." key, REAL, MAC_RATE, 1e6, 1e18,           \
      type == TESS_F32, depthwise_macs_per_s[type])
/* Prices are counted in simple operations, so that one costs exactly 1. */
#define VECTOR_COST(id, name, meaning)                                         \
  ROW("vector.cost." name, REAL, OPS, TESS_VECTOR_##id ? 0.01 : 1,             \
      TESS_VECTOR_##id ? 1e5 : 1, true, vector_cost[TESS_VECTOR_##id])
/* What follows is optional: parts that a rate is computed from, and facts for
 * data sheets and later models. */
#define MATRIX_PART(key, type)                                                 \
  ROW("matrix.macs_per_clock." key, REAL, MACS, 0.01, 1e9, false,              \
      matrix_macs_per_clock[type])
#define DEPTHWISE_PART(key, type)                                              \
  SHEET_ROW("vector.depthwise_macs_per_clock." key, REAL, MACS, 0.01, 1e9)
#define SUBLANES(key, type)                                                    \
  ROW("layout.sublanes." key, WHOLE, ELEMENTS, 1, 65536, false,                \
      layout_sublanes[type])
#define SHEET_ROW(path, kind, dimension, least, most)                          \
  {path,                                                                       \
   sizeof(path) - 1,                                                           \
   TESS_FIELD_##kind,                                                          \
   TESS_DIM_##dimension,                                                       \
   least,                                                                      \
   most,                                                                       \
   false,                                                                      \
   TESS_NO_FIELD},

#define FUSION(field, meaning)                                                 \
  ROW("fusion." #field, FLAG, NONE, 0, 1, true, fusion.field)

/* path, kind, dimension, least, most, required, field of tess_target_t */
const tess_schema_row_t tess_schema_rows[] = {
    /* clang-format off */
    ROW("cores.chip", WHOLE, CORES, 1, 1e6, true, chip_cores)
    ROW("cores.program", WHOLE, CORES, 1, 1e6, true, program_cores)
    ROW("cores.clock", REAL, FREQUENCY, 1e6, 1e11, true, clock_hz)
    ROW("matrix.units", WHOLE, UNITS, 1, 1e6, false, matrix_units)
    ROW("matrix.rows", WHOLE, ELEMENTS, 1, 65536, false, matrix_rows)
    ROW("matrix.columns", WHOLE, ELEMENTS, 1, 65536, false, matrix_columns)
    ROW("matrix.dataflow", FLOW, NONE, 0, 0, false, matrix_dataflow)
    ROW("matrix.clock", REAL, FREQUENCY, 1e6, 1e11, false, matrix_clock_hz)
    RATE_TYPES(MATRIX_PART)
    RATE_TYPES(MATRIX_RATE)
    ROW("matrix.pad.m", WHOLE, ELEMENTS, 1, 65536, true, pad_m)
    ROW("matrix.pad.n", WHOLE, ELEMENTS, 1, 65536, true, pad_n)
    ROW("matrix.pad.k", WHOLE, ELEMENTS, 1, 65536, true, pad_k)
    ROW("matrix.pad.channels", WHOLE, ELEMENTS, 1, 65536, true, pad_channels)
    ROW("matrix.efficiency", REAL, FRACTION, 0.01, 1, true, matrix_efficiency)
    ROW("matrix.strided_pointwise", REAL, FRACTION, 0.001, 1, false,
        matrix_strided_pointwise)
    ROW("matrix.channels_first", REAL, FRACTION, 0.001, 1, false,
        matrix_channels_first)
    ROW("vector.lanes", WHOLE, UNITS, 1, 65536, false, vector_lanes)
    ROW("vector.sublanes", WHOLE, UNITS, 1, 65536, false, vector_sublanes)
    ROW("vector.alus", WHOLE, UNITS, 1, 65536, false, vector_alus)
    RATE_TYPES(VECTOR_RATE)
    TESS_VECTOR_OPS(VECTOR_COST)
    RATE_TYPES(DEPTHWISE_PART)
    RATE_TYPES(DEPTHWISE_RATE)
    ROW("vector.depthwise_channels_first", REAL, FRACTION, 0.001, 1, false,
        depthwise_channels_first)
    SHEET_ROW("memory.bus_width", WHOLE, BITS, 1, 1e6)
    SHEET_ROW("memory.data_rate", REAL, BIT_RATE, 1e6, 1e12)
    ROW("memory.bandwidth", REAL, BYTE_RATE, 1e6, 1e16, true,
        memory_bytes_per_s)
    ROW("memory.capacity", WHOLE, BYTES, 1024, 1e15, true, memory_bytes)
    ROW("memory.onchip_bandwidth", REAL, BYTE_RATE, 1e6, 1e17, true,
        onchip_bytes_per_s)
    ROW("memory.onchip_capacity", WHOLE, BYTES, 1024, 1e12, true, onchip_bytes)
    ROW("memory.core_capacity", WHOLE, BYTES, 1024, 1e12, false, core_bytes)
    ROW("memory.cmem_capacity", WHOLE, BYTES, 1024, 1e12, false, cmem_bytes)
    ROW("memory.cmem_bandwidth", REAL, BYTE_RATE, 1e6, 1e17, false,
        cmem_bytes_per_s)
    ROW("memory.keeps_activations", FLAG, NONE, 0, 1, false, keeps_activations)
    ROW("layout.lanes", WHOLE, ELEMENTS, 1, 65536, false, layout_lanes)
    RATE_TYPES(SUBLANES)
    ROW("layout.alignment", WHOLE, BYTES, 1, 1e6, false, layout_alignment_bytes)
    ROW("layout.batch_in_lanes", FLAG, NONE, 0, 1, false, batch_in_lanes)
    ROW("layout.batch_in_sublanes", FLAG, NONE, 0, 1, false, batch_in_sublanes)
    ROW("links.count", WHOLE, LINKS, 1, 1e6, false, link_count)
    ROW("links.bandwidth", REAL, BYTE_RATE, 1e6, 1e15, false, link_bytes_per_s)
    ROW("links.host_bandwidth", REAL, BYTE_RATE, 1e6, 1e15, false,
        host_bytes_per_s)
    ROW("power.peak", REAL, POWER, 0.001, 1e6, false, peak_w)
    ROW("power.idle", REAL, POWER, 0.001, 1e6, false, idle_w)
    ROW("overhead.kernel", REAL, TIME, 0, 1e9, true, kernel_overhead_ns)
    ROW("overhead.program", REAL, TIME, 0, 1e12, true, program_overhead_ns)
    TESS_FUSION_RULES(FUSION)
    /* clang-format on */
};
const size_t tess_schema_count =
    sizeof(tess_schema_rows) / sizeof(*tess_schema_rows);

/* Units by dimension; the first of each is the one in tess_target_t. */
static const struct {
  tess_dimension_t dimension;
  const char *name;
  double scale;
} units[] = {
    {TESS_DIM_CORES, "core", 1},         {TESS_DIM_UNITS, "unit", 1},
    {TESS_DIM_LINKS, "link", 1},         {TESS_DIM_FREQUENCY, "Hz", 1},
    {TESS_DIM_FREQUENCY, "MHz", 1e6},    {TESS_DIM_FREQUENCY, "GHz", 1e9},
    {TESS_DIM_MACS, "MAC", 1},           {TESS_DIM_MAC_RATE, "MAC/s", 1},
    {TESS_DIM_MAC_RATE, "GMAC/s", 1e9},  {TESS_DIM_MAC_RATE, "TMAC/s", 1e12},
    {TESS_DIM_ELEMENTS, "element", 1},   {TESS_DIM_FRACTION, "1", 1},
    {TESS_DIM_OP_RATE, "op/s", 1},       {TESS_DIM_OP_RATE, "Gop/s", 1e9},
    {TESS_DIM_OP_RATE, "Top/s", 1e12},   {TESS_DIM_OPS, "op", 1},
    {TESS_DIM_BYTE_RATE, "B/s", 1},      {TESS_DIM_BYTE_RATE, "GB/s", 1e9},
    {TESS_DIM_BYTE_RATE, "TB/s", 1e12},  {TESS_DIM_BYTES, "B", 1},
    {TESS_DIM_BYTES, "KiB", 1024},       {TESS_DIM_BYTES, "MiB", 1048576},
    {TESS_DIM_BYTES, "GiB", 1073741824}, {TESS_DIM_BYTES, "MB", 1e6},
    {TESS_DIM_BYTES, "GB", 1e9},         {TESS_DIM_BITS, "bit", 1},
    {TESS_DIM_BIT_RATE, "bit/s", 1},     {TESS_DIM_BIT_RATE, "Mbit/s", 1e6},
    {TESS_DIM_BIT_RATE, "Gbit/s", 1e9},  {TESS_DIM_POWER, "W", 1},
    {TESS_DIM_POWER, "mW", 1e-3},        {TESS_DIM_TIME, "ns", 1},
    {TESS_DIM_TIME, "us", 1e3},          {TESS_DIM_TIME, "ms", 1e6},
};

size_t tess_schema_find(const char *path) {
  const size_t length = strlen(path);
  for (size_t i = 0; i < tess_schema_count; i++)
    if (tess_schema_rows[i].length == length &&
        !memcmp(tess_schema_rows[i].path, path, length))
      return i;
  return SIZE_MAX;
}

bool tess_schema_is_group(const char *path) {
  size_t length = strlen(path);
  for (size_t i = 0; i < tess_schema_count; i++)
    if (tess_schema_rows[i].length > length &&
        tess_schema_rows[i].path[length] == '.' &&
        !memcmp(tess_schema_rows[i].path, path, length))
      return true;
  return false;
}

bool tess_schema_is_plain(const tess_schema_row_t *row) {
  return row->kind == TESS_FIELD_FLAG || row->kind == TESS_FIELD_FLOW;
}

double tess_unit_scale(tess_dimension_t dimension, const char *unit) {
  for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
    if (units[i].dimension == dimension && !strcmp(units[i].name, unit))
      return units[i].scale;
  return 0;
}

const char *tess_unit_name(tess_dimension_t dimension, size_t index) {
  for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
    if (units[i].dimension == dimension && index-- == 0)
      return units[i].name;
  return NULL;
}

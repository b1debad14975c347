/* The target file of this machine, in the schema of every other. */
#include "cpu.h"
#include "writer.h"
#include <math.h>

/* Six digits: more is noise in what comes from a measurement. */
static void rate(tess_writer_t *writer, const char *key, double value,
                 const char *unit, const char *mark, const char *source) {
  char text[40];
  snprintf(text, sizeof(text), "%.6g", value);
  tess_writer_field(writer, key, text, unit, mark, source);
}

static void measured(tess_writer_t *writer, const char *key, double value,
                     const char *unit) {
  rate(writer, key, value, unit, "m", writer->measured);
}

static void rates_by_type(tess_writer_t *writer, double f32_rate,
                          const char *unit) {
  measured(writer, "f32", f32_rate, unit);
  rate(writer, "f64", f32_rate / 2, unit, "c",
       "half the lanes of f32 in a vector register");
  rate(writer, "f16", f32_rate, unit, "c", "converted to f32, computed there");
  rate(writer, "bf16", f32_rate, unit, "c", "converted to f32, computed there");
  rate(writer, "i8", f32_rate, unit, "c",
       "widened to i32, as many lanes as f32");
}

/* What the vector units of current cores need, in multiply-adds. */
static void write_estimates(tess_writer_t *writer) {
  static const struct {
    const char *key;
    double ops;
    const char *source;
  } costs[] = {
      {"simple", 1, "by definition"},
      {"div", 6, "about 3 clocks a vector against 2 simple ones a clock"},
      {"rsqrt", 6, "as a division"},
      {"table", 8, "a gather moves about one element a clock and load port"},
  };
  for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
    tess_writer_number(writer, costs[i].key, costs[i].ops, "op", i ? "r" : "c",
                       costs[i].source);
}

/* A call of the C library takes as long as so many simple operations of whole
 * vectors do for one element. */
static void write_costs(tess_writer_t *writer, const tess_cpu_rates_t *rates) {
  static const struct {
    const char *key, *function;
    tess_cpu_call_t call;
  } calls[] = {{"exp", "expf", TESS_CPU_EXP},
               {"log", "logf", TESS_CPU_LOG},
               {"tanh", "tanhf", TESS_CPU_TANH},
               {"erf", "erff", TESS_CPU_ERF}};
  tess_writer_open(writer, "cost");
  write_estimates(writer);
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    double ops = rates->f32_macs_per_s / rates->calls_per_s[calls[i].call];
    tess_text_t source = TESS_TEXT_INIT;
    tess_text_add(&source,
                  "%s: %s of the C library, which upstream MLIR calls for each "
                  "element, of arguments from 0 to 4, against the rate of "
                  "simple operations",
                  writer->measured, calls[i].function);
    rate(writer, calls[i].key, round(ops), "op", "m", tess_text_get(&source));
    tess_text_free(&source);
  }
  tess_writer_close(writer);
}

static void write_cores(tess_writer_t *writer, const tess_cpu_info_t *info,
                        const tess_cpu_rates_t *rates) {
  tess_writer_open(writer, "cores");
  tess_writer_number(writer, "chip", info->cores, "core", "m",
                     "cores that this process may run on");
  tess_writer_number(writer, "program", 1, "core", "c",
                     "compiled models run on one thread");
  measured(writer, "clock", rates->clock_hz * 1e-9, "GHz");
  tess_writer_close(writer);
}

static void write_matrix(tess_writer_t *writer, const tess_cpu_rates_t *rates) {
  tess_writer_open(writer, "matrix");
  tess_writer_open(writer, "macs_per_s");
  rates_by_type(writer, rates->f32_macs_per_s * 1e-9, "GMAC/s");
  tess_writer_close(writer);
  tess_writer_open(writer, "pad");
  tess_writer_number(writer, "m", 1, "element", "c",
                     "one row at a time is no waste");
  tess_writer_number(writer, "n", rates->vector_lanes, "element", "m",
                     "f32 lanes of a vector register");
  tess_writer_number(writer, "k", 1, "element", "c",
                     "the reduction is a scalar loop");
  tess_writer_number(writer, "channels", 1, "element", "c", "the same loop");
  tess_writer_close(writer);
  tess_writer_number(
      writer, "efficiency", 0.9, "1", "r",
      "good matrix products reach about nine tenths of the multiply-add "
      "peak");
  tess_writer_number(
      writer, "strided_pointwise", 0.05, "1", "r",
      "IREE 3.13 (llvm-cpu, -O3) on another machine: its loops for a 1x1 "
      "convolution with a stride take 16 to 25 times the product's time");
  tess_writer_number(
      writer, "channels_first", 0.45, "1", "r",
      "IREE 3.13 (llvm-cpu, -O3) on another machine: the best dense "
      "convolutions reach 94 and 96 GFLOP/s with the channels first, 208 and "
      "225 with them last");
  tess_writer_close(writer);
}

static void write_vector(tess_writer_t *writer, const tess_cpu_rates_t *rates) {
  tess_writer_open(writer, "vector");
  tess_writer_open(writer, "ops_per_s");
  measured(writer, "f32", rates->f32_macs_per_s * 1e-9, "Gop/s");
  rate(writer, "f64", rates->f32_macs_per_s * 0.5e-9, "Gop/s", "c",
       "half the lanes of f32 in a vector register");
  tess_writer_close(writer);
  write_costs(writer, rates);
  tess_writer_open(writer, "depthwise_macs_per_s");
  rates_by_type(writer, rates->f32_macs_per_s * 1e-9, "GMAC/s");
  tess_writer_close(writer);
  tess_writer_number(
      writer, "depthwise_channels_first", 0.04, "1", "r",
      "IREE 3.13 (llvm-cpu, -O3) on another machine: the best depthwise "
      "convolution reaches 5.7 GFLOP/s with the channels first, 150 with them "
      "last");
  tess_writer_close(writer);
}

static void write_memory(tess_writer_t *writer, const tess_cpu_info_t *info,
                         const tess_cpu_rates_t *rates) {
  tess_writer_open(writer, "memory");
  measured(writer, "bandwidth", rates->memory_bytes_per_s * 1e-9, "GB/s");
  tess_writer_number(writer, "capacity", (double)info->memory_bytes, "B", "m",
                     "physical memory, as the system states it");
  measured(writer, "onchip_bandwidth", rates->cache_bytes_per_s * 1e-9, "GB/s");
  tess_writer_number(writer, "onchip_capacity", (double)info->cache_bytes, "B",
                     info->cache_level ? "m" : "r",
                     info->cache_level
                         ? "last-level cache, as the system states it"
                         : "the system does not state its caches: assumed");
  if (info->core_bytes >= 1024)
    tess_writer_number(writer, "core_capacity", (double)info->core_bytes, "B",
                       "m", "second-level cache, as the system states it");
  tess_writer_close(writer);
  tess_writer_open(writer, "overhead");
  tess_writer_number(
      writer, "kernel", 0, "ns", "c",
      "a kernel is a loop nest of one function: nothing is launched");
  tess_writer_number(writer, "program", 0, "ns", "c", "a function call");
  tess_writer_close(writer);
}

static void write_fusion(tess_writer_t *writer) {
  static const char fused[] = "mlir-opt, linalg-fuse-elementwise-ops";
  static const char tiled[] = "a compiler that tiles and fuses; "
                              "linalg-fuse-elementwise-ops of mlir-opt "
                              "alone does not: in doubt the faster choice";
  static const struct {
    const char *rule, *value, *mark, *source;
  } rules[] = {
      {"elementwise_after_matrix", "true", "r", tiled},
      {"elementwise_before_matrix", "false", "s", fused},
      {"elementwise_after_vector", "true", "r", tiled},
      {"elementwise_chain", "true", "s", fused},
      {"elementwise_before_reduction", "true", "s", fused},
      {"pad_into_consumer", "false", "s", fused},
      {"transpose_free", "false", "s", fused},
  };
  tess_writer_open(writer, "fusion");
  for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
    tess_writer_field(writer, rules[i].rule, rules[i].value, NULL,
                      rules[i].mark, rules[i].source);
  tess_writer_close(writer);
}

void tess_cpu_write(const tess_cpu_info_t *info, const tess_cpu_rates_t *rates,
                    tess_text_t *json) {
  tess_text_t source = TESS_TEXT_INIT, title = TESS_TEXT_INIT;
  tess_text_add(&source, "measured on %s, one core, %s", info->model,
                rates->instructions);
  tess_text_add(&title, "%s, one of %d cores", info->model, info->cores);
  tess_writer_t writer =
      tess_writer_begin(json, "cpu", tess_text_get(&title), "cpu");
  writer.measured = tess_text_get(&source);
  write_cores(&writer, info, rates);
  write_matrix(&writer, rates);
  write_vector(&writer, rates);
  write_memory(&writer, info, rates);
  write_fusion(&writer);
  tess_writer_end(&writer);
  tess_text_free(&source);
  tess_text_free(&title);
}

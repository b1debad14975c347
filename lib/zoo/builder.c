/* Walks a network's table and asks a dialect to print it: the one statement of
 * what the networks compute. */
#include "emitter.h"
#include "tessera/base/checked.h"
#include <inttypes.h>
#include <stdlib.h>

typedef struct builder {
  tess_zoo_emitter_t emitter;
  const tess_zoo_printer_t *printer;
} builder_t;

static void count_macs(tess_zoo_emitter_t *e, size_t count,
                       const int64_t *factors) {
  int64_t macs = tess_zoo_product(e, count, factors);
  if (!tess_add_i64(e->counts.macs, macs, &e->counts.macs))
    e->overflow = true;
}

/* Marks an overflow unless an activation fits 64 bits, in bytes of f32, the
 * widest type that a dialect accumulates in. */
static void check_volume(tess_zoo_emitter_t *e, int64_t batch, int64_t size,
                         int64_t channels) {
  tess_zoo_product(e, 5, (int64_t[]){batch, size, size, channels, 4});
}

static tess_zoo_value_t convolve(builder_t *b, tess_zoo_value_t x,
                                 tess_zoo_conv_t conv) {
  tess_zoo_emitter_t *e = &b->emitter;
  conv.pad_low = (conv.kernel - 1) / 2;
  conv.size = (x.size - 1) / conv.stride + 1;
  int64_t read = (conv.size - 1) * conv.stride + conv.kernel;
  conv.pad_high = read - x.size - conv.pad_low;
  check_volume(e, x.batch, x.size + conv.kernel, x.channels);
  check_volume(e, x.batch, conv.size, conv.channels);
  count_macs(e, 7,
             (int64_t[]){x.batch, conv.size, conv.size, conv.kernel,
                         conv.kernel, conv.depthwise ? 1 : x.channels,
                         conv.channels});
  return b->printer->convolve(e, x, &conv);
}

/* Convolution and batch norm, and the activation unless `linear`. */
static tess_zoo_value_t unit(builder_t *b, const char *scope,
                             tess_zoo_value_t x, tess_zoo_conv_t conv,
                             bool linear) {
  tess_zoo_emitter_t *e = &b->emitter;
  e->scope = scope;
  x = b->printer->normalize(e, convolve(b, x, conv));
  return linear ? x : b->printer->activate(e, x, e->network->activation);
}

static tess_zoo_value_t squeeze(builder_t *b, const char *scope,
                                tess_zoo_value_t x, int64_t width) {
  tess_zoo_emitter_t *e = &b->emitter;
  const tess_zoo_conv_t conv = {.bias = true, .kernel = 1, .stride = 1};
  tess_zoo_conv_t reduce = conv, expand = conv;
  reduce.channels = width;
  expand.channels = x.channels;
  e->scope = tess_arena_format(&e->arena, "%s.squeeze", scope);
  tess_zoo_value_t gate = b->printer->pool(e, x);
  gate = convolve(b, gate, reduce);
  gate = b->printer->activate(e, gate, e->network->activation);
  e->scope = tess_arena_format(&e->arena, "%s.excite", scope);
  gate = convolve(b, gate, expand);
  gate = b->printer->activate(e, gate, e->network->gate);
  return b->printer->scale(e, x, gate);
}

/* One inverted bottleneck. */
static tess_zoo_value_t block(builder_t *b, const char *scope,
                              tess_zoo_value_t x, const tess_zoo_stage_t *stage,
                              int64_t stride) {
  tess_arena_t *arena = &b->emitter.arena;
  const tess_zoo_network_t *network = b->emitter.network;
  int64_t hidden = x.channels * stage->expansion;
  int64_t width = x.channels / network->squeeze_divisor;
  tess_zoo_conv_t expand = {.kernel = 1, .stride = 1, .channels = hidden};
  tess_zoo_conv_t project = {
      .kernel = 1, .stride = 1, .channels = stage->channels};
  tess_zoo_conv_t depthwise = {.depthwise = true,
                               .kernel = stage->kernel,
                               .stride = stride,
                               .channels = hidden};
  tess_zoo_value_t y = x;
  if (stage->expansion > 1)
    y = unit(b, tess_arena_format(arena, "%s.expand", scope), y, expand, false);
  y = unit(b, tess_arena_format(arena, "%s.depthwise", scope), y, depthwise,
           false);
  if (stage->squeeze)
    y = squeeze(b, scope, y, width > 1 ? width : 1);
  y = unit(b, tess_arena_format(arena, "%s.project", scope), y, project, true);
  b->emitter.scope = scope;
  bool residual = stride == 1 && x.channels == y.channels;
  return residual ? b->printer->add(&b->emitter, y, x) : y;
}

static tess_zoo_value_t build(builder_t *b, tess_zoo_value_t x) {
  tess_zoo_emitter_t *e = &b->emitter;
  const tess_zoo_network_t *network = e->network;
  tess_zoo_conv_t stem = {.kernel = 3, .stride = 2, .channels = network->stem};
  tess_zoo_conv_t head = {.kernel = 1, .stride = 1, .channels = network->head};
  x = unit(b, "stem", x, stem, false);
  for (int s = 0; s < TESS_ZOO_STAGES; s++) {
    const tess_zoo_stage_t *stage = &network->stages[s];
    for (int64_t i = 0; i < stage->layers; i++)
      x = block(b,
                tess_arena_format(&e->arena, "stage%d.block%" PRId64, s + 1, i),
                x, stage, i ? 1 : stage->stride);
  }
  x = unit(b, "head", x, head, false);
  e->scope = "classifier";
  count_macs(e, 3, (int64_t[]){x.batch, x.channels, network->classes});
  return b->printer->classify(e, b->printer->pool(e, x));
}

static void write_module(const builder_t *b, tess_zoo_value_t data,
                         tess_zoo_value_t result, tess_text_t *out) {
  const tess_zoo_emitter_t *e = &b->emitter;
  tess_text_add(out,
                "%smodule attributes {tessera.network = \"%s\"} {\n"
                "  func.func @main(\n    %s: %s",
                b->printer->header, e->network->name, data.name, data.type);
  tess_text_add_n(out, e->arguments.data, e->arguments.length);
  tess_text_add(out, ") -> %s {\n", result.type);
  tess_text_add_n(out, e->constants.data, e->constants.length);
  tess_text_add_n(out, e->body.data, e->body.length);
  tess_text_add(out, "    return %s : %s\n  }\n}\n", result.name, result.type);
}

static tess_status_t overflow_error(const tess_zoo_emitter_t *e, int64_t batch,
                                    int64_t resolution) {
  return tess_error(TESS_OVERFLOW,
                    "%s with batch %" PRId64 " and resolution %" PRId64
                    ": its sizes do not fit 64 bits; use smaller ones",
                    e->network->name, batch, resolution);
}

/* The input is checked before anything is built: every later size follows from
 * it, so that no sum of a size and a padding can overflow. */
static tess_status_t emit(builder_t *b, int64_t batch, int64_t resolution,
                          tess_text_t *out) {
  tess_zoo_emitter_t *e = &b->emitter;
  check_volume(e, batch, resolution, 3);
  if (e->overflow)
    return overflow_error(e, batch, resolution);
  e->scope = "input";
  tess_zoo_value_t data = tess_zoo_activation(e, "data", batch, resolution, 3);
  tess_zoo_value_t result = build(b, data);
  if (e->overflow)
    return overflow_error(e, batch, resolution);
  write_module(b, data, result, out);
  return TESS_SUCCESS;
}

static tess_status_t check_options(const tess_zoo_options_t *options,
                                   const char *name) {
  if (options->dialect != TESS_ZOO_TOSA && options->dialect != TESS_ZOO_LINALG)
    return tess_error(TESS_UNSUPPORTED,
                      "%s: this dialect is not emitted; use tosa or linalg",
                      name);
  if (options->dtype != TESS_F32 && options->dtype != TESS_BF16)
    return tess_error(TESS_UNSUPPORTED,
                      "%s: element type '%s' is not emitted; use f32 or bf16",
                      name, tess_dtype_name(options->dtype));
  if (options->batch < 1)
    return tess_error(TESS_INVALID,
                      "%s: batch is %" PRId64 ", but must be at least 1", name,
                      options->batch);
  if (options->resolution != 0 && options->resolution < 32)
    return tess_error(TESS_INVALID,
                      "%s: resolution is %" PRId64 ", but must be at least 32 "
                      "(or 0 for the network's own)",
                      name, options->resolution);
  return TESS_SUCCESS;
}

static void free_builder(builder_t *b) {
  tess_arena_free(&b->emitter.arena);
  tess_text_free(&b->emitter.arguments);
  tess_text_free(&b->emitter.constants);
  tess_text_free(&b->emitter.body);
  free(b->emitter.constant_names);
}

tess_status_t tess_zoo_emit(const char *name, const tess_zoo_options_t *options,
                            tess_text_t *out, tess_zoo_counts_t *counts) {
  tess_zoo_network_t network;
  TESS_TRY(tess_zoo_network_find(name, &network));
  TESS_TRY(check_options(options, network.name));
  builder_t b = {.emitter = {.network = &network,
                             .element = tess_dtype_name(options->dtype)},
                 .printer = options->dialect == TESS_ZOO_TOSA
                                ? &tess_zoo_tosa
                                : &tess_zoo_linalg};
  int64_t resolution =
      options->resolution ? options->resolution : network.resolution;
  tess_status_t status = emit(&b, options->batch, resolution, out);
  if (!status && counts)
    *counts = b.emitter.counts;
  free_builder(&b);
  return status;
}

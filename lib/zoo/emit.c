/* Emits a network: checks the options, lets its family's walker build the
 * layers, and writes the module. */
#include "emitter.h"
#include "printer.h"
#include <inttypes.h>
#include <math.h>

static tess_zoo_walk_t *const walkers[] = {
    [TESS_ZOO_FAMILY_MOBILE] = tess_zoo_walk_mobile,
    [TESS_ZOO_FAMILY_RESIDUAL] = tess_zoo_walk_residual,
    [TESS_ZOO_FAMILY_CONVNEXT] = tess_zoo_walk_convnext,
    [TESS_ZOO_FAMILY_TRANSFORMER] = tess_zoo_walk_transformer,
    [TESS_ZOO_FAMILY_MLP] = tess_zoo_walk_mlp,
};

static void write_types(const tess_zoo_emitter_t *e, tess_text_t *out) {
  for (size_t i = 0; i < e->result_count; i++)
    tess_text_add(out, "%s%s", i ? ", " : "", e->results[i].type);
}

static void write_module(const tess_zoo_emitter_t *e, tess_text_t *out) {
  bool several = e->result_count > 1;
  tess_text_add_n(out, tess_text_get(&e->header), e->header.length);
  tess_text_add(out,
                "module attributes {tessera.network = \"%s\"} {\n"
                "  func.func @main(\n    ",
                e->network->name);
  tess_text_add_n(out, e->inputs.data, e->inputs.length);
  tess_text_add(out, ") -> %s", several ? "(" : "");
  write_types(e, out);
  tess_text_add(out, "%s {\n", several ? ")" : "");
  tess_text_add_n(out, tess_text_get(&e->constants), e->constants.length);
  tess_text_add_n(out, e->body.data, e->body.length);
  tess_text_add(out, "    return ");
  for (size_t i = 0; i < e->result_count; i++)
    tess_text_add(out, "%s%s", i ? ", " : "", e->results[i].name);
  tess_text_add(out, " : ");
  write_types(e, out);
  tess_text_add(out, "\n  }\n}\n");
}

static tess_status_t overflow_error(const tess_zoo_emitter_t *e) {
  return tess_error(TESS_OVERFLOW,
                    "%s with batch %" PRId64 " and %s %" PRId64
                    ": its sizes do not fit 64 bits; use smaller ones",
                    e->network->name, e->batch,
                    e->resolution ? "resolution" : "sequence",
                    e->resolution ? e->resolution : e->sequence);
}

/* The input is checked before anything is built: every later size follows from
 * it, so that no sum of a size and a padding can overflow. */
static tess_status_t emit(tess_zoo_emitter_t *e, tess_text_t *out) {
  int64_t rows = e->resolution ? e->resolution : e->sequence;
  int64_t columns = e->resolution ? e->resolution : 1;
  tess_zoo_product(e, 5, (int64_t[]){e->batch, rows, columns, 3, 4});
  if (e->overflow)
    return overflow_error(e);
  walkers[e->network->family](e);
  if (e->overflow)
    return overflow_error(e);
  write_module(e, out);
  return TESS_SUCCESS;
}

static tess_status_t check_types(const tess_zoo_options_t *o,
                                 const char *name) {
  if (o->dialect != TESS_ZOO_TOSA && o->dialect != TESS_ZOO_LINALG)
    return tess_error(TESS_UNSUPPORTED,
                      "%s: this dialect is not emitted; use tosa or linalg",
                      name);
  if (o->layout != TESS_ZOO_NHWC && o->layout != TESS_ZOO_NCHW)
    return tess_error(TESS_UNSUPPORTED,
                      "%s: this layout is not emitted; use nhwc or nchw", name);
  if (o->dtype != TESS_F32 && o->dtype != TESS_BF16 && o->dtype != TESS_F16 &&
      o->dtype != TESS_I8)
    return tess_error(TESS_UNSUPPORTED,
                      "%s: element type '%s' is not emitted; use f32, bf16, "
                      "f16 or i8",
                      name, tess_dtype_name(o->dtype));
  return TESS_SUCCESS;
}

/* NaN compares false, and so is refused. */
static tess_status_t check_multiplier(const char *name, const char *what,
                                      double value) {
  if (value == 0 || (value >= 0.01 && value <= 100))
    return TESS_SUCCESS;
  return tess_error(TESS_INVALID, "%s: %s is %g, but must be from 0.01 to 100",
                    name, what, value);
}

static tess_status_t check_image(const tess_zoo_options_t *o,
                                 const tess_zoo_network_t *network) {
  if (!network->resolution && o->resolution)
    return tess_error(TESS_INVALID,
                      "%s: takes no image, and so has no resolution",
                      network->name);
  if (o->resolution != 0 && o->resolution < 32)
    return tess_error(TESS_INVALID,
                      "%s: resolution is %" PRId64 ", but must be at least 32 "
                      "(or 0 for the network's own)",
                      network->name, o->resolution);
  return TESS_SUCCESS;
}

/* Images are cut into whole patches. */
static tess_status_t check_patches(const tess_zoo_options_t *o,
                                   const tess_zoo_network_t *network) {
  if (network->family != TESS_ZOO_FAMILY_TRANSFORMER ||
      !network->transformer->patch)
    return TESS_SUCCESS;
  int64_t patch = network->transformer->patch, rest = o->resolution % patch;
  bool huge = o->resolution > INT64_MAX - patch; /* overflows later */
  if (rest == 0 || huge)
    return TESS_SUCCESS;
  return tess_error(TESS_INVALID,
                    "%s: resolution is %" PRId64
                    ", but must be a multiple of %" PRId64 ": %" PRId64
                    " or %" PRId64,
                    network->name, o->resolution, patch, o->resolution - rest,
                    o->resolution - rest + patch);
}

static tess_status_t check_text(const tess_zoo_options_t *o,
                                const tess_zoo_network_t *network) {
  if (o->sequence == 0)
    return TESS_SUCCESS;
  if (!network->sequence)
    return tess_error(TESS_INVALID, "%s: takes no text, and so has no sequence",
                      network->name);
  const tess_zoo_transformer_t *net = network->transformer;
  int64_t most = net->positions - (net->kind == TESS_ZOO_DECODE);
  if (o->sequence > 0 && o->sequence <= most)
    return TESS_SUCCESS;
  return tess_error(TESS_INVALID,
                    "%s: sequence is %" PRId64
                    ", but must be from 1 to %" PRId64,
                    network->name, o->sequence, most);
}

static tess_status_t check_options(const tess_zoo_options_t *o,
                                   const tess_zoo_network_t *network) {
  const char *name = network->name;
  TESS_TRY(check_types(o, name));
  if (o->batch < 1)
    return tess_error(TESS_INVALID,
                      "%s: batch is %" PRId64 ", but must be at least 1", name,
                      o->batch);
  TESS_TRY(check_multiplier(name, "width", o->width));
  TESS_TRY(check_multiplier(name, "depth", o->depth));
  TESS_TRY(check_image(o, network));
  TESS_TRY(check_patches(o, network));
  return check_text(o, network);
}

/* The network's own multiplier times the one asked for. */
static int64_t combine(int64_t own, double asked) {
  int64_t factor =
      asked != 0 ? llround(asked * (double)TESS_ZOO_ONE) : TESS_ZOO_ONE;
  return (own * factor + TESS_ZOO_ONE / 2) / TESS_ZOO_ONE;
}

tess_status_t tess_zoo_emit(const char *name, const tess_zoo_options_t *options,
                            tess_text_t *out, tess_zoo_counts_t *counts) {
  tess_zoo_mobile_t mobile;
  tess_zoo_network_t network;
  TESS_TRY(tess_zoo_network_find(name, &mobile, &network));
  TESS_TRY(check_options(options, &network));
  bool quantised = options->dtype == TESS_I8;
  const char *element = tess_dtype_name(options->dtype);
  tess_zoo_emitter_t e = {
      .network = &network,
      .printer =
          options->dialect == TESS_ZOO_TOSA ? &tess_zoo_tosa : &tess_zoo_linalg,
      .batch = options->batch,
      .resolution =
          options->resolution ? options->resolution : network.resolution,
      .sequence = options->sequence ? options->sequence : network.sequence,
      .width = combine(network.width, options->width),
      .depth = combine(network.depth, options->depth),
      .nchw = options->layout == TESS_ZOO_NCHW,
      .quantised = quantised,
      .element = element,
      .real = quantised ? "f32" : element,
      .epsilon = network.epsilon};
  tess_status_t status = emit(&e, out);
  if (!status && counts)
    *counts = e.counts;
  tess_zoo_emitter_free(&e);
  return status;
}

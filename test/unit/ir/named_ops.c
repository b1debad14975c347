/* Every convolution, pool and product that linalg has a name for, at random
 * sizes, strides and dilations: as the named op, as upstream's own generic form
 * of it, and with bf16 operands that accumulate in f32. All read alike, and
 * with the numbers that the sizes give. */
#include "../load.h"
#include "tessera/base/random.h"
#include "upstream.h"
#include <stdarg.h>
#include <string.h>

/* Layouts are letters: N batch, D H W space, C input channels, F output
 * channels, M multiplier, G groups; of products, b batch, i j rows and columns,
 * k sum, I J K their outer tiles. The filter of a pool is its window. */
typedef struct named {
  const char *name, *data, *filter, *out;
} named_t;

static const named_t convolutions[] = {
    {"conv_1d", "W", "W", "W"},
    {"conv_2d", "HW", "HW", "HW"},
    {"conv_3d", "DHW", "DHW", "DHW"},
    {"conv_1d_nwc_wcf", "NWC", "WCF", "NWF"},
    {"conv_1d_ncw_fcw", "NCW", "FCW", "NFW"},
    {"conv_2d_nhwc_hwcf", "NHWC", "HWCF", "NHWF"},
    {"conv_2d_nhwc_hwcf_q", "NHWC", "HWCF", "NHWF"},
    {"conv_2d_nhwc_fhwc", "NHWC", "FHWC", "NHWF"},
    {"conv_2d_nhwc_fhwc_q", "NHWC", "FHWC", "NHWF"},
    {"conv_2d_nchw_fchw", "NCHW", "FCHW", "NFHW"},
    {"conv_2d_nchw_fchw_q", "NCHW", "FCHW", "NFHW"},
    {"conv_2d_ngchw_fgchw", "NGCHW", "FGCHW", "NGFHW"},
    {"conv_2d_ngchw_gfchw", "NGCHW", "GFCHW", "NGFHW"},
    {"conv_2d_ngchw_gfchw_q", "NGCHW", "GFCHW", "NGFHW"},
    {"conv_2d_nhwgc_gfhwc", "NHWGC", "GFHWC", "NHWGF"},
    {"conv_2d_nhwgc_gfhwc_q", "NHWGC", "GFHWC", "NHWGF"},
    {"conv_3d_ndhwc_dhwcf", "NDHWC", "DHWCF", "NDHWF"},
    {"conv_3d_ndhwc_dhwcf_q", "NDHWC", "DHWCF", "NDHWF"},
    {"conv_3d_ncdhw_fcdhw", "NCDHW", "FCDHW", "NFDHW"},
    {"depthwise_conv_1d_nwc_wc", "NWC", "WC", "NWC"},
    {"depthwise_conv_1d_ncw_cw", "NCW", "CW", "NCW"},
    {"depthwise_conv_1d_nwc_wcm", "NWC", "WCM", "NWCM"},
    {"depthwise_conv_2d_nhwc_hwc", "NHWC", "HWC", "NHWC"},
    {"depthwise_conv_2d_nhwc_hwc_q", "NHWC", "HWC", "NHWC"},
    {"depthwise_conv_2d_nchw_chw", "NCHW", "CHW", "NCHW"},
    {"depthwise_conv_2d_nhwc_hwcm", "NHWC", "HWCM", "NHWCM"},
    {"depthwise_conv_2d_nhwc_hwcm_q", "NHWC", "HWCM", "NHWCM"},
    {"depthwise_conv_3d_ndhwc_dhwc", "NDHWC", "DHWC", "NDHWC"},
    {"depthwise_conv_3d_ncdhw_cdhw", "NCDHW", "CDHW", "NCDHW"},
    {"depthwise_conv_3d_ndhwc_dhwcm", "NDHWC", "DHWCM", "NDHWCM"},
};

static const named_t pools[] = {
    {"pooling_nhwc_sum", "NHWC", "HW", "NHWC"},
    {"pooling_nhwc_max", "NHWC", "HW", "NHWC"},
    {"pooling_nhwc_min", "NHWC", "HW", "NHWC"},
    {"pooling_nchw_sum", "NCHW", "HW", "NCHW"},
    {"pooling_nchw_max", "NCHW", "HW", "NCHW"},
    {"pooling_nwc_sum", "NWC", "W", "NWC"},
    {"pooling_nwc_max", "NWC", "W", "NWC"},
    {"pooling_nwc_min", "NWC", "W", "NWC"},
    {"pooling_ncw_sum", "NCW", "W", "NCW"},
    {"pooling_ncw_max", "NCW", "W", "NCW"},
    {"pooling_ndhwc_sum", "NDHWC", "DHW", "NDHWC"},
    {"pooling_ndhwc_max", "NDHWC", "DHW", "NDHWC"},
    {"pooling_ndhwc_min", "NDHWC", "DHW", "NDHWC"},
};

static const named_t products[] = {
    {"matmul", "ik", "kj", "ij"},
    {"matmul", "ki", "kj", "ij"},
    {"matmul", "ik", "jk", "ij"},
    {"batch_matmul", "bik", "bkj", "bij"},
    {"batch_matmul", "bki", "bkj", "bij"},
    {"batch_matmul", "bik", "bjk", "bij"},
    {"batch_reduce_matmul", "Kik", "Kkj", "ij"},
    {"matvec", "ik", "k", "i"},
    {"vecmat", "k", "kj", "j"},
    {"dot", "k", "k", ""},
    {"batch_matvec", "bik", "bk", "bi"},
    {"batch_vecmat", "bk", "bkj", "bj"},
    {"mmt4d", "IKik", "JKjk", "IJij"},
    {"batch_mmt4d", "bIKik", "bJKjk", "bIJij"},
    {"quantized_matmul", "ik", "kj", "ij"},
    {"quantized_batch_matmul", "bik", "bkj", "bij"},
    {"contract", "bik", "kjb", "jib"},
    {"contract", "kiK", "jKk", "ij"},
};

/* ---- Sizes. ---- */

typedef struct sizes {
  int64_t of[128]; /* by letter; of D H W the result's */
  int64_t window[128], stride[128], dilation[128];
} sizes_t;

static int64_t between(tess_random_t *random, int64_t low, int64_t high) {
  return low + (int64_t)(tess_random_next(random) % (uint64_t)(high - low + 1));
}

static sizes_t draw(tess_random_t *random, bool steps) {
  sizes_t s;
  for (int letter = 0; letter < 128; letter++) {
    s.of[letter] = between(random, 2, 5);
    s.window[letter] = between(random, 1, 3);
    s.stride[letter] = steps ? between(random, 1, 3) : 1;
    s.dilation[letter] = steps ? between(random, 1, 2) : 1;
  }
  return s;
}

static bool is_space(char letter) { return strchr("DHW", letter) != NULL; }

typedef enum part { DATA, FILTER, OUT } part_t;

static int64_t size_of(const sizes_t *s, char letter, part_t part) {
  int at = letter;
  if (!is_space(letter) || part == OUT)
    return s->of[at];
  if (part == FILTER)
    return s->window[at];
  return (s->of[at] - 1) * s->stride[at] +
         (s->window[at] - 1) * s->dilation[at] + 1;
}

static int64_t product_of(const sizes_t *s, const char *letters, part_t part) {
  int64_t product = 1;
  for (; *letters; letters++)
    product *= size_of(s, *letters, part);
  return product;
}

/* ---- Text. ---- */

typedef struct text {
  char chars[8192];
  size_t length;
} text_t;

__attribute__((format(printf, 2, 3))) static void add(text_t *text,
                                                      const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int written = vsnprintf(text->chars + text->length,
                          sizeof text->chars - text->length, format, arguments);
  va_end(arguments);
  text->length += (size_t)written;
}

static void add_type(text_t *text, const sizes_t *s, const char *layout,
                     part_t part, const char *element) {
  add(text, "tensor<");
  for (; *layout; layout++)
    add(text, "%lldx", (long long)size_of(s, *layout, part));
  add(text, "%s>", element);
}

static void add_list(text_t *text, const char *name, const char *layout,
                     const int64_t *values) {
  const char *comma = "";
  int count = 0;
  add(text, "%s = dense<[", name);
  for (; *layout; layout++)
    if (is_space(*layout)) {
      add(text, "%s%lld", comma, (long long)values[(int)*layout]);
      comma = ", ";
      count++;
    }
  add(text, "]> : tensor<%dxi64>", count);
}

static void add_map(text_t *text, const named_t *op, const char *layout) {
  char letters[16] = "";
  const char *all[] = {op->out, op->data, op->filter};
  size_t count = 0;
  for (int i = 0; i < 3; i++)
    for (const char *at = all[i]; *at; at++)
      if (!strchr(letters, *at)) {
        letters[count++] = *at;
        letters[count] = '\0';
      }
  add(text, "affine_map<(");
  for (size_t i = 0; i < count; i++)
    add(text, "%s%c%c", i ? ", " : "", letters[i], letters[i]);
  add(text, ") -> (");
  for (const char *at = layout; *at; at++)
    add(text, "%s%c%c", at == layout ? "" : ", ", *at, *at);
  add(text, ")>");
}

typedef struct types {
  const char *in, *acc, *zero;
} types_t;

static void add_attributes(text_t *text, const named_t *op, const sizes_t *s,
                           bool steps, bool maps) {
  if (maps) {
    add(text, " indexing_maps = [");
    add_map(text, op, op->data);
    add(text, ", ");
    add_map(text, op, op->filter);
    add(text, ", ");
    add_map(text, op, op->out);
    add(text, "]");
  }
  if (!steps)
    return;
  add(text, " {");
  add_list(text, "strides", op->data, s->stride);
  add(text, ", ");
  add_list(text, "dilations", op->data, s->dilation);
  add(text, "}");
}

/* A quantised op has two zero points more. */
static void add_operation(text_t *text, const named_t *op, const sizes_t *s,
                          types_t types, bool steps, bool maps) {
  bool q = strncmp(op->name, "quantized", 9) == 0 ||
           strcmp(op->name + strlen(op->name) - 2, "_q") == 0;
  add(text, "func.func @f(%%a: ");
  add_type(text, s, op->data, DATA, types.in);
  add(text, ", %%b: ");
  add_type(text, s, op->filter, FILTER, types.in);
  add(text, ", %%c: ");
  add_type(text, s, op->out, OUT, types.acc);
  add(text, ", %%za: i32, %%zb: i32) -> ");
  add_type(text, s, op->out, OUT, types.acc);
  add(text, " {\n  %%r = linalg.%s", op->name);
  add_attributes(text, op, s, steps, maps);
  add(text, " ins(%%a, %%b%s : ", q ? ", %za, %zb" : "");
  add_type(text, s, op->data, DATA, types.in);
  add(text, ", ");
  add_type(text, s, op->filter, FILTER, types.in);
  add(text, "%s) outs(%%c : ", q ? ", i32, i32" : "");
  add_type(text, s, op->out, OUT, types.acc);
  add(text, ") -> ");
  add_type(text, s, op->out, OUT, types.acc);
  add(text, "\n  return %%r : ");
  add_type(text, s, op->out, OUT, types.acc);
  add(text, "\n}\n");
}

/* ---- Reading. ---- */

typedef void (*check_t)(const tess_node_t *node, const named_t *op,
                        const sizes_t *s);

/* The one node of the text, in both forms: equal but for its name. */
static void check_text(MlirContext context, const char *text, const named_t *op,
                       const sizes_t *s, check_t check) {
  tess_kernel_t first = {0};
  for (int generic = 0; generic < 2; generic++) {
    int before = tess_check_failures;
    MlirModule module = tess_load_text(context, text);
    if (mlirModuleIsNull(module)) {
      fprintf(stderr, "%s\n", text);
      return;
    }
    if (generic)
      upstream_generalise(module);
    tess_model_t *model;
    CHECK_OK(tess_ir_read(tess_load_function(module), &model));
    CHECK_EQ(model->node_count, 1);
    check(&model->nodes[0], op, s);
    if (!generic)
      first = model->nodes[0].kernel;
    CHECK(memcmp(&first, &model->nodes[0].kernel, sizeof first) == 0);
    if (tess_check_failures > before)
      fprintf(stderr, "%s, %s:\n%s\n", op->name, generic ? "generic" : "named",
              text);
    tess_model_destroy(model);
    mlirModuleDestroy(module);
  }
}

/* f32, mixed bf16, and int8; quantised ops as int8 alone. */
static void check_op(MlirContext context, const named_t *op, bool steps,
                     bool mixes, check_t check, tess_random_t *random) {
  static const types_t types[] = {
      {"f32", "f32", NULL}, {"bf16", "f32", NULL}, {"i8", "i32", NULL}};
  bool q = strncmp(op->name, "quantized", 9) == 0 ||
           strcmp(op->name + strlen(op->name) - 2, "_q") == 0;
  bool maps = !q && (strcmp(op->name, "contract") == 0 ||
                     strcmp(op->name, "matmul") == 0 ||
                     strcmp(op->name, "batch_matmul") == 0);
  for (int t = q ? 2 : 0; t < (mixes ? 3 : 1); t++)
    for (int round = 0; round < 4; round++) {
      sizes_t s = draw(random, steps);
      text_t text = {.length = 0};
      add_operation(&text, op, &s, types[t], steps, maps);
      check_text(context, text.chars, op, &s, check);
    }
}

/* ---- What the sizes give. ---- */

static void check_space(const tess_kernel_t *kernel, const named_t *op,
                        const sizes_t *s) {
  int32_t at = 0;
  for (const char *letter = op->data; *letter; letter++) {
    int l = *letter;
    if (!is_space(*letter))
      continue;
    CHECK_EQ(kernel->in_size[at], size_of(s, *letter, DATA));
    CHECK_EQ(kernel->out_size[at], s->of[l]);
    CHECK_EQ(kernel->window[at], s->window[l]);
    CHECK_EQ(kernel->stride[at], s->stride[l]);
    CHECK_EQ(kernel->dilation[at], s->dilation[l]);
    at++;
  }
  CHECK_EQ(kernel->spatial_rank, at);
}

static int64_t if_in(const sizes_t *s, const char *layout, char letter) {
  return strchr(layout, letter) ? s->of[(int)letter] : 1;
}

static void check_convolution(const tess_node_t *node, const named_t *op,
                              const sizes_t *s) {
  const tess_kernel_t *kernel = &node->kernel;
  bool depthwise = strncmp(op->name, "depthwise", 9) == 0;
  int64_t channels = if_in(s, op->data, 'C'), groups = if_in(s, op->data, 'G');
  int64_t per_output = 1; /* every output sums over window and channels */
  for (const char *letter = op->filter; *letter; letter++)
    if (is_space(*letter))
      per_output *= s->window[(int)*letter];
  per_output *= depthwise ? 1 : channels;
  CHECK_EQ(node->kind, depthwise ? TESS_NODE_DEPTHWISE : TESS_NODE_CONV);
  CHECK_EQ(kernel->macs, product_of(s, op->out, OUT) * per_output);
  CHECK_EQ(kernel->batch, if_in(s, op->data, 'N'));
  CHECK_EQ(kernel->groups, depthwise ? channels : groups);
  CHECK_EQ(kernel->in_channels, channels * groups);
  CHECK_EQ(kernel->out_channels, depthwise
                                     ? channels * if_in(s, op->filter, 'M')
                                     : groups * if_in(s, op->filter, 'F'));
  CHECK_EQ(kernel->k, per_output);
  CHECK_EQ(kernel->m * kernel->n * kernel->k * kernel->groups, kernel->macs);
  check_space(kernel, op, s);
}

static void check_pool(const tess_node_t *node, const named_t *op,
                       const sizes_t *s) {
  CHECK_EQ(node->kind, TESS_NODE_REDUCTION);
  CHECK_STRING(tess_combiner_name((tess_combiner_t)node->combiner),
               strrchr(op->name, '_') + 1);
  CHECK_EQ(node->kernel.m, product_of(s, op->out, OUT));
  CHECK_EQ(node->kernel.k, product_of(s, op->filter, FILTER));
  CHECK_EQ(node->kernel.vector_ops[TESS_VECTOR_SIMPLE],
           node->kernel.m * node->kernel.k);
  CHECK_EQ(node->kernel.batch, s->of['N']);
  CHECK_EQ(node->kernel.in_channels, s->of['C']);
  check_space(&node->kernel, op, s);
}

/* Letters of the one case belong to one of four sorts of loops. */
static void check_product(const tess_node_t *node, const named_t *op,
                          const sizes_t *s) {
  int64_t batch = 1, m = 1, n = 1, k = 1;
  for (const char *at = op->data; *at; at++) {
    bool in_filter = strchr(op->filter, *at), in_out = strchr(op->out, *at);
    int64_t size = s->of[(int)*at];
    batch *= in_filter && in_out ? size : 1;
    m *= !in_filter && in_out ? size : 1;
    k *= in_filter && !in_out ? size : 1;
  }
  for (const char *at = op->filter; *at; at++)
    n *= strchr(op->data, *at) ? 1 : s->of[(int)*at];
  CHECK_EQ(node->kind, TESS_NODE_MATMUL);
  CHECK_EQ(node->kernel.batch, batch);
  CHECK_EQ(node->kernel.m, m);
  CHECK_EQ(node->kernel.n, n);
  CHECK_EQ(node->kernel.k, k);
  CHECK_EQ(node->kernel.macs, batch * m * n * k);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  tess_random_t random = tess_random_make(4, 0);
  for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; i++)
    check_op(context, &convolutions[i],
             strchr(convolutions[i].data, 'N') != NULL, true, check_convolution,
             &random);
  for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
    check_op(context, &pools[i], true, false, check_pool, &random);
  for (size_t i = 0; i < sizeof products / sizeof *products; i++)
    check_op(context, &products[i], false, true, check_product, &random);
  mlirContextDestroy(context);
  return tess_check_result();
}

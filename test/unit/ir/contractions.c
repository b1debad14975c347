/* Convolutions and products in every layout, by name and as linalg.generic:
 * sizes and multiply-accumulates worked out by hand. */
#include "reading.h"

#define ACC(type)                                                              \
  "  %e = tensor.empty() : " type "\n  %c = arith.constant 0.0 : f32\n"        \
  "  %z = linalg.fill ins(%c : f32) outs(%e : " type ") -> " type "\n"
#define NAMED(op, attributes, a, b, out)                                       \
  "func.func @f(%a: " a ", %b: " b ") -> " out                                 \
  " {\n" ACC(out) "  %r = " op " " attributes " ins(%a, %b : " a ", " b        \
                  ") outs(%z : " out ") -> " out "\n  return %r : " out        \
                  "\n}\n"
#define MAPS(loops, a, b, out)                                                 \
  "{indexing_maps = [affine_map<(" loops ") -> (" a ")>, affine_map<(" loops   \
  ") -> (" b ")>, affine_map<(" loops ") -> (" out ")>], iterator_types = ["
#define BODY                                                                   \
  " {\n^bb0(%i: f32, %j: f32, %o: f32):\n  %m = arith.mulf %i, %j : f32\n"     \
  "  %s = arith.addf %o, %m : f32\n  linalg.yield %s : f32\n}"
#define GENERIC(maps, iterators, a, b, out)                                    \
  "func.func @f(%a: " a ", %b: " b ") -> " out                                 \
  " {\n" ACC(out) "  %r = linalg.generic " maps iterators "]} ins(%a, %b : " a \
                  ", " b ") outs(%z : " out ")" BODY " -> " out                \
                  "\n  return %r : " out "\n}\n"
#define P "\"parallel\", "
#define R "\"reduction\""

typedef struct contraction {
  int kind;
  const char *dims;
  int64_t macs;
  const char *text;
} contraction_t;

static const contraction_t contractions[] = {
    /* Transposed: each of the 4 x 5 inputs meets the whole filter. */
    {TESS_NODE_CONV, "1x4x5x3 -> 1x9x15x8 k3 s2x3", 4 * 5 * 3 * 9 * 8,
     "func.func @f(%x: tensor<1x4x5x3xf32>, %w: tensor<8x3x3x3xf32>, %b: "
     "tensor<8xf32>) -> tensor<1x9x15x8xf32> {\n"
     "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
     "tensor<1xf32>\n"
     "  %r = tosa.transpose_conv2d %x, %w, %b, %z, %z {acc_type = f32, out_pad "
     "= array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 3>} : "
     "(tensor<1x4x5x3xf32>, tensor<8x3x3x3xf32>, tensor<8xf32>, tensor<1xf32>, "
     "tensor<1xf32>) -> tensor<1x9x15x8xf32>\n"
     "  return %r : tensor<1x9x15x8xf32>\n}\n"},
    {TESS_NODE_CONV, "1x8x8x3 -> 1x3x3x5 k3 s2", 9 * 5 * 27,
     NAMED("linalg.conv_2d_nhwc_hwcf",
           "{strides = dense<2> : tensor<2xi64>, dilations = dense<1> : "
           "tensor<2xi64>}",
           "tensor<1x8x8x3xf32>", "tensor<3x3x3x5xf32>",
           "tensor<1x3x3x5xf32>")},
    {TESS_NODE_CONV, "1x8x8x3 -> 1x3x3x5 k3 s2", 9 * 5 * 27,
     GENERIC(MAPS("n, h, w, f, p, q, c", "n, h * 2 + p, w * 2 + q, c",
                  "p, q, c, f", "n, h, w, f"),
             P P P P R ", " R ", " R, "tensor<1x8x8x3xf32>",
             "tensor<3x3x3x5xf32>", "tensor<1x3x3x5xf32>")},
    {TESS_NODE_CONV, "2x9x5x3 -> 2x5x3x4 k3x2 d2", 2 * 15 * 4 * 18,
     NAMED("linalg.conv_2d_nchw_fchw",
           "{strides = dense<1> : tensor<2xi64>, dilations = dense<2> : "
           "tensor<2xi64>}",
           "tensor<2x3x9x5xf32>", "tensor<4x3x3x2xf32>",
           "tensor<2x4x5x3xf32>")},
    {TESS_NODE_CONV, "1x4x4x6 -> 1x4x4x10 k1 g2", 16 * 10 * 3,
     NAMED("linalg.conv_2d_ngchw_gfchw",
           "{strides = dense<1> : tensor<2xi64>, dilations = dense<1> : "
           "tensor<2xi64>}",
           "tensor<1x2x3x4x4xf32>", "tensor<2x5x3x1x1xf32>",
           "tensor<1x2x5x4x4xf32>")},
    {TESS_NODE_CONV, "1x10x3 -> 1x8x4 k3", 8 * 4 * 9,
     NAMED("linalg.conv_1d_nwc_wcf", "", "tensor<1x10x3xf32>",
           "tensor<3x3x4xf32>", "tensor<1x8x4xf32>")},
    {TESS_NODE_DEPTHWISE, "1x6x6x4 -> 1x4x4x8 k3", 16 * 8 * 9,
     NAMED("linalg.depthwise_conv_2d_nhwc_hwcm", "", "tensor<1x6x6x4xf32>",
           "tensor<3x3x4x2xf32>", "tensor<1x4x4x4x2xf32>")},
    {TESS_NODE_DEPTHWISE, "1x6x6x4 -> 1x4x4x4 k3", 16 * 4 * 9,
     NAMED("linalg.depthwise_conv_2d_nchw_chw", "", "tensor<1x4x6x6xf32>",
           "tensor<4x3x3xf32>", "tensor<1x4x4x4xf32>")},
    {TESS_NODE_DEPTHWISE, "1x6x6x4 -> 1x4x4x4 k3", 16 * 4 * 9,
     GENERIC(MAPS("n, h, w, c, p, q", "n, h + p, w + q, c", "p, q, c",
                  "n, h, w, c"),
             P P P P R ", " R, "tensor<1x6x6x4xf32>", "tensor<3x3x4xf32>",
             "tensor<1x4x4x4xf32>")},
    {TESS_NODE_MATMUL, "5x6x7", 5 * 6 * 7,
     NAMED("linalg.matmul", "", "tensor<5x6xf32>", "tensor<6x7xf32>",
           "tensor<5x7xf32>")},
    {TESS_NODE_MATMUL, "5x6x7", 5 * 6 * 7,
     GENERIC(MAPS("m, n, k", "m, k", "n, k", "m, n"), P P R, "tensor<5x6xf32>",
             "tensor<7x6xf32>", "tensor<5x7xf32>")},
    {TESS_NODE_MATMUL, "3x5x6x7", 3 * 5 * 6 * 7,
     NAMED("linalg.batch_matmul", "", "tensor<3x5x6xf32>", "tensor<3x6x7xf32>",
           "tensor<3x5x7xf32>")},
    {TESS_NODE_MATMUL, "1x6x7", 6 * 7,
     NAMED("linalg.vecmat", "", "tensor<6xf32>", "tensor<6x7xf32>",
           "tensor<7xf32>")},
};

static void check(MlirContext context, const contraction_t *expected) {
  reading_t reading;
  char dims[TESS_KERNEL_DIMS_CHARS];
  CHECK_OK(reading_parse(context, expected->text, &reading));
  if (!reading.model) {
    fprintf(stderr, "%s\n", expected->text);
    return;
  }
  const tess_model_t *model = reading.model;
  CHECK_EQ(model->contraction_count, 1);
  CHECK_EQ(model->macs, expected->macs);
  CHECK_EQ(model->unknown_count, 0);
  const tess_node_t *node = &model->nodes[model->node_count - 1];
  CHECK_EQ(node->kind, expected->kind);
  CHECK_STRING(tess_kernel_dims(&node->kernel, dims), expected->dims);
  CHECK_EQ(node->kernel.macs, expected->macs);
  CHECK_EQ(node->data, model->arguments[0]);
  CHECK_EQ(node->filter, model->arguments[1]);
  CHECK_EQ(model->values[node->data].role, TESS_ROLE_INPUT);
  CHECK_EQ(model->values[node->filter].role, TESS_ROLE_WEIGHT);
  const tess_kernel_t *k = &node->kernel;
  if (node->kind != TESS_NODE_MATMUL)
    CHECK_EQ(k->m * k->n * k->k * k->groups, k->macs);
  reading_close(&reading);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof contractions / sizeof *contractions; i++)
    check(context, &contractions[i]);
  mlirContextDestroy(context);
  return tess_check_result();
}

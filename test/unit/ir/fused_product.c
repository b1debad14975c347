/* Products and convolutions whose operands are computed in their bodies: read
 * like the plain ones, and told from sums that are no products. */
#include "reading.h"

#define GENERIC(maps, kinds, ins, types, out, body)                            \
  "%r = linalg.generic {indexing_maps = [" maps "], iterator_types = [" kinds  \
  "]} ins(" ins " : " types ") outs(%o : " out ") {\n" body                    \
  "linalg.yield %y : f32 } -> " out "\n return %r : " out " }\n"
#define P "\"parallel\""
#define S "\"reduction\""
#define ROWS "affine_map<(a, b, c) -> (a, c)>, "
#define COLUMNS "affine_map<(a, b, c) -> (c, b)>, "
#define VECTOR "affine_map<(a, b, c) -> (c)>, "
#define RESULT "affine_map<(a, b, c) -> (a, b)>"
#define MATMUL_ARGUMENTS                                                       \
  "%x: tensor<6x10xf32>, %s: tensor<10xf32>, %b: tensor<10xf32>, %w: "         \
  "tensor<10x20xf32>, %o: tensor<6x20xf32>"
#define MATMUL(body)                                                           \
  "func.func @f(" MATMUL_ARGUMENTS ") -> tensor<6x20xf32> {\n"                 \
  "%zero = arith.constant 0.0 : f32\n" GENERIC(                                \
      ROWS VECTOR VECTOR COLUMNS RESULT, P ", " P ", " S, "%x, %s, %b, %w",    \
      "tensor<6x10xf32>, tensor<10xf32>, tensor<10xf32>, tensor<10x20xf32>",   \
      "tensor<6x20xf32>",                                                      \
      "^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: "                          \
      "f32):\n" body)
#define NORM                                                                   \
  "%5 = arith.mulf %0, %1 : f32\n%6 = arith.addf %5, %2 : f32\n"               \
  "%7 = arith.maximumf %6, %zero : f32\n"

/* relu(x * s + b) times w. */
static const char matmul[] =
    MATMUL(NORM "%8 = arith.mulf %7, %3 : f32\n%y = arith.addf %4, %8 : f32\n");
static const char swapped[] =
    MATMUL(NORM "%8 = arith.mulf %3, %7 : f32\n%y = arith.addf %8, %4 : f32\n");
/* Both factors hold x; what was summed so far is a factor. */
static const char squares[] =
    MATMUL(NORM "%9 = arith.addf %7, %3 : f32\n%8 = arith.mulf %7, %9 : f32\n"
                "%y = arith.addf %4, %8 : f32\n");
static const char recurrence[] =
    MATMUL(NORM "%9 = arith.addf %4, %3 : f32\n%8 = arith.mulf %7, %9 : f32\n"
                "%y = arith.addf %4, %8 : f32\n");
/* Not a sum. */
static const char greatest[] =
    MATMUL(NORM "%8 = arith.mulf %7, %3 : f32\n%y = arith.maximumf %4, %8 : "
                "f32\n");

/* A convolution of 3x3 and stride 2 of the sum of two images. */
#define IMAGE                                                                  \
  "affine_map<(n, h, w, f, i, j, c) -> (n, h * 2 + i, w * 2 + j, c)>"
static const char convolution[] =
    "func.func @f(%x: tensor<1x9x9x4xf32>, %z: tensor<1x9x9x4xf32>, %w: "
    "tensor<3x3x4x8xf32>, %o: tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32> "
    "{\n" GENERIC(
        "affine_map<(n, h, w, f, i, j, c) -> (i, j, c, f)>, " IMAGE ", " IMAGE
        ", affine_map<(n, h, w, f, i, j, c) -> (n, h, w, f)>",
        P ", " P ", " P ", " P ", " S ", " S ", " S, "%w, %x, %z",
        "tensor<3x3x4x8xf32>, tensor<1x9x9x4xf32>, tensor<1x9x9x4xf32>",
        "tensor<1x4x4x8xf32>",
        "^bb0(%0: f32, %1: f32, %2: f32, %3: f32):\n"
        "%4 = arith.addf %1, %2 : f32\n%5 = arith.mulf %0, %4 : f32\n"
        "%y = arith.addf %3, %5 : f32\n");

/* A sum over space, each channel scaled: the scale is no filter. */
static const char pooled[] =
    "func.func @f(%x: tensor<9x9x4xf32>, %z: tensor<9x9x4xf32>, %w: "
    "tensor<4xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {\n" GENERIC(
        "affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, "
        "c)>, affine_map<(a, b, c) -> (c)>, affine_map<(a, b, c) -> (c)>",
        S ", " S ", " P, "%x, %z, %w",
        "tensor<9x9x4xf32>, tensor<9x9x4xf32>, tensor<4xf32>", "tensor<4xf32>",
        "^bb0(%0: f32, %1: f32, %2: f32, %3: f32):\n"
        "%4 = arith.addf %0, %1 : f32\n%5 = arith.mulf %4, %2 : f32\n"
        "%y = arith.addf %3, %5 : f32\n");

static MlirContext context;

static const tess_node_t *only_node(const char *text, reading_t *reading) {
  CHECK_OK(reading_parse(context, text, reading));
  const tess_model_t *model = reading->model;
  return model ? &model->nodes[model->node_count - 1] : NULL;
}

static void check_matmul(const char *text) {
  reading_t reading;
  const tess_node_t *node = only_node(text, &reading);
  if (node) {
    const tess_kernel_t *kernel = &node->kernel;
    CHECK_EQ(node->kind, TESS_NODE_MATMUL);
    CHECK_EQ(kernel->m, text == swapped ? 20 : 6);
    CHECK_EQ(kernel->n, text == swapped ? 6 : 20);
    CHECK_EQ(kernel->k, 10);
    CHECK_EQ(kernel->macs, 6 * 10 * 20);
    CHECK_EQ(kernel->vector_ops[TESS_VECTOR_SIMPLE], 3 * 60); /* mul add max */
    CHECK_EQ(node->input_count, 5);
    CHECK_EQ(reading.model->macs, 1200);
    CHECK_EQ(reading.model->values[node->data].elements,
             text == swapped ? 200 : 60);
  }
  reading_close(&reading);
}

static void check_convolution(void) {
  reading_t reading;
  const tess_node_t *node = only_node(convolution, &reading);
  if (node) {
    const tess_kernel_t *kernel = &node->kernel;
    CHECK_EQ(node->kind, TESS_NODE_CONV);
    CHECK_EQ(reading.model->values[node->data].elements, 9 * 9 * 4);
    CHECK_EQ(reading.model->values[node->filter].elements, 3 * 3 * 4 * 8);
    CHECK(kernel->window[0] == 3 && kernel->stride[1] == 2);
    CHECK(kernel->in_channels == 4 && kernel->out_channels == 8);
    CHECK_EQ(kernel->macs, 4 * 4 * 8 * 3 * 3 * 4);
    CHECK_EQ(kernel->vector_ops[TESS_VECTOR_SIMPLE], 9 * 9 * 4);
  }
  reading_close(&reading);
}

static void check_reduction(const char *text) {
  reading_t reading;
  const tess_node_t *node = only_node(text, &reading);
  if (node) {
    CHECK_EQ(node->kind, TESS_NODE_REDUCTION);
    CHECK_EQ(reading.model->macs, 0);
  }
  reading_close(&reading);
}

int main(void) {
  context = tess_ir_context_create();
  check_matmul(matmul);
  check_matmul(swapped);
  check_convolution();
  check_reduction(squares);
  check_reduction(recurrence);
  check_reduction(greatest);
  check_reduction(pooled);
  mlirContextDestroy(context);
  return tess_check_result();
}

/* Blocks against the papers' tables, in every exporter's form, and small
 * networks of the kinds that no exported file has. */
#include "reading.h"
#include <string.h>

enum { MOST_ROWS = 20 };

/* "mbconv 112x112x32 -> 112x112x16 e1 k3 s1 se" */
static void row_of(const tess_block_t *block, char *row, size_t size) {
  char dims[TESS_BLOCK_CHARS], details[TESS_BLOCK_CHARS];
  snprintf(row, size, "%s %s %s",
           tess_block_kind_name((tess_block_kind_t)block->kind),
           tess_block_dims(block, dims), tess_block_details(block, details));
  size_t length = strlen(row);
  if (row[length - 1] == ' ')
    row[length - 1] = 0;
}

/* Every contraction at inference is in exactly one block. */
static void check_cover(const tess_model_t *model) {
  int *seen = calloc((size_t)model->node_count + 1, sizeof *seen);
  for (int32_t b = 0; b < model->block_count; b++)
    for (int32_t i = 0; i < model->blocks[b].node_count; i++) {
      seen[model->blocks[b].nodes[i]]++;
      if (i)
        CHECK(model->blocks[b].nodes[i] > model->blocks[b].nodes[i - 1]);
    }
  for (int32_t n = 0; n < model->node_count; n++) {
    const tess_node_t *node = &model->nodes[n];
    if (node->kind <= TESS_NODE_MATMUL && !node->prepared)
      CHECK_EQ(seen[n], 1);
    CHECK(seen[n] <= 1);
  }
  free(seen);
}

static void check_rows(const tess_model_t *model, const char *const *rows) {
  int32_t count = 0;
  while (count < MOST_ROWS && rows[count])
    count++;
  CHECK_EQ(model->block_count, count);
  for (int32_t b = 0; b < model->block_count && b < count; b++) {
    char row[4 * TESS_BLOCK_CHARS];
    row_of(&model->blocks[b], row, sizeof row);
    CHECK_STRING(row, rows[b]);
  }
  check_cover(model);
}

/* ---- Exported networks. ---- */

/* Tan and Le, "EfficientNet", 2019, table 1, a row a layer; the expansion of
 * 6, the squeeze-and-excite and the residual additions are of section 4 and of
 * the authors' code. */
#define EFFICIENTNET_B0(classifier)                                            \
  {                                                                            \
    "stem 224x224x3 -> 112x112x32 k3 s2",                                      \
        "mbconv 112x112x32 -> 112x112x16 e1 k3 s1 se",                         \
        "mbconv 112x112x16 -> 56x56x24 e6 k3 s2 se",                           \
        "mbconv 56x56x24 e6 k3 s1 se res",                                     \
        "mbconv 56x56x24 -> 28x28x40 e6 k5 s2 se",                             \
        "mbconv 28x28x40 e6 k5 s1 se res",                                     \
        "mbconv 28x28x40 -> 14x14x80 e6 k3 s2 se",                             \
        "mbconv 14x14x80 e6 k3 s1 se res", "mbconv 14x14x80 e6 k3 s1 se res",  \
        "mbconv 14x14x80 -> 14x14x112 e6 k5 s1 se",                            \
        "mbconv 14x14x112 e6 k5 s1 se res",                                    \
        "mbconv 14x14x112 e6 k5 s1 se res",                                    \
        "mbconv 14x14x112 -> 7x7x192 e6 k5 s2 se",                             \
        "mbconv 7x7x192 e6 k5 s1 se res", "mbconv 7x7x192 e6 k5 s1 se res",    \
        "mbconv 7x7x192 e6 k5 s1 se res",                                      \
        "mbconv 7x7x192 -> 7x7x320 e6 k3 s1 se",                               \
        "head 7x7x320 -> " classifier " k1 s1"                                 \
  }

/* Howard et al., "Searching for MobileNetV3", 2019, table 1: "exp size", "SE",
 * "s" and "#out" of each row. */
#define MOBILENET_V3                                                           \
  {                                                                            \
    "stem 224x224x3 -> 112x112x16 k3 s2", "mbconv 112x112x16 e1 k3 s1 res",    \
        "mbconv 112x112x16 -> 56x56x24 e4 k3 s2",                              \
        "mbconv 56x56x24 e3 k3 s1 res",                                        \
        "mbconv 56x56x24 -> 28x28x40 e3 k5 s2 se",                             \
        "mbconv 28x28x40 e3 k5 s1 se res", "mbconv 28x28x40 e3 k5 s1 se res",  \
        "mbconv 28x28x40 -> 14x14x80 e6 k3 s2",                                \
        "mbconv 14x14x80 e200:80 k3 s1 res",                                   \
        "mbconv 14x14x80 e184:80 k3 s1 res",                                   \
        "mbconv 14x14x80 e184:80 k3 s1 res",                                   \
        "mbconv 14x14x80 -> 14x14x112 e6 k3 s1 se",                            \
        "mbconv 14x14x112 e6 k3 s1 se res",                                    \
        "mbconv 14x14x112 -> 7x7x160 e6 k5 s2 se",                             \
        "mbconv 7x7x160 e6 k5 s1 se res", "mbconv 7x7x160 e6 k5 s1 se res",    \
        "head 7x7x160 -> 1x1000 k1 s1"                                         \
  }

/* He et al., "Deep residual learning", 2015, table 1: 3, 4, 6 and 3 blocks; the
 * stride in the 3x3 is torchvision's. */
#define STAGE_256 "bottleneck 56x56x256 e1/4 k3 s1 res"
#define STAGE_512 "bottleneck 28x28x512 e1/4 k3 s1 res"
#define STAGE_1024 "bottleneck 14x14x1024 e1/4 k3 s1 res"
#define STAGE_2048 "bottleneck 7x7x2048 e1/4 k3 s1 res"
#define RESNET_50                                                              \
  {                                                                            \
    "stem 224x224x3 -> 112x112x64 k7 s2",                                      \
        "bottleneck 56x56x64 -> 56x56x256 e1 k3 s1 res1x1", STAGE_256,         \
        STAGE_256, "bottleneck 56x56x256 -> 28x28x512 e1/2 k3 s2 res1x1",      \
        STAGE_512, STAGE_512, STAGE_512,                                       \
        "bottleneck 28x28x512 -> 14x14x1024 e1/2 k3 s2 res1x1", STAGE_1024,    \
        STAGE_1024, STAGE_1024, STAGE_1024, STAGE_1024,                        \
        "bottleneck 14x14x1024 -> 7x7x2048 e1/2 k3 s2 res1x1", STAGE_2048,     \
        STAGE_2048, "head 1x2048 -> 1x1000"                                    \
  }

/* Dosovitskiy et al., "An image is worth 16x16 words", 2020, table 1 (Base):
 * 12 layers of width 768 with MLPs of 3072, on 196 patches and one class. */
#define LAYER "transformer 197x768 e4 res"
#define VIT_B_16                                                               \
  {                                                                            \
    "stem 224x224x3 -> 14x14x768 k16 s16", LAYER, LAYER, LAYER, LAYER, LAYER,  \
        LAYER, LAYER, LAYER, LAYER, LAYER, LAYER, LAYER,                       \
        "head 1x768 -> 1x1000"                                                 \
  }

/* Howard et al., "MobileNets", 2017, table 1, with a quarter of the channels
 * on images of 128: 13 pairs of depthwise and pointwise convolutions. */
#define REPEATED "mbconv 8x8x128 e1 k3 s1"
#define MOBILENET                                                              \
  {                                                                            \
    "stem 128x128x3 -> 64x64x8 k3 s2", "mbconv 64x64x8 -> 64x64x16 e1 k3 s1",  \
        "mbconv 64x64x16 -> 32x32x32 e1 k3 s2", "mbconv 32x32x32 e1 k3 s1",    \
        "mbconv 32x32x32 -> 16x16x64 e1 k3 s2", "mbconv 16x16x64 e1 k3 s1",    \
        "mbconv 16x16x64 -> 8x8x128 e1 k3 s2", REPEATED, REPEATED, REPEATED,   \
        REPEATED, REPEATED, "mbconv 8x8x128 -> 4x4x256 e1 k3 s2",              \
        "mbconv 4x4x256 e1 k3 s1", "head 1x1x256 -> 1x1x1000 k1 s1"            \
  }

/* The classifier is a product of one or 128 rows, or a 1x1 convolution. */
static const struct {
  const char *file, *rows[MOST_ROWS];
} exported[] = {
    {"efficientnet_b0.torch.linalg.mlir", EFFICIENTNET_B0("1x1000")},
    {"efficientnet_b0.torch.tosa.mlir", EFFICIENTNET_B0("1x1000")},
    {"efficientnet_b0.jax.linalg.mlir", EFFICIENTNET_B0("1x1000")},
    {"efficientnet_b0.tflite.tosa.mlir", EFFICIENTNET_B0("1x1x1000")},
    {"efficientnet_b0.tflite.tosa.int8.mlir", EFFICIENTNET_B0("1x1x1000")},
    {"efficientnet_b0.torch.linalg.bf16.b128.mlir",
     EFFICIENTNET_B0("128x1000")},
    {"efficientnet_b0.jax.linalg.bf16.b128.mlir", EFFICIENTNET_B0("128x1000")},
    {"mobilenet_v3_large.torch.linalg.mlir", MOBILENET_V3},
    {"resnet50.torch.linalg.mlir", RESNET_50},
    {"resnet50.torch.tosa.mlir", RESNET_50},
    {"vit_b_16.torch.linalg.mlir", VIT_B_16},
    {"vit_b_16.torch.tosa.mlir", VIT_B_16},
    {"mobilenet_025_128.tflite.tosa.weights.mlir", MOBILENET},
    {"mobilenet_025_128.tflite.tosa.int8.weights.mlir", MOBILENET},
};

static void check_exported(MlirContext context, const char *directory) {
  for (size_t i = 0; i < sizeof exported / sizeof *exported; i++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/models/%s", directory, exported[i].file);
    reading_t reading;
    CHECK_OK(reading_open(context, path, &reading));
    if (reading.model)
      check_rows(reading.model, exported[i].rows);
    reading_close(&reading);
  }
}

/* ---- Small networks. ---- */

#define IMAGE "tensor<1x8x8x16xf32>"
#define WIDE "tensor<1x8x8x64xf32>"
#define ZEROS "tensor<1xf32>"
/* A convolution of IMAGE or WIDE, with a bias of zeros. */
#define CONV(out, in, filter, pad, from, of, bias, to)                         \
  out " = tosa.conv2d " in ", " filter ", %" bias                              \
      ", %zp, %zp {acc_type = f32, dilation = array<i64: 1, 1>, "              \
      "pad = array<i64: " pad ", " pad ", " pad ", " pad                       \
      ">, stride = array<i64: 1, 1>} : (" from ", " of ", tensor<" bias        \
      "xf32>, " ZEROS ", " ZEROS ") -> " to "\n"
#define TWO(out, op, a, b, left, right, to)                                    \
  out " = tosa." op " " a ", " b " : (" left ", " right ") -> " to "\n"
#define PRODUCT(out, a, b, left, right, to)                                    \
  out " = tosa.matmul " a ", " b ", %zp, %zp : (" left ", " right ", " ZEROS   \
      ", " ZEROS ") -> " to "\n"
#define MUL(out, a, b, left, right, to)                                        \
  out " = tosa.mul " a ", " b ", %shift : (" left ", " right                   \
      ", tensor<1xi8>) -> " to "\n"
#define RELU(out, in, type)                                                    \
  out " = tosa.clamp " in                                                      \
      " {max_val = 3.4e38 : f32, min_val = 0.0 : f32} : (" type ") -> " type   \
      "\n"
#define CONSTANT(name, type, value)                                            \
  name " = \"tosa.const\"() <{values = dense<" value "> : " type               \
       "}> : () -> " type "\n"
#define NETWORK(body)                                                          \
  "func.func @main(%x: " IMAGE                                                 \
  ", %f3: tensor<16x3x3x16xf32>, %g3: tensor<16x3x3x16xf32>,"                  \
  " %up3: tensor<64x3x3x16xf32>, %up: tensor<64x1x1x16xf32>,"                  \
  " %down: tensor<16x1x1x64xf32>, %d: tensor<7x7x16x1xf32>,"                   \
  " %gamma: tensor<1x1x1x16xf32>, %beta: tensor<1x1x1x16xf32>)"                \
  " -> " IMAGE " {\n" CONSTANT("%zp", ZEROS, "0.0")                            \
      CONSTANT("%16", "tensor<16xf32>", "0.0")                                 \
          CONSTANT("%64", "tensor<64xf32>", "0.0")                             \
              CONSTANT("%shift", "tensor<1xi8>", "0") body                     \
      "return %r : " IMAGE "\n}\n"

#define FILTER3 "tensor<16x3x3x16xf32>"
#define ONE_CHANNEL "tensor<1x8x8x1xf32>"
#define NUMBER "tensor<1x1x1x1xf32>"
#define VECTOR "tensor<1x1x1x16xf32>"
#define MEAN(out, of)                                                          \
  out "s = tosa.reduce_sum " of " {axis = 3 : i32} : (" IMAGE                  \
      ") -> " ONE_CHANNEL                                                      \
      "\n" MUL(out, out "s", "%n", ONE_CHANNEL, NUMBER, ONE_CHANNEL)
#define LAYER_NORM                                                             \
  CONSTANT("%n", NUMBER, "0.0625")                                             \
  CONSTANT("%eps", NUMBER, "1.0e-6")                                           \
  MEAN("%m", "%c0")                                                            \
  TWO("%c1", "sub", "%c0", "%m", IMAGE, ONE_CHANNEL, IMAGE)                    \
  MUL("%c2", "%c1", "%c1", IMAGE, IMAGE, IMAGE)                                \
  MEAN("%v", "%c2")                                                            \
  TWO("%ve", "add", "%v", "%eps", ONE_CHANNEL, NUMBER, ONE_CHANNEL)            \
  "%i = tosa.rsqrt %ve : (" ONE_CHANNEL ") -> " ONE_CHANNEL                    \
  "\n" MUL("%c3", "%c1", "%i", IMAGE, ONE_CHANNEL, IMAGE)                      \
      MUL("%c4", "%c3", "%gamma", IMAGE, VECTOR, IMAGE)                        \
          TWO("%c5", "add", "%c4", "%beta", IMAGE, VECTOR, IMAGE)

/* A stem before each, so that what follows is no first convolution. */
#define STEM CONV("%s", "%x", "%g3", "1", IMAGE, FILTER3, "16", IMAGE)
#define STEM_ROW "stem 8x8x16 k3 s1"

static const struct {
  const char *text, *rows[MOST_ROWS];
} small[] = {
    /* He et al., 2015, figure 2. */
    {NETWORK(STEM CONV("%a", "%s", "%f3", "1", IMAGE, FILTER3, "16", IMAGE)
                 RELU("%b", "%a", IMAGE)
                     CONV("%c", "%b", "%g3", "1", IMAGE, FILTER3, "16", IMAGE)
                         TWO("%e", "add", "%c", "%s", IMAGE, IMAGE, IMAGE)
                             RELU("%r", "%e", IMAGE)),
     {STEM_ROW, "basic 8x8x16 e1 k3 s1 res"}},
    /* The same without the addition: plain layers. */
    {NETWORK(STEM CONV("%a", "%s", "%f3", "1", IMAGE, FILTER3, "16", IMAGE)
                 RELU("%b", "%a", IMAGE)
                     CONV("%c", "%b", "%g3", "1", IMAGE, FILTER3, "16", IMAGE)
                         RELU("%r", "%c", IMAGE)),
     {STEM_ROW, "conv 8x8x16 k3 s1", "conv 8x8x16 k3 s1"}},
    /* He et al., "Identity mappings", 2016, figure 4 (e): activations first. */
    {NETWORK(STEM RELU("%p", "%s", IMAGE)
                 CONV("%a", "%p", "%f3", "1", IMAGE, FILTER3, "16", IMAGE)
                     RELU("%b", "%a", IMAGE) CONV("%c", "%b", "%g3", "1", IMAGE,
                                                  FILTER3, "16", IMAGE)
                         TWO("%r", "add", "%c", "%s", IMAGE, IMAGE, IMAGE)),
     {STEM_ROW, "basic 8x8x16 e1 k3 s1 res"}},
    /* An addition of something else is no residual. */
    {NETWORK(STEM CONV("%a", "%s", "%f3", "1", IMAGE, FILTER3, "16", IMAGE)
                 RELU("%b", "%a", IMAGE)
                     CONV("%c", "%b", "%g3", "1", IMAGE, FILTER3, "16", IMAGE)
                         TWO("%r", "add", "%c", "%x", IMAGE, IMAGE, IMAGE)),
     {STEM_ROW, "conv 8x8x16 k3 s1", "conv 8x8x16 k3 s1"}},
    /* Tan and Le, "EfficientNetV2", 2021: fused MBConv without expansion. */
    {NETWORK(STEM CONV("%a", "%s", "%f3", "1", IMAGE, FILTER3, "16", IMAGE)
                 RELU("%b", "%a", IMAGE)
                     TWO("%r", "add", "%b", "%s", IMAGE, IMAGE, IMAGE)),
     {STEM_ROW, "conv 8x8x16 k3 s1 res"}},
    /* Vaswani et al., "Attention is all you need", 2017, section 3.3. */
    {"func.func @main(%x: tensor<1x8x16xf32>, %u: tensor<1x16x64xf32>, "
     "%d: tensor<1x64x16xf32>) -> tensor<1x8x16xf32> {\n" CONSTANT(
         "%zp", ZEROS, "0.0") PRODUCT("%a", "%x", "%u", "tensor<1x8x16xf32>",
                                      "tensor<1x16x64xf32>",
                                      "tensor<1x8x64xf32>")
         RELU("%b", "%a", "tensor<1x8x64xf32>") PRODUCT(
             "%c", "%b", "%d", "tensor<1x8x64xf32>", "tensor<1x64x16xf32>",
             "tensor<1x8x16xf32>")
             TWO("%r", "add", "%c", "%x", "tensor<1x8x16xf32>",
                 "tensor<1x8x16xf32>",
                 "tensor<1x8x16xf32>") "return %r : tensor<1x8x16xf32>\n}\n",
     {"mlp 8x16 e4 res"}},
    /* Shazeer, "GLU variants improve transformer", 2020: SwiGLU. */
    {"func.func @main(%x: tensor<1x8x16xf32>, %u: tensor<1x16x64xf32>, "
     "%g: tensor<1x16x64xf32>, %d: tensor<1x64x16xf32>) -> "
     "tensor<1x8x16xf32> {\n" CONSTANT("%zp", ZEROS, "0.0") CONSTANT(
         "%shift", "tensor<1xi8>",
         "0") PRODUCT("%a", "%x", "%u", "tensor<1x8x16xf32>",
                      "tensor<1x16x64xf32>", "tensor<1x8x64xf32>")
         PRODUCT(
             "%b", "%x",
             "%g", "tensor<1x8x16xf32>", "tensor<1x16x64xf32>",
             "tensor<1x8x64xf32>") "%e = tosa.sigmoid %b : "
                                   "(tensor<1x8x64xf32>) -> "
                                   "tensor<1x8x64xf32>\n" MUL("%f", "%b", "%e",
                                                              "tensor<"
                                                              "1x8x64xf32>",
                                                              "tensor<"
                                                              "1x8x64xf32>",
                                                              "tensor<"
                                                              "1x8x64xf32>")
                                       MUL("%h", "%a", "%f",
                                           "tensor<1x8x64xf32>",
                                           "tensor<1x8x64xf32>",
                                           "tensor<1x8x64xf32>")
                                           PRODUCT(
                                               "%c", "%h",
                                               "%d", "tensor<1x8x64xf32>",
                                               "tensor<1x64x16xf32>",
                                               "tensor<1x8x16xf32>")
                                               TWO("%r", "add", "%c", "%x",
                                                   "tensor<1x8x16xf32>",
                                                   "tensor<1x8x16xf32>",
                                                   "tensor<1x8x16xf32>") "retur"
                                                                         "n %r "
                                                                         ": "
                                                                         "tenso"
                                                                         "r<"
                                                                         "1x8x1"
                                                                         "6xf32"
                                                                         ">\n}"
                                                                         "\n",
     {"mlp 8x16 e4 res"}},
    /* Gupta and Tan, "EfficientNet-EdgeTPU", 2019. */
    {NETWORK(STEM CONV("%a", "%s", "%up3", "1", IMAGE, "tensor<64x3x3x16xf32>",
                       "64", WIDE) RELU("%b", "%a", WIDE)
                 CONV("%c", "%b", "%down", "0", WIDE, "tensor<16x1x1x64xf32>",
                      "16", IMAGE)
                     TWO("%r", "add", "%c", "%s", IMAGE, IMAGE, IMAGE)),
     {STEM_ROW, "fused-mbconv 8x8x16 e4 k3 s1 res"}},
    /* Liu et al., "A ConvNet for the 2020s", 2022, figure 4. */
    {NETWORK(
         STEM
         "%c0 = tosa.depthwise_conv2d %s, %d, %16, %zp, %zp {acc_type "
         "= f32, dilation = array<i64: 1, 1>, pad = array<i64: 3, 3, "
         "3, 3>, stride = array<i64: 1, 1>} : (" IMAGE
         ", tensor<7x7x16x1xf32>, tensor<16xf32>, " ZEROS ", " ZEROS
         ") -> " IMAGE "\n" LAYER_NORM CONV("%a", "%c5", "%up", "0", IMAGE,
                                            "tensor<64x1x1x16xf32>", "64", WIDE)
             RELU("%b", "%a", WIDE) CONV("%c", "%b", "%down", "0", WIDE,
                                         "tensor<16x1x1x64xf32>", "16", IMAGE)
                 MUL("%e", "%c", "%gamma", IMAGE, VECTOR, IMAGE)
                     TWO("%r", "add", "%e", "%s", IMAGE, IMAGE, IMAGE)),
     {STEM_ROW, "convnext 8x8x16 e4 k7 s1 res"}},
};

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
    reading_t reading;
    CHECK_OK(reading_parse(context, small[i].text, &reading));
    if (reading.model)
      check_rows(reading.model, small[i].rows);
    reading_close(&reading);
  }
  const char *directory = getenv("TESSERA_SHARED");
  if (directory && directory[0])
    check_exported(context, directory);
  mlirContextDestroy(context);
  return tess_check_result();
}

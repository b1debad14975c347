/* What counts as a parameter: biases and scales of a convolution in TOSA, as
 * constants and as arguments, also lowered to linalg; then the counts of
 * exported networks. */
#include "../load.h"
#include "upstream.h"

#define X "tensor<1x4x4x3xi8>"
#define Y "tensor<1x4x4x8xi32>"
#define CONSTANT(name, value, type)                                            \
  name " = \"tosa.const\"() <{values = dense<" value "> : " type               \
       "}> : () -> " type "\n"
#define FLOAT(bias)                                                            \
  "func.func @f(%x: tensor<1x4x4x3xf32>, %w: tensor<8x1x1x3xf32>) -> "         \
  "tensor<1x4x4x8xf32> {\n" CONSTANT("%b", bias, "tensor<8xf32>") CONSTANT(    \
      "%z", "0.0",                                                             \
      "tensor<1xf32>") "%r = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, " \
                       "dilation = "                                           \
                       "array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, "      \
                       "stride = "                                             \
                       "array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, "            \
                       "tensor<8x1x1x3xf32>, "                                 \
                       "tensor<8xf32>, tensor<1xf32>, tensor<1xf32>) -> "      \
                       "tensor<1x4x4x8xf32>\nreturn %r : "                     \
                       "tensor<1x4x4x8xf32>\n}\n"
#define INTEGER(arguments, constants)                                          \
  "func.func @f(%x: " X                                                        \
  ", %w: tensor<8x1x1x3xi8>, %b: tensor<8xi32>" arguments                      \
  ") -> tensor<1x4x4x8xi8> {\n" CONSTANT("%z", "0", "tensor<1xi8>")            \
      CONSTANT("%z32", "0", "tensor<1xi32>") constants                         \
      "%c = tosa.conv2d %x, %w, %b, %z, %z {acc_type = i32, dilation = "       \
      "array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: "   \
      "1, "                                                                    \
      "1>} : (" X ", tensor<8x1x1x3xi8>, tensor<8xi32>, tensor<1xi8>, "        \
      "tensor<1xi8>) -> " Y "\n"                                               \
      "%r = tosa.rescale %c, %m, %s, %z32, %z {input_unsigned = false, "       \
      "output_unsigned = false, per_channel = true, rounding_mode = "          \
      "DOUBLE_ROUND, scale32 = true} : (" Y ", tensor<8xi32>, tensor<8xi8>, "  \
      "tensor<1xi32>, tensor<1xi8>) -> tensor<1x4x4x8xi8>\n"                   \
      "return %r : tensor<1x4x4x8xi8>\n}\n"

typedef struct example {
  const char *text;
  int64_t parameters;
} example_t;

static const example_t examples[] = {
    /* TOSA asks for a bias: zeros stand for none. */
    {FLOAT("0.0"), 24},
    {FLOAT("0.5"), 24 + 8},
    {FLOAT("[1., 2., 3., 4., 5., 6., 7., 8.]"), 24 + 8},
    /* Multipliers and shifts were measured, not trained. */
    {INTEGER("", CONSTANT("%m", "[1, 2, 3, 4, 5, 6, 7, 8]", "tensor<8xi32>")
                     CONSTANT("%s", "[31, 32, 33, 34, 35, 36, 37, 38]",
                              "tensor<8xi8>")),
     24 + 8},
    {INTEGER(", %m: tensor<8xi32>, %s: tensor<8xi8>", ""), 24 + 8},
};

static const char to_linalg[] =
    "builtin.module(func.func(tosa-to-linalg-named,tosa-to-linalg,"
    "tosa-to-arith,tosa-to-tensor),canonicalize)";

static void check_count(MlirModule module, int64_t parameters) {
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  CHECK_EQ(model->parameters, parameters);
  CHECK_EQ(model->contraction_count > 0, true);
  int inputs = 0;
  for (int32_t a = 0; a < model->argument_count; a++)
    inputs += model->values[model->arguments[a]].role == TESS_ROLE_INPUT;
  CHECK_EQ(inputs, 1);
  tess_model_destroy(model);
}

static void check_example(MlirContext context, const example_t *example) {
  MlirModule module = tess_load_text(context, example->text);
  if (mlirModuleIsNull(module))
    return;
  check_count(module, example->parameters);
  upstream_run(module, to_linalg);
  check_count(module, example->parameters);
  mlirModuleDestroy(module);
}

static void check_file(MlirContext context, const char *file,
                       int64_t parameters) {
  MlirModule module = tess_load_shared(context, file);
  if (mlirModuleIsNull(module))
    return;
  check_count(module, parameters);
  mlirModuleDestroy(module);
}

/* Keras's MobileNet of width 1/4 has 475,544 parameters (its summary). Of each
 * of the 2,736 channels that are normalised TFLite folds four vectors away; the
 * fresh network's 1,000 biases of classes are zeros. */
enum { MOBILENET = 475544 - 4 * 2736 - 1000 };

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
    check_example(context, &examples[i]);
  check_file(context, "mobilenet_025_128.tflite.tosa.weights.mlir", MOBILENET);
  check_file(context, "mobilenet_025_128.tflite.tosa.int8.weights.mlir",
             MOBILENET);
  /* The same network in float and in bytes. */
  check_file(context, "efficientnet_b0.tflite.tosa.mlir", 5236192);
  check_file(context, "efficientnet_b0.tflite.tosa.int8.mlir", 5236192);
  mlirContextDestroy(context);
  return tess_check_result();
}

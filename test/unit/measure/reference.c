/* The interpreter on small functions whose results are known, and its bounds.
 */
#include "tessera/measure/reference.h"
#include "../load.h"

typedef struct run {
  tess_arena_t arena;
  tess_array_t *outputs;
  int32_t count;
  tess_status_t status;
} run_t;

/* Runs @f of a text on one argument of these numbers. */
static run_t run(MlirContext context, const char *text, const double *numbers) {
  run_t r = {.arena = TESS_ARENA_INIT};
  MlirModule module = tess_load_text(context, text);
  MlirOperation function = tess_load_function(module);
  tess_array_t input;
  MlirBlock block =
      mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  CHECK_OK(tess_array_of_type(mlirValueGetType(mlirBlockGetArgument(block, 0)),
                              &input));
  input = tess_array_make(&r.arena, input.dtype, input.rank, input.shape);
  for (int64_t i = 0; i < input.count; i++)
    tess_array_set(&input, i, numbers[i]);
  r.status = tess_reference_run(module, NULL, &input, 1, false, &r.arena,
                                &r.outputs, &r.count);
  mlirModuleDestroy(module);
  return r;
}

static void check_values(MlirContext context, const char *text,
                         const double *in, const double *out, int64_t count) {
  run_t r = run(context, text, in);
  CHECK_OK(r.status);
  if (!r.status) {
    CHECK_EQ(r.outputs[0].count, count);
    for (int64_t i = 0; i < count && i < r.outputs[0].count; i++)
      CHECK_NEAR(r.outputs[0].at[i].value, out[i], 1e-12);
  }
  tess_arena_free(&r.arena);
}

/* Every predicate of arith.cmpf on less, equal, greater and unordered. */
static void check_predicates(MlirContext context) {
  static const struct {
    const char *name;
    double less, equal, greater, unordered;
  } rows[] = {{"false", 0, 0, 0, 0}, {"oeq", 0, 1, 0, 0}, {"ogt", 0, 0, 1, 0},
              {"oge", 0, 1, 1, 0},   {"olt", 1, 0, 0, 0}, {"ole", 1, 1, 0, 0},
              {"one", 1, 0, 1, 0},   {"ord", 1, 1, 1, 0}, {"ueq", 0, 1, 0, 1},
              {"ugt", 0, 0, 1, 1},   {"uge", 0, 1, 1, 1}, {"ult", 1, 0, 0, 1},
              {"ule", 1, 1, 0, 1},   {"une", 1, 0, 1, 1}, {"uno", 0, 0, 0, 1},
              {"true", 1, 1, 1, 1}};
  const double in[] = {1, 2, 3, (double)NAN};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const double out[] = {rows[i].less, rows[i].equal, rows[i].greater,
                          rows[i].unordered};
    tess_text_t text = TESS_TEXT_INIT;
    tess_text_add(&text,
                  "func.func @f(%%x: tensor<4xf32>) -> tensor<4xi1> {\n"
                  "  %%two = arith.constant dense<2.0> : tensor<4xf32>\n"
                  "  %%r = arith.cmpf %s, %%x, %%two : tensor<4xf32>\n"
                  "  return %%r : tensor<4xi1>\n}\n",
                  rows[i].name);
    check_values(context, tess_text_get(&text), in, out, 4);
    tess_text_free(&text);
  }
}

/* A TOSA and a linalg convolution of the same numbers, stride 2, a column of
 * padding on the left: by hand. */
static void check_convolutions(MlirContext context) {
  const double in[] = {1, 2, 3, 4, 5, 6};
  check_values(
      context,
      "func.func @f(%x: tensor<1x2x3x1xf32>) -> tensor<1x1x2x1xf32> {\n"
      "  %w = \"tosa.const\"() <{values = dense<[[[[10.0], [10.0]], [[4.0], "
      "[1.0]]]]> : tensor<1x2x2x1xf32>}> : () -> tensor<1x2x2x1xf32>\n"
      "  %b = \"tosa.const\"() <{values = dense<99.0> : tensor<1xf32>}> : () "
      "-> tensor<1xf32>\n"
      "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
      "tensor<1xf32>\n"
      "  %r = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, dilation = "
      "array<i64: 1, 1>, pad = array<i64: 0, 0, 1, 0>, stride = array<i64: 2, "
      "2>} : (tensor<1x2x3x1xf32>, tensor<1x2x2x1xf32>, tensor<1xf32>, "
      "tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x1xf32>\n"
      "  return %r : tensor<1x1x2x1xf32>\n}\n",
      in, (const double[]){10 * 1 + 1 * 4 + 99, 10 * 5 + 4 * 5 + 6 + 99}, 2);
  check_values(
      context,
      "func.func @f(%x: tensor<1x1x2x3xf32>) -> tensor<1x1x1x2xf32> {\n"
      "  %w = arith.constant dense<[[[[10.0, 10.0], [4.0, 1.0]]]]> : "
      "tensor<1x1x2x2xf32>\n"
      "  %z = arith.constant 0.0 : f32\n"
      "  %b = arith.constant dense<99.0> : tensor<1x1x1x2xf32>\n"
      "  %p = tensor.pad %x low[0, 0, 0, 1] high[0, 0, 0, 0] {\n"
      "  ^bb0(%i: index, %j: index, %k: index, %l: index):\n"
      "    tensor.yield %z : f32\n"
      "  } : tensor<1x1x2x3xf32> to tensor<1x1x2x4xf32>\n"
      "  %r = linalg.conv_2d_nchw_fchw {strides = dense<2> : vector<2xi64>} "
      "ins(%p, %w : tensor<1x1x2x4xf32>, tensor<1x1x2x2xf32>) outs(%b : "
      "tensor<1x1x1x2xf32>) -> tensor<1x1x1x2xf32>\n"
      "  return %r : tensor<1x1x1x2xf32>\n}\n",
      in, (const double[]){10 * 1 + 1 * 4 + 99, 10 * 5 + 4 * 5 + 6 + 99}, 2);
}

/* Integers wrap, shift and saturate as TOSA and arith say. */
static void check_integers(MlirContext context) {
  const double in[] = {-128, -1, 5, 127};
  check_values(context,
               "func.func @f(%x: tensor<4xi8>) -> tensor<4xi8> {\n"
               "  %r = arith.addi %x, %x : tensor<4xi8>\n"
               "  return %r : tensor<4xi8>\n}\n",
               in, (const double[]){0, -2, 10, -2}, 4);
  check_values(
      context,
      "func.func @f(%x: tensor<4xi8>) -> tensor<4xi8> {\n"
      "  %m = \"tosa.const\"() <{values = dense<1610612736> : tensor<1xi32>}> "
      ": () -> tensor<1xi32>\n"
      "  %s = \"tosa.const\"() <{values = dense<30> : tensor<1xi8>}> : () -> "
      "tensor<1xi8>\n"
      "  %z = \"tosa.const\"() <{values = dense<3> : tensor<1xi8>}> : () -> "
      "tensor<1xi8>\n"
      "  %r = tosa.rescale %x, %m, %s, %z, %z {input_unsigned = false, "
      "output_unsigned = false, per_channel = false, rounding_mode = "
      "SINGLE_ROUND, scale32 = true} : (tensor<4xi8>, tensor<1xi32>, "
      "tensor<1xi8>, tensor<1xi8>, tensor<1xi8>) -> tensor<4xi8>\n"
      "  return %r : tensor<4xi8>\n}\n",
      /* 1.5 (x - 3) + 3, halves up */
      in, (const double[]){-128, -3, 6, 127}, 4);
}

/* A sum of integers that f32 holds is exact, one of fractions is not; the
 * bounds are those of its length. */
static void check_bounds(MlirContext context) {
  static const char text[] =
      "func.func @f(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {\n"
      "  %r = tosa.reduce_sum %x {axis = 1 : i32} : (tensor<1x4xf32>) -> "
      "tensor<1x1xf32>\n"
      "  return %r : tensor<1x1xf32>\n}\n";
  run_t whole = run(context, text, (const double[]){1, 2, 3, -4});
  run_t parts = run(context, text, (const double[]){0.5, 2, 3, -4});
  CHECK_OK(whole.status);
  CHECK_OK(parts.status);
  CHECK(whole.outputs[0].at[0].rounding == 0);
  CHECK(whole.outputs[0].at[0].residue == 0);
  double bound = parts.outputs[0].at[0].rounding;
  CHECK(bound >= 3 * 9.5 * 0x1p-24); /* three additions */
  CHECK(bound <= 20 * 9.5 * 0x1p-24);
  CHECK(parts.outputs[0].at[0].residue <= bound * 0x1p-28);
  tess_arena_free(&whole.arena);
  tess_arena_free(&parts.arena);
}

static void check_errors(MlirContext context) {
  run_t r = run(context,
                "func.func @f(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {\n"
                "  %r = linalg.softmax dimension(1) ins(%x : tensor<2x2xf32>) "
                "outs(%x : tensor<2x2xf32>) -> tensor<2x2xf32>\n"
                "  return %r : tensor<2x2xf32>\n}\n",
                (const double[]){1, 2, 3, 4});
  CHECK_ERROR(r.status, TESS_UNSUPPORTED, "linalg.softmax");
  tess_arena_free(&r.arena);
  r = run(context,
          "func.func @f(%x: tensor<2xf32>) -> f32 {\n"
          "  %i = arith.constant 2 : index\n"
          "  %r = tensor.extract %x[%i] : tensor<2xf32>\n"
          "  return %r : f32\n}\n",
          (const double[]){1, 2});
  CHECK_ERROR(r.status, TESS_INVALID, "outside");
  tess_arena_free(&r.arena);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_predicates(context);
  check_convolutions(context);
  check_integers(context);
  check_bounds(context);
  check_errors(context);
  mlirContextDestroy(context);
  return tess_check_result();
}

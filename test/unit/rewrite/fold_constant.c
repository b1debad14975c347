/* Constants regrouped by every op that is folded: nothing of the chain is left,
 * the numbers are those of the JIT's run of the original, and those counted by
 * hand. */
#include "../../../lib/rewrite/fold_constant.h"
#include "../../../lib/rewrite/build.h"
#include "../load.h"
#include "tessera/measure/verify.h"
#include <string.h>

static void collect(MlirStringRef text, void *out) {
  tess_text_add(out, "%.*s", (int)text.length, text.data);
}

static void print(MlirModule module, tess_text_t *out) {
  MlirOpPrintingFlags flags = mlirOpPrintingFlagsCreate();
  mlirOperationPrintWithFlags(mlirModuleGetOperation(module), flags, collect,
                              out);
  mlirOpPrintingFlagsDestroy(flags);
}

/* Folds a copy and runs both. `gone`: names of ops that must not be left;
 * `has`: text of the result. */
static void check(MlirContext context, const char *source,
                  const char *const *gone, const char *has) {
  MlirModule original = tess_load_text(context, source);
  MlirModule folded = tess_load_clone(original);
  tess_build_begin(context);
  tess_fold_constants(tess_load_function(folded));
  CHECK(mlirOperationVerify(mlirModuleGetOperation(folded)));
  tess_text_t text = TESS_TEXT_INIT;
  print(folded, &text);
  for (; *gone; gone++)
    CHECK(!strstr(tess_text_get(&text), *gone));
  CHECK(strstr(tess_text_get(&text), has));
  if (!strstr(tess_text_get(&text), has))
    fprintf(stderr, "%s\n", tess_text_get(&text));
  const tess_verify_options_t options = {.seeds = 1, .first_seed = 1};
  tess_verify_report_t report = {0};
  CHECK_OK(tess_verify(original, folded, &options, &report));
  CHECK(report.equal && report.greatest_error == 0);
  tess_text_free(&text);
  mlirModuleDestroy(original);
  mlirModuleDestroy(folded);
}

/* Rows 1 2 3 and 4 5 6 become columns, gain a row of 9 above and a column of
 * 9 behind, and lose the last row: 9 9 9, 1 4 9, 2 5 9. Then all of it twice,
 * side by side. */
static const char tosa[] =
    "func.func @f(%x: tensor<3x6xf32>) -> tensor<3x6xf32> {\n"
    "  %w = \"tosa.const\"() <{values = dense<[1., 2., 3., 4., 5., 6.]> : "
    "tensor<6xf32>}> : () -> tensor<6xf32>\n"
    "  %s = tosa.const_shape {values = dense<[2, 3]> : tensor<2xindex>} : () "
    "-> !tosa.shape<2>\n"
    "  %p = tosa.const_shape {values = dense<[1, 0, 0, 1]> : tensor<4xindex>} "
    ": () -> !tosa.shape<4>\n"
    "  %o = tosa.const_shape {values = dense<0> : tensor<2xindex>} : () -> "
    "!tosa.shape<2>\n"
    "  %t = tosa.const_shape {values = dense<3> : tensor<2xindex>} : () -> "
    "!tosa.shape<2>\n"
    "  %n = \"tosa.const\"() <{values = dense<9.> : tensor<1xf32>}> : () -> "
    "tensor<1xf32>\n"
    "  %0 = tosa.reshape %w, %s : (tensor<6xf32>, !tosa.shape<2>) -> "
    "tensor<2x3xf32>\n"
    "  %1 = tosa.transpose %0 {perms = array<i32: 1, 0>} : (tensor<2x3xf32>) "
    "-> tensor<3x2xf32>\n"
    "  %2 = tosa.pad %1, %p, %n : (tensor<3x2xf32>, !tosa.shape<4>, "
    "tensor<1xf32>) -> tensor<4x3xf32>\n"
    "  %3 = tosa.slice %2, %o, %t : (tensor<4x3xf32>, !tosa.shape<2>, "
    "!tosa.shape<2>) -> tensor<3x3xf32>\n"
    "  %4 = tosa.concat %3, %3 {axis = 1 : i32} : (tensor<3x3xf32>, "
    "tensor<3x3xf32>) -> tensor<3x6xf32>\n"
    "  %r = tosa.add %x, %4 : (tensor<3x6xf32>, tensor<3x6xf32>) -> "
    "tensor<3x6xf32>\n"
    "  return %r : tensor<3x6xf32>\n}\n";

/* Every other column of 0 … 7 in rows of four, from the second on: 1 3, 5 7;
 * turned, padded with a row of 9, in front of the untouched turned one. The
 * constant that is read as it is stays. */
static const char linalg[] =
    "func.func @f(%x: tensor<5x2xf16>, %y: tensor<8xf16>) -> "
    "(tensor<5x2xf16>, tensor<8xf16>) {\n"
    "  %w = arith.constant dense<[0., 1., 2., 3., 4., 5., 6., 7.]> : "
    "tensor<8xf16>\n"
    "  %n = arith.constant 9.0 : f16\n"
    "  %0 = tensor.expand_shape %w [[0, 1]] output_shape [2, 4] : "
    "tensor<8xf16> into tensor<2x4xf16>\n"
    "  %1 = tensor.extract_slice %0[0, 1] [2, 2] [1, 2] : tensor<2x4xf16> to "
    "tensor<2x2xf16>\n"
    "  %e = tensor.empty() : tensor<2x2xf16>\n"
    "  %2 = linalg.transpose ins(%1 : tensor<2x2xf16>) outs(%e : "
    "tensor<2x2xf16>) permutation = [1, 0]\n"
    "  %3 = tensor.pad %2 low[0, 0] high[1, 0] {\n"
    "  ^bb0(%a: index, %b: index):\n    tensor.yield %n : f16\n"
    "  } : tensor<2x2xf16> to tensor<3x2xf16>\n"
    "  %4 = tensor.concat dim(0) %3, %2 : (tensor<3x2xf16>, tensor<2x2xf16>) "
    "-> tensor<5x2xf16>\n"
    "  %r = arith.addf %x, %4 : tensor<5x2xf16>\n"
    "  %q = arith.addf %y, %w : tensor<8xf16>\n"
    "  return %r, %q : tensor<5x2xf16>, tensor<8xf16>\n}\n";

/* A splat stays one through all that moves it, and becomes whole by a pad. */
static const char splat[] =
    "func.func @f(%x: tensor<3x2xi8>, %y: tensor<3x1xi8>) -> (tensor<3x2xi8>, "
    "tensor<3x1xi8>) {\n"
    "  %w = arith.constant dense<5> : tensor<1x3xi8>\n"
    "  %n = arith.constant -1 : i8\n"
    "  %e = tensor.empty() : tensor<3x1xi8>\n"
    "  %0 = linalg.transpose ins(%w : tensor<1x3xi8>) outs(%e : "
    "tensor<3x1xi8>) permutation = [1, 0]\n"
    "  %1 = tensor.pad %0 low[0, 1] high[0, 0] {\n"
    "  ^bb0(%a: index, %b: index):\n    tensor.yield %n : i8\n"
    "  } : tensor<3x1xi8> to tensor<3x2xi8>\n"
    "  %r = arith.addi %x, %1 : tensor<3x2xi8>\n"
    "  %q = arith.addi %y, %0 : tensor<3x1xi8>\n"
    "  return %r, %q : tensor<3x2xi8>, tensor<3x1xi8>\n}\n";

/* What depends on the data, or pads with what is no constant, stays. */
static const char kept[] =
    "func.func @f(%x: tensor<2x2xf32>, %t: tensor<f32>) -> tensor<3x2xf32> {\n"
    "  %n = tensor.extract %t[] : tensor<f32>\n"
    "  %w = arith.constant dense<[[1., 2.], [3., 4.]]> : tensor<2x2xf32>\n"
    "  %0 = tensor.pad %w low[0, 0] high[1, 0] {\n"
    "  ^bb0(%a: index, %b: index):\n    tensor.yield %n : f32\n"
    "  } : tensor<2x2xf32> to tensor<3x2xf32>\n"
    "  %c = tensor.concat dim(0) %w, %x : (tensor<2x2xf32>, tensor<2x2xf32>) "
    "-> tensor<4x2xf32>\n"
    "  %s = tensor.extract_slice %c[1, 0] [3, 2] [1, 1] : tensor<4x2xf32> to "
    "tensor<3x2xf32>\n"
    "  %r = arith.addf %0, %s : tensor<3x2xf32>\n"
    "  return %r : tensor<3x2xf32>\n}\n";

int main(void) {
  MlirContext context = tess_ir_context_create();
  const char *const no_tosa[] = {"tosa.reshape", "tosa.transpose", "tosa.pad",
                                 "tosa.slice",   "tosa.concat",    NULL};
  const char *const no_tensor[] = {"expand_shape",     "extract_slice",
                                   "linalg.transpose", "tensor.pad",
                                   "tensor.concat",    NULL};
  check(context, tosa, no_tosa,
        "9.000000e+00, 9.000000e+00, 9.000000e+00, 9.000000e+00, "
        "9.000000e+00, 9.000000e+00], [1.000000e+00, 4.000000e+00, "
        "9.000000e+00, 1.000000e+00, 4.000000e+00, 9.000000e+00], "
        "[2.000000e+00, 5.000000e+00, 9.000000e+00, 2.000000e+00");
  check(context, linalg, no_tensor,
        "[[1.000000e+00, 5.000000e+00], [3.000000e+00, 7.000000e+00], "
        "[9.000000e+00, 9.000000e+00], [1.000000e+00, 5.000000e+00], "
        "[3.000000e+00, 7.000000e+00]]");
  check(context, splat, no_tensor, "dense<[[-1, 5], [-1, 5], [-1, 5]]>");
  check(context, splat, no_tensor, "dense<5> : tensor<3x1xi8>");
  const char *const none[] = {NULL};
  check(context, kept, none, "tensor.pad");
  check(context, kept, none, "tensor.concat");
  mlirContextDestroy(context);
  return tess_check_result();
}

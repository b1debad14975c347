/* Grouped convolutions of every form and type as dense ones, run through the
 * JIT. */
#include "all_exact.h"
#include "fill_in.h"

static const struct {
  const char *op, *data, *filter, *result;
  bool quantised;
} forms[] = {
    {"conv_2d_ngchw_fgchw", "2x3x4x9x8", "5x3x4x3x2", "2x3x5x5x7", false},
    {"conv_2d_ngchw_gfchw", "2x3x4x9x8", "3x5x4x3x2", "2x3x5x5x7", false},
    {"conv_2d_nhwgc_gfhwc", "2x9x8x3x4", "3x5x3x2x4", "2x5x7x3x5", false},
    {"conv_2d_ngchw_gfchw_q", "2x3x4x9x8", "3x5x4x3x2", "2x3x5x5x7", true},
    {"conv_2d_nhwgc_gfhwc_q", "2x9x8x3x4", "3x5x3x2x4", "2x5x7x3x5", true},
};

static const char source[] =
    "func.func @f(%x: tensor<$Dx$T>, %w: tensor<$Fx$T>, %i: tensor<$Rx$A>) -> "
    "tensor<$Rx$A> {\n  %zx = arith.constant -7 : i32\n  %zw = arith.constant "
    "3 : i32\n  %r = linalg.$O {dilations = dense<[2, 1]> : vector<2xi64>, "
    "strides = dense<1> : vector<2xi64>} ins(%x, %w$Z : tensor<$Dx$T>, "
    "tensor<$Fx$T>$Y) outs(%i : tensor<$Rx$A>) -> tensor<$Rx$A>\n"
    "  return %r : tensor<$Rx$A>\n}\n";

static void check(MlirContext context, size_t form, const char *type,
                  const char *accumulator) {
  bool q = forms[form].quantised;
  const filling_t fillings[] = {{'T', type},
                                {'A', accumulator},
                                {'D', forms[form].data},
                                {'F', forms[form].filter},
                                {'R', forms[form].result},
                                {'O', forms[form].op},
                                {'Z', q ? ", %zx, %zw" : ""},
                                {'Y', q ? ", i32, i32" : ""}};
  tess_text_t text = TESS_TEXT_INIT;
  fill_in(&text, source, fillings, 8);
  check_exact_of(context, tess_text_get(&text), rewrite_named("dense-grouped"),
                 1, forms[form].op);
  tess_text_free(&text);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    if (forms[i].quantised) {
      check(context, i, "i8", "i32");
      continue;
    }
    check(context, i, "f32", "f32");
    check(context, i, "f16", "f16");
    check(context, i, "bf16", "f32");
    check(context, i, "i8", "i32");
  }
  mlirContextDestroy(context);
  return tess_check_result();
}

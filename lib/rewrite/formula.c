/* Formulas in TOSA and in arith and math. */
#include "formula.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include <float.h>
#include <math.h>
#include <stdio.h>

static MlirStringRef ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

MlirValue tess_formula_number(tess_formula_t *f, double number) {
  return tess_build_number(f->b, number, f->type);
}

/* ---- Sums and products. ---- */

static MlirValue tosa_product(tess_formula_t *f, MlirValue x, MlirValue y) {
  if (mlirValueIsNull(f->shift)) {
    const int64_t one[] = {1};
    MlirType i8 = mlirIntegerTypeGet(f->b->context, 8);
    f->shift = tess_build_number(
        f->b, 0, mlirRankedTensorTypeGet(1, one, i8, mlirAttributeGetNull()));
  }
  const MlirValue operands[] = {x, y, f->shift};
  const tess_op_t op = {.name = "tosa.mul",
                        .operands = operands,
                        .operand_count = 3,
                        .type = f->type};
  return tess_build_op(f->b, &op);
}

static MlirValue arith(tess_formula_t *f, const char *name, MlirValue x,
                       MlirValue y) {
  const MlirValue operands[] = {x, y};
  tess_op_t op = {
      .name = name, .operands = operands, .operand_count = 2, .type = f->type};
  MlirNamedAttribute attribute;
  if (!mlirAttributeIsNull(f->flags)) {
    attribute = tess_build_attribute(f->b, "fastmath", f->flags);
    op.attributes = &attribute;
    op.attribute_count = 1;
  }
  return tess_build_op(f->b, &op);
}

MlirValue tess_formula_add(tess_formula_t *f, MlirValue x, MlirValue y) {
  return f->b->tosa ? tess_build_binary(f->b, "tosa.add", x, y, f->type)
                    : arith(f, "arith.addf", x, y);
}

MlirValue tess_formula_subtract(tess_formula_t *f, MlirValue x, MlirValue y) {
  return f->b->tosa ? tess_build_binary(f->b, "tosa.sub", x, y, f->type)
                    : arith(f, "arith.subf", x, y);
}

MlirValue tess_formula_multiply(tess_formula_t *f, MlirValue x, MlirValue y) {
  return f->b->tosa ? tosa_product(f, x, y) : arith(f, "arith.mulf", x, y);
}

MlirValue tess_formula_divide(tess_formula_t *f, MlirValue x, MlirValue y) {
  if (!f->b->tosa)
    return tess_build_binary(f->b, "arith.divf", x, y, f->type);
  MlirValue inverse =
      tess_build_unary(f->b, "tosa.reciprocal", y, NULL, 0, f->type);
  return tosa_product(f, x, inverse);
}

/* The number comes second: the first operand has the result's shape. */
MlirValue tess_formula_plus(tess_formula_t *f, MlirValue x, double number) {
  return tess_formula_add(f, x, tess_formula_number(f, number));
}

MlirValue tess_formula_times(tess_formula_t *f, MlirValue x, double number) {
  return tess_formula_multiply(f, x, tess_formula_number(f, number));
}

/* ---- Clamps. ---- */

static double greatest_finite(MlirType element) {
  if (mlirTypeIsAF16(element))
    return 65504.0;
  return mlirTypeIsABF16(element) ? 0x1.FEp+127 : (double)FLT_MAX;
}

static MlirValue tosa_clamp(tess_formula_t *f, MlirValue x, double low,
                            double high) {
  double most = greatest_finite(f->element);
  MlirAttribute least =
      mlirFloatAttrDoubleGet(f->b->context, f->element, fmax(low, -most));
  MlirAttribute greatest =
      mlirFloatAttrDoubleGet(f->b->context, f->element, fmin(high, most));
  const MlirNamedAttribute bounds[] = {
      tess_build_attribute(f->b, "min_val", least),
      tess_build_attribute(f->b, "max_val", greatest)};
  return tess_build_unary(f->b, "tosa.clamp", x, bounds, 2, f->type);
}

MlirValue tess_formula_clamp(tess_formula_t *f, MlirValue x, double low,
                             double high) {
  if (f->b->tosa)
    return tosa_clamp(f, x, low, high);
  if (isfinite(low))
    x = tess_build_binary(f->b, "arith.maximumf", x,
                          tess_formula_number(f, low), f->type);
  if (isfinite(high))
    x = tess_build_binary(f->b, "arith.minimumf", x,
                          tess_formula_number(f, high), f->type);
  return x;
}

/* x where it is `predicate` than the number, or a NaN; else the number. */
static MlirValue chosen(tess_formula_t *f, MlirValue x, int64_t predicate,
                        double number) {
  MlirValue bound = tess_formula_number(f, number);
  MlirType i64 = mlirIntegerTypeGet(f->b->context, 64);
  const MlirNamedAttribute kind = tess_build_attribute(
      f->b, "predicate", mlirIntegerAttrGet(i64, predicate));
  const MlirValue sides[] = {x, bound};
  const tess_op_t compare = {.name = "arith.cmpf",
                             .operands = sides,
                             .operand_count = 2,
                             .attributes = &kind,
                             .attribute_count = 1,
                             .type = mlirIntegerTypeGet(f->b->context, 1)};
  const MlirValue operands[] = {tess_build_op(f->b, &compare), x, bound};
  const tess_op_t select = {.name = "arith.select",
                            .operands = operands,
                            .operand_count = 3,
                            .type = f->type};
  return tess_build_op(f->b, &select);
}

MlirValue tess_formula_bound(tess_formula_t *f, MlirValue x, double low,
                             double high) {
  enum { unordered_greater = 9, unordered_less = 11 }; /* of arith.cmpf */
  if (f->b->tosa)
    return tosa_clamp(f, x, low, high);
  x = chosen(f, x, unordered_greater, low);
  return chosen(f, x, unordered_less, high);
}

MlirValue tess_formula_call(tess_formula_t *f, const char *name, MlirValue x) {
  char full[32];
  snprintf(full, sizeof full, "%s.%s", f->b->tosa ? "tosa" : "math", name);
  return tess_build_unary(f->b, full, x, NULL, 0, f->type);
}

/* ---- The whole. ---- */

/* What the body of a linalg.generic is built from. */
typedef struct body {
  tess_formula_fn function;
  const void *data;
  const tess_formula_options_t *options;
} body_t;

static bool is_narrow(MlirType element) {
  return mlirTypeIsAF16(element) || mlirTypeIsABF16(element);
}

MlirValue tess_formula_inside(const tess_builder_t *in, MlirValue x,
                              tess_formula_fn function, const void *data,
                              const tess_formula_options_t *options) {
  MlirType own = mlirValueGetType(x);
  bool cast = options->wide && is_narrow(own);
  MlirType type = cast ? mlirF32TypeGet(in->context) : own;
  tess_formula_t f = {.b = in, .type = type, .element = type};
  if (options->contract)
    f.flags =
        mlirAttributeParseGet(in->context, ref("#arith.fastmath<contract>"));
  if (cast)
    x = tess_build_unary(in, "arith.extf", x, NULL, 0, type);
  MlirValue y = function(&f, x, data);
  return cast ? tess_build_unary(in, "arith.truncf", y, NULL, 0, own) : y;
}

static MlirValue element(const tess_builder_t *in, MlirValue x,
                         const void *data) {
  const body_t *body = data;
  return tess_formula_inside(in, x, body->function, body->data, body->options);
}

static MlirValue build_linalg(const tess_builder_t *b, MlirValue x,
                              const body_t *body) {
  static const int32_t same[TESS_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
  return tess_build_generic(b, x, mlirValueGetType(x), same, element, body);
}

static MlirValue build_tosa(const tess_builder_t *b, MlirValue x,
                            const body_t *body) {
  MlirType own = mlirValueGetType(x);
  MlirType element_type = mlirShapedTypeGetElementType(own);
  bool cast = body->options->wide && is_narrow(element_type);
  tess_formula_t f = {.b = b, .type = own, .element = element_type};
  if (cast) {
    tess_dims_t dims = tess_build_dims(x);
    f.element = mlirF32TypeGet(b->context);
    f.type = mlirRankedTensorTypeGet(dims.rank, dims.at, f.element,
                                     mlirAttributeGetNull());
    x = tess_build_unary(b, "tosa.cast", x, NULL, 0, f.type);
  }
  MlirValue y = body->function(&f, x, body->data);
  return cast ? tess_build_unary(b, "tosa.cast", y, NULL, 0, own) : y;
}

MlirValue tess_formula_build(const tess_builder_t *b, MlirValue x,
                             tess_formula_fn function, const void *data,
                             const tess_formula_options_t *options) {
  const body_t body = {function, data, options};
  return (b->tosa ? build_tosa : build_linalg)(b, x, &body);
}

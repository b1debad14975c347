/* The bounds of the polynomial forms of exp, tanh, erf and what is made of
 * them, run on this CPU: all values of the 16-bit types, and every 4093rd of
 * f32, against the C library in double. bench-math sweeps more. */
#include "../../../lib/rewrite/approximation.def"
#include "curve_source.h"

#define U 0x1p-24

/* A bound of |y - f(x)|: relative, absolute, and as a share of |x|. */
typedef struct bound {
  double relative, absolute, slope;
} bound_t;

typedef struct form {
  const char *curve;
  bool tosa;
  bound_t bound; /* computed in f32 */
} form_t;

/* 1 / (1 + e) and x / (1 + e) add a sum and a quotient to the error of e; the
 * sigmoid by tanh halves its error and adds a sum; a gelu by erf adds a sum and
 * a product, all of things below 2, times half of x; 1 / sqrt(2) is rounded in
 * the argument, where x erf'(x) < 1/2; that of its tanh form has five roundings
 * where u / cosh(u)^2 < 1/2 */
static const form_t forms[] = {
    {CURVE_EXP, false, {.relative = TESS_EXP_BOUND_U * U}},
    {CURVE_TANH, false, {.relative = TESS_TANH_BOUND_U * U}},
    {CURVE_ERF, false, {.relative = TESS_ERF_BOUND_U * U}},
    {CURVE_SIGMOID, false, {.relative = (TESS_EXP_BOUND_U + 2) * U}},
    {CURVE_SWISH, false, {.relative = (TESS_EXP_BOUND_U + 3) * U}},
    {CURVE_GELU, false, {.slope = (TESS_ERF_BOUND_U / 2 + 4) * U}},
    {CURVE_TANH, true, {.relative = TESS_TANH_BOUND_U * U}},
    {CURVE_ERF, true, {.relative = TESS_ERF_BOUND_U * U}},
    {CURVE_SIGMOID, true, {.absolute = (TESS_TANH_BOUND_U / 2 + 1) * U}},
    {CURVE_SWISH, true, {.slope = (TESS_TANH_BOUND_U / 2 + 2) * U}},
    {CURVE_GELU, true, {.slope = (TESS_ERF_BOUND_U / 2 + 4) * U}},
    {CURVE_GELU_TANH, false, {.slope = (TESS_TANH_BOUND_U / 2 + 8) * U}},
    {CURVE_GELU_TANH, true, {.slope = (TESS_TANH_BOUND_U / 2 + 8) * U}},
};

/* The function with all that can be expanded expanded. */
static MlirModule expanded(MlirContext context, const form_t *form,
                           const char *type, int rows, int columns) {
  MlirModule module =
      curve_module(context, form->curve, form->tosa, type, true, rows, columns);
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_APPROXIMATE,
                          curve_rewrites("expand-math"), &arena, &sites);
  CHECK_EQ(sites.count, 1);
  const uint8_t candidate = 1;
  bool applied = false;
  if (sites.count == 1)
    CHECK_OK(tess_rewrite_apply(model, &sites, &candidate, &applied));
  CHECK(applied);
  CHECK(mlirOperationVerify(mlirModuleGetOperation(module)));
  tess_model_destroy(model);
  tess_arena_free(&arena);
  return module;
}

/* Half the distance of numbers around `y` in a type of `digits` bits, whose
 * least normal number is 2^least. */
static double half_step(double y, int digits, int least) {
  int exponent;
  frexp(y, &exponent);
  return ldexp(0.5, (exponent - 1 > least ? exponent - 1 : least) - digits + 1);
}

typedef struct type {
  const char *name;
  int digits, least;
  double greatest;
} number_type_t;

static const number_type_t types[] = {
    {"f32", 24, -126, 0x1.fffffep+127},
    {"f16", 11, -14, 65504},
    {"bf16", 8, -126, 0x1.FEp+127},
};

/* What is too small for f32's normal numbers may become 0; twice what is too
 * large overflows, as it does in the forms that are expanded. */
static bool is_extreme(double x) {
  return fabs(x) < 0x1p-124 || (fabs(x) > 0x1p+126 && !isinf(x));
}

/* Whether y is as near f(x) as it must be; what one value of a type that holds
 * the result in f32 adds. */
static bool is_near(const form_t *form, const number_type_t *type, double x,
                    double y) {
  double exact = curve_value(form->curve, x);
  if (isnan(x) || isnan(exact))
    return isnan(y) || isinf(x);
  if (isinf(x))
    return isnan(y) || fabs(exact) <= 2 ? fabs(y - exact) < 1e-5 || isnan(y)
                                        : y == exact;
  double error = form->bound.relative * fabs(exact) + form->bound.absolute +
                 form->bound.slope * fabs(x) + 0x1p-124 * (1 + fabs(x));
  if (strcmp(type->name, "f32"))
    error += half_step(fabs(exact) + error, type->digits, type->least);
  if (fabs(exact) + error > type->greatest)
    return isinf(y) || fabs(y - exact) <= error;
  return fabs(y - exact) <= error;
}

static void report(const form_t *form, const char *type, double x, double y) {
  fprintf(stderr, "  %s in %s, %s: %.9g (%a) gives %.9g, not %.9g\n",
          form->curve, form->tosa ? "TOSA" : "linalg", type, x, x, y,
          curve_value(form->curve, x));
}

/* All values of a 16-bit type. */
static void check_narrow(MlirContext context, const form_t *form,
                         const number_type_t *type) {
  static uint16_t in[65536], out[65536];
  MlirModule module = expanded(context, form, type->name, 256, 256);
  for (uint32_t i = 0; i < 65536; i++)
    in[i] = (uint16_t)i;
  curve_run(module, in, out);
  mlirModuleDestroy(module);
  int wrong = 0;
  for (uint32_t i = 0; i < 65536; i++) {
    double x = curve_widen(type->name, in[i]);
    double y = curve_widen(type->name, out[i]);
    /* In TOSA every op between rounds too: only single ops are bound. */
    bool one = !form->tosa || !strchr(form->curve + 2, ' ');
    if (one && !is_extreme(x) && !is_near(form, type, x, y) && wrong++ < 3)
      report(form, type->name, x, y);
  }
  CHECK_EQ(wrong, 0);
}

static void check_f32(MlirContext context, const form_t *form) {
  enum { ROWS = 256, COLUMNS = 4096, COUNT = ROWS * COLUMNS };
  static float in[COUNT], out[COUNT];
  MlirModule module = expanded(context, form, "f32", ROWS, COLUMNS);
  for (uint32_t i = 0; i < COUNT; i++)
    in[i] = curve_from_bits(i * 4093);
  curve_run(module, in, out);
  mlirModuleDestroy(module);
  int wrong = 0;
  for (uint32_t i = 0; i < COUNT; i++)
    if (!is_extreme((double)in[i]) &&
        !is_near(form, &types[0], (double)in[i], (double)out[i]) && wrong++ < 3)
      report(form, "f32", (double)in[i], (double)out[i]);
  CHECK_EQ(wrong, 0);
}

/* Zero, and tanh and erf of what is so small that they are lines. */
static void check_origin(MlirContext context) {
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    float in[] = {0, 0x1p-100f, -0x1p-100f, 0x1p-20f}, out[4];
    MlirModule module = expanded(context, &forms[i], "f32", 2, 2);
    curve_run(module, in, out);
    mlirModuleDestroy(module);
    CHECK((double)out[0] == curve_value(forms[i].curve, 0));
    CHECK((double)out[1] - (double)out[2] >= 0);
  }
}

/* The reader still knows what a function is whose calls are expanded. */
static void check_names(MlirContext context) {
  static const tess_function_t functions[] = {
      TESS_FUNCTION_EXP,      TESS_FUNCTION_TANH,  TESS_FUNCTION_ERF,
      TESS_FUNCTION_SIGMOID,  TESS_FUNCTION_SWISH, TESS_FUNCTION_GELU,
      TESS_FUNCTION_TANH,     TESS_FUNCTION_ERF,   TESS_FUNCTION_SIGMOID,
      TESS_FUNCTION_SWISH,    TESS_FUNCTION_GELU,  TESS_FUNCTION_GELU_TANH,
      TESS_FUNCTION_GELU_TANH};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    for (int t = 0; t < 3; t++) {
      MlirModule module = expanded(context, &forms[i], types[t].name, 4, 4);
      tess_model_t *model;
      CHECK_OK(tess_ir_read(tess_load_function(module), &model));
      CHECK_EQ(model->chain_count, 1);
      if (model->chain_count)
        CHECK_STRING(
            tess_function_name((tess_function_t)model->chains[0].function),
            tess_function_name(functions[i]));
      tess_model_destroy(model);
      mlirModuleDestroy(module);
    }
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    check_f32(context, &forms[i]);
    check_narrow(context, &forms[i], &types[1]);
    check_narrow(context, &forms[i], &types[2]);
  }
  check_origin(context);
  check_names(context);
  mlirContextDestroy(context);
  return tess_check_result();
}

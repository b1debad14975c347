/* Forms of one activation, run on this CPU in every dialect and type: each is
 * as near the function in double as its original, and has its name. */
#include "curve_source.h"

typedef struct expected {
  const char *curve;
  tess_function_t function;
  int alternatives; /* without "keep" */
} expected_t;

static const expected_t table[] = {
    {CURVE_SIGMOID, TESS_FUNCTION_SIGMOID, 1},
    {CURVE_SWISH, TESS_FUNCTION_SWISH, 1},
    {CURVE_TANH, TESS_FUNCTION_TANH, 1},
    {"x 0.5 * tanh 1 + 0.5 *", TESS_FUNCTION_SIGMOID, 1},
    {"x 0.5 * x 0.5 * tanh 1 + *", TESS_FUNCTION_SWISH, 1},
    /* Named the same, and not the same; bf16 has no such number. */
    {"x x 1.0009765625 * sigmoid *", TESS_FUNCTION_SWISH, 0},
};

enum { ROWS = 9, COLUMNS = 57, ELEMENTS = ROWS * COLUMNS };

/* Between -16 and 16, exact in every type; the outermost are far outside. */
static float input_at(int i) {
  if (i == 0 || i == ELEMENTS - 1)
    return i ? 1000 : -1000;
  return (float)(i - ELEMENTS / 2) / 16;
}

/* What a rounding of the type adds to a result computed in f32, whose own error
 * is a few roundings of 1, or of x. */
static double tolerance(const char *type, double exact, double x) {
  double step = !strcmp(type, "f32")  ? 0
                : strcmp(type, "f16") ? 0x1p-8
                                      : 0x1p-11;
  return fabs(exact) * step + 10 * 0x1p-24 * fmax(1, fabs(x)) +
         (strcmp(type, "f16") ? 0 : 0x1p-25);
}

static void check_values(MlirModule module, const expected_t *e,
                         const char *type) {
  static float wide_in[ELEMENTS], wide_out[ELEMENTS];
  static uint16_t in[ELEMENTS], out[ELEMENTS];
  bool f32 = !strcmp(type, "f32");
  for (int i = 0; i < ELEMENTS; i++) {
    wide_in[i] = input_at(i);
    in[i] = curve_narrow(type, wide_in[i]);
  }
  curve_run(module, f32 ? (void *)wide_in : in, f32 ? (void *)wide_out : out);
  int wrong = 0;
  for (int i = 0; i < ELEMENTS; i++) {
    double x = (double)wide_in[i], exact = curve_value(e->curve, x);
    double y = f32 ? (double)wide_out[i] : curve_widen(type, out[i]);
    if (!(fabs(y - exact) <= tolerance(type, exact, x)) && wrong++ < 3)
      fprintf(stderr, "  %s in %s: %g gives %.9g, not %.9g\n", e->curve, type,
              x, y, exact);
  }
  CHECK_EQ(wrong, 0);
}

static void check_name(MlirModule module, tess_function_t function) {
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  CHECK_EQ(model->chain_count, 1);
  if (model->chain_count) {
    tess_function_t found = (tess_function_t)model->chains[0].function;
    CHECK_STRING(tess_function_name(found), tess_function_name(function));
  }
  tess_model_destroy(model);
}

static void add_text(MlirStringRef part, void *text) {
  tess_text_add_n(text, part.data, part.length);
}

static bool uses(MlirModule module, const char *op) {
  tess_text_t text = TESS_TEXT_INIT;
  mlirOperationPrint(mlirModuleGetOperation(module), add_text, &text);
  bool found = strstr(tess_text_get(&text), op) != NULL;
  tess_text_free(&text);
  return found;
}

/* Applies the alternative to the only site. */
static void apply_form(MlirModule module, const tess_model_t *model,
                       const tess_site_list_t *sites, int alternative) {
  const char *name = sites->sites[0].alternatives[alternative].name;
  const uint8_t candidate = (uint8_t)alternative;
  bool applied = false;
  CHECK_OK(tess_rewrite_apply(model, sites, &candidate, &applied));
  CHECK(applied);
  CHECK(mlirOperationVerify(mlirModuleGetOperation(module)));
  CHECK(uses(module, strcmp(name, "by-exp") ? "tanh" : "exp "));
  CHECK(!uses(module, strcmp(name, "by-exp") ? "exp " : "tanh"));
  CHECK(!uses(module, "sigmoid"));
}

static void check_form(MlirContext context, const expected_t *e, bool tosa,
                       const char *type, int alternative) {
  MlirModule module =
      curve_module(context, e->curve, tosa, type, true, ROWS, COLUMNS);
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_APPROXIMATE,
                          curve_rewrites("activation-form"), &arena, &sites);
  bool found = sites.count == 1;
  CHECK_EQ(sites.count, e->alternatives);
  if (found) {
    CHECK_EQ(sites.sites[0].alternative_count, e->alternatives + 1);
    apply_form(module, model, &sites, alternative);
  }
  tess_model_destroy(model);
  tess_arena_free(&arena);
  if (found) {
    check_values(module, e, type);
    check_name(module, e->function);
  }
  mlirModuleDestroy(module);
}

int main(void) {
  static const char *const types[] = {"f32", "f16", "bf16"};
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    for (int t = 0; t < (table[i].alternatives ? 3 : 2); t++)
      for (int tosa = 0; tosa < 2; tosa++)
        for (int a = 1;
             a <= (table[i].alternatives ? table[i].alternatives : 1); a++)
          check_form(context, &table[i], tosa, types[t], a);
  mlirContextDestroy(context);
  return tess_check_result();
}

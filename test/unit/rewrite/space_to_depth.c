/* Space-to-depth of convolutions of every size, stride and padding, in every
 * form and type, against the original through the JIT. */
#include "convolutions.h"

static const shape_t strided[] = {
    {16, 16, 3, 5, 3, 3, 2, 2, 1, 1, 0, 1, 0, 1},   /* a TFLite stem */
    {17, 15, 3, 4, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1},   /* odd sizes */
    {14, 19, 3, 4, 7, 7, 2, 2, 1, 1, 3, 4, 3, 3},   /* ResNet's, not square */
    {13, 16, 2, 3, 4, 5, 3, 2, 1, 1, 1, 2, 2, 1},   /* strides differ */
    {12, 9, 5, 2, 3, 2, 1, 3, 1, 1, 1, 1, 0, 2},    /* in one direction */
    {11, 13, 1, 3, 2, 2, 4, 5, 1, 1, 0, 0, 0, 0},   /* larger than the window */
    {10, 10, 3, 2, 4, 4, 4, 4, 1, 1, 1, 1, 1, 1},   /* padded before the cut */
    {16, 12, 40, 33, 3, 3, 2, 2, 1, 1, 1, 0, 1, 0}, /* many channels */
    {9, 4, 2, 2, 9, 4, 2, 2, 1, 1, 0, 0, 0, 0},     /* one output */
};

static const shape_t dense[] = {
    {8, 8, 3, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
    {9, 7, 2, 5, 5, 3, 1, 1, 1, 1, 2, 2, 1, 1},
    {10, 6, 4, 2, 2, 4, 1, 1, 1, 1, 0, 1, 2, 0},
    {1, 12, 3, 3, 1, 3, 1, 1, 1, 1, 0, 0, 0, 0}, /* one row */
};

static void run(MlirContext context, const shape_t *shape, form_t form,
                type_t type, const char *alternative) {
  if (!is_possible(shape, form, type))
    return;
  tess_text_t source = TESS_TEXT_INIT;
  char choice[64];
  snprintf(choice, sizeof choice, "space-to-depth.0=%s", alternative);
  write_source(&source, shape, form, type);
  check_choice(context, tess_text_get(&source), choice,
               type == TYPE_COUNTED || type == TYPE_I8);
  tess_text_free(&source);
}

static void check_sites(MlirContext context, shape_t shape, int sites,
                        int alternatives) {
  tess_text_t source = TESS_TEXT_INIT;
  int found, choices;
  write_source(&source, &shape, FORM_NHWC, TYPE_F32);
  count_sites(context, tess_text_get(&source), "space-to-depth", &found,
              &choices);
  CHECK_EQ(found, sites);
  CHECK_EQ(choices, alternatives);
  tess_text_free(&source);
}

/* What was put on blocks is no site again. */
static void check_once(MlirContext context) {
  static const char *const choices[] = {"space-to-depth.0=blocks",
                                        "space-to-depth.0=output-blocks"};
  for (form_t form = 0; form < FORM_COUNT; form++)
    for (int i = 0; i < 2; i++) {
      tess_text_t source = TESS_TEXT_INIT;
      write_source(&source, &strided[0], form, TYPE_F32);
      MlirModule module = tess_load_text(context, tess_text_get(&source));
      CHECK_OK(tess_flow_apply(tess_load_function(module), choices[i], "h200"));
      int sites, alternatives;
      count_sites_of(module, "space-to-depth", &sites, &alternatives);
      CHECK_EQ(sites, 0);
      mlirModuleDestroy(module);
      tess_text_free(&source);
    }
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (form_t form = 0; form < FORM_COUNT; form++)
    for (type_t type = 0; type < TYPE_COUNT; type++) {
      /* What the shape decides, integers show best. */
      size_t few = type == TYPE_COUNTED ? 100 : 1;
      for (size_t i = 0; i < sizeof strided / sizeof *strided && i < few; i++)
        run(context, &strided[i], form, type, "blocks");
      for (size_t i = 1; i < 7 && i < few + 1; i += 2)
        run(context, &strided[i], form, type, "output-blocks");
      for (size_t i = 0; i < sizeof dense / sizeof *dense && i < few; i++)
        run(context, &dense[i], form, type, "output-blocks");
    }
  check_sites(context, strided[0], 1, 3);
  check_sites(context, strided[7], 1, 2); /* copies too much */
  check_sites(context, strided[8], 1, 2); /* nothing to put together */
  check_sites(context, dense[0], 1, 2);
  const shape_t wide = {8, 8, 65, 4, 3, 3, 2, 2, 1, 1, 0, 0, 0, 0};
  const shape_t pointwise = {8, 8, 3, 4, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
  const shape_t dilated = {9, 9, 3, 4, 3, 3, 2, 2, 2, 2, 0, 0, 0, 0};
  check_sites(context, wide, 0, 0);
  check_sites(context, pointwise, 0, 0);
  check_sites(context, dilated, 0, 0);
  check_once(context);
  mlirContextDestroy(context);
  return tess_check_result();
}

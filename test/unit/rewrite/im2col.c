/* Im2col of convolutions of every size, stride, dilation and padding, in every
 * form and type, against the original through the JIT. */
#include "convolutions.h"

static const shape_t shapes[] = {
    {14, 13, 3, 5, 3, 3, 2, 2, 1, 1, 1, 1, 0, 1},
    {15, 11, 3, 4, 7, 5, 2, 1, 1, 1, 3, 3, 2, 2},
    {9, 12, 2, 3, 3, 4, 1, 3, 2, 1, 2, 2, 1, 1},
    {8, 8, 16, 2, 1, 2, 1, 1, 1, 3, 0, 0, 1, 0},
    {5, 5, 1, 3, 5, 5, 1, 1, 1, 1, 0, 0, 0, 0},
};

static void run(MlirContext context, const shape_t *shape, form_t form,
                type_t type) {
  if (!is_possible(shape, form, type))
    return;
  tess_text_t source = TESS_TEXT_INIT;
  write_source(&source, shape, form, type);
  check_choice(context, tess_text_get(&source), "im2col.0=windows",
               type == TYPE_COUNTED || type == TYPE_I8);
  tess_text_free(&source);
}

static void check_sites(MlirContext context, shape_t shape, int sites) {
  tess_text_t source = TESS_TEXT_INIT;
  int found, choices;
  write_source(&source, &shape, FORM_NCHW, TYPE_F32);
  count_sites(context, tess_text_get(&source), "im2col", &found, &choices);
  CHECK_EQ(found, sites);
  tess_text_free(&source);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (form_t form = 0; form < FORM_COUNT; form++)
    for (type_t type = 0; type < TYPE_COUNT; type++) {
      size_t few = type == TYPE_COUNTED ? 100 : 1;
      for (size_t i = 0; i < sizeof shapes / sizeof *shapes && i < few; i++)
        run(context, &shapes[i], form, type);
    }
  check_sites(context, shapes[0], 1);
  const shape_t pointwise = {8, 8, 3, 4, 1, 1, 2, 2, 1, 1, 0, 0, 0, 0};
  const shape_t deep = {8, 8, 17, 4, 3, 3, 1, 1, 1, 1, 0, 0, 0, 0};
  const shape_t depthwise = {8, 8, 4, 0, 3, 3, 1, 1, 1, 1, 0, 0, 0, 0};
  const shape_t wide = {40, 8, 4, 2, 33, 1, 1, 1, 1, 1, 0, 0, 0, 0};
  check_sites(context, pointwise, 0);
  check_sites(context, deep, 0);
  check_sites(context, depthwise, 0);
  check_sites(context, wide, 0);
  mlirContextDestroy(context);
  return tess_check_result();
}

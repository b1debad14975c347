/* Space-to-batch of dilated convolutions and of large pictures, dense and
 * depthwise, in every form and type, against the original through the JIT. */
#include "convolutions.h"

static const shape_t shapes[] = {
    {12, 13, 3, 4, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2}, /* same size, dilated */
    {11, 14, 2, 3, 3, 2, 1, 1, 3, 1, 1, 0, 0, 1}, /* in one direction */
    {16, 10, 2, 2, 2, 3, 1, 1, 4, 3, 3, 3, 1, 2}, /* by 4 and 3 */
    {12, 12, 3, 0, 3, 3, 1, 1, 2, 2, 2, 1, 1, 2}, /* depthwise */
    {33, 7, 3, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},  /* tiles; one row beyond */
    {67, 6, 2, 3, 4, 2, 2, 2, 1, 1, 1, 0, 0, 0},  /* strided, no row beyond */
    {35, 5, 3, 0, 5, 3, 1, 1, 1, 1, 2, 2, 1, 1},  /* depthwise */
};

static void run(MlirContext context, const shape_t *shape, form_t form,
                type_t type) {
  if (!is_possible(shape, form, type))
    return;
  tess_text_t source = TESS_TEXT_INIT;
  write_source(&source, shape, form, type);
  bool dilated = shape->dh > 1 || shape->dw > 1;
  check_choice(context, tess_text_get(&source),
               dilated ? "space-to-batch.0=phases" : "space-to-batch.0=tiles",
               type == TYPE_COUNTED || type == TYPE_I8);
  tess_text_free(&source);
}

static void check_sites(MlirContext context, shape_t shape, int sites) {
  tess_text_t source = TESS_TEXT_INIT;
  int found, choices;
  write_source(&source, &shape, FORM_NHWC, TYPE_F32);
  count_sites(context, tess_text_get(&source), "space-to-batch", &found,
              &choices);
  CHECK_EQ(found, sites);
  tess_text_free(&source);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (form_t form = 0; form < FORM_COUNT; form++)
    for (type_t type = 0; type < TYPE_COUNT; type++) {
      size_t step = type == TYPE_COUNTED ? 1 : 4;
      for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i += step)
        run(context, &shapes[i], form, type);
    }
  check_sites(context, shapes[0], 1);
  /* A stride steps over phases; small pictures have no tiles. */
  const shape_t strided = {12, 12, 3, 4, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1};
  const shape_t small = {16, 40, 3, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  check_sites(context, strided, 0);
  check_sites(context, small, 0);
  mlirContextDestroy(context);
  return tess_check_result();
}

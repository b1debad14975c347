/* Makes a failing model smaller. */
#include "judge.h"
#include "tessera/ir/reader.h"
#include <stdlib.h>
#include <string.h>

/* Whether the model fails; if so its verdict is kept. */
static bool fails(const diff_model_t *model, const diff_options_t *options,
                  diff_verdict_t *verdict) {
  MlirContext context = tess_ir_context_create();
  diff_tally_t *tally = tess_alloc(sizeof *tally);
  diff_verdict_t found;
  diff_judge(context, model, options, tally, &found);
  mlirContextDestroy(context);
  free(tally);
  if (found.failed)
    *verdict = found;
  return found.failed;
}

static diff_model_t without(const diff_model_t *model, int32_t layer) {
  diff_model_t made = *model;
  memmove(&made.layers[layer], &made.layers[layer + 1],
          (size_t)(made.layer_count - layer - 1) * sizeof *made.layers);
  made.layer_count--;
  return made;
}

static bool drop_layers(diff_model_t *model, const diff_options_t *options,
                        diff_verdict_t *verdict) {
  bool dropped = false;
  for (int32_t i = model->layer_count; i-- > 0;) {
    diff_model_t smaller = without(model, i);
    if (!fails(&smaller, options, verdict))
      continue;
    *model = smaller;
    dropped = true;
  }
  return dropped;
}

/* Takes the change if it still fails. */
static void try_change(diff_model_t *model, const diff_model_t *changed,
                       const diff_options_t *options, diff_verdict_t *verdict) {
  if (memcmp(model, changed, sizeof *model) != 0 &&
      fails(changed, options, verdict))
    *model = *changed;
}

static void simplify(diff_model_t *model, const diff_options_t *options,
                     diff_verdict_t *verdict) {
  diff_model_t made = *model;
  made.called = false;
  try_change(model, &made, options, verdict);
  made = *model, made.named = false;
  try_change(model, &made, options, verdict);
  made = *model, made.constants = false;
  try_change(model, &made, options, verdict);
  made = *model, made.n = 1;
  try_change(model, &made, options, verdict);
  for (int64_t size = 3; size < model->h; size++)
    made = *model, made.h = size, try_change(model, &made, options, verdict);
  for (int64_t size = 3; size < model->w; size++)
    made = *model, made.w = size, try_change(model, &made, options, verdict);
  for (int64_t size = 1; size < model->c; size++)
    made = *model, made.c = size, try_change(model, &made, options, verdict);
}

diff_model_t diff_minimise(const diff_model_t *model,
                           const diff_options_t *options,
                           diff_verdict_t *verdict) {
  diff_model_t smallest = *model;
  while (drop_layers(&smallest, options, verdict))
    ;
  simplify(&smallest, options, verdict);
  return smallest;
}

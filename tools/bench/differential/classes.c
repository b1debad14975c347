/* Approximate and retrain alternatives: the stated bound, and nothing else
 * changed. */
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "trial.h"
#include <math.h>

static MlirType function_type(MlirOperation function) {
  return mlirTypeAttrGetValue(mlirOperationGetAttributeByName(
      function, mlirStringRefCreateFromCString("function_type")));
}

static MlirAttribute argument_attribute(MlirOperation function, intptr_t i) {
  MlirAttribute all = mlirOperationGetAttributeByName(
      function, mlirStringRefCreateFromCString("arg_attrs"));
  if (mlirAttributeIsNull(all) || i >= mlirArrayAttrGetNumElements(all))
    return mlirDictionaryAttrGet(mlirOperationGetContext(function), 0, NULL);
  return mlirArrayAttrGetElement(all, i);
}

static intptr_t attribute_count(MlirAttribute dictionary) {
  return mlirAttributeIsNull(dictionary)
             ? 0
             : mlirDictionaryAttrGetNumElements(dictionary);
}

/* An argument keeps its attributes; its role may be stated where it was not. */
static bool keeps_attributes(MlirAttribute before, MlirAttribute after) {
  MlirStringRef role = mlirStringRefCreateFromCString("tessera.role");
  intptr_t had = attribute_count(before), has = attribute_count(after);
  bool stated = has > 0 && !mlirAttributeIsNull(
                               mlirDictionaryAttrGetElementByName(after, role));
  for (intptr_t i = 0; i < had; i++) {
    MlirNamedAttribute old = mlirDictionaryAttrGetElement(before, i);
    if (has == 0 || !mlirAttributeEqual(
                        old.attribute, mlirDictionaryAttrGetElementByName(
                                           after, mlirIdentifierStr(old.name))))
      return false;
  }
  return has == had || (stated && has == had + 1);
}

/* Arguments come at the end, and each has a name; the others stay, and so do
 * the results. */
static bool keeps_signature(diff_trial_t *t, const char *candidate,
                            MlirOperation before, MlirOperation after) {
  MlirType a = function_type(before), b = function_type(after);
  intptr_t inputs = mlirFunctionTypeGetNumInputs(a);
  bool same =
      mlirFunctionTypeGetNumInputs(b) >= inputs &&
      mlirFunctionTypeGetNumResults(a) == mlirFunctionTypeGetNumResults(b);
  for (intptr_t i = 0; same && i < inputs; i++)
    same = mlirTypeEqual(mlirFunctionTypeGetInput(a, i),
                         mlirFunctionTypeGetInput(b, i)) &&
           keeps_attributes(argument_attribute(before, i),
                            argument_attribute(after, i));
  for (intptr_t i = 0; same && i < mlirFunctionTypeGetNumResults(a); i++)
    same = mlirTypeEqual(mlirFunctionTypeGetResult(a, i),
                         mlirFunctionTypeGetResult(b, i));
  for (intptr_t i = inputs; same && i < mlirFunctionTypeGetNumInputs(b); i++)
    same = !mlirAttributeIsNull(mlirDictionaryAttrGetElementByName(
        argument_attribute(after, i),
        mlirStringRefCreateFromCString("tessera.name")));
  if (!same)
    diff_fail(t, candidate, "the signature changed");
  return same;
}

/* Runs it on the inputs and on draws of the new weights: it must work, whatever
 * comes out. */
static tess_status_t run_retrained(diff_trial_t *t, MlirModule module,
                                   MlirOperation function) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_array_t *outputs;
  int32_t count, given = t->program.argument_count;
  MlirBlock block =
      mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  int32_t wanted = (int32_t)mlirBlockGetNumArguments(block);
  tess_array_t *inputs =
      tess_arena_array(&arena, (size_t)wanted + 1, sizeof *inputs);
  const diff_argument_t fresh = {.draw = DIFF_FILTER, .fan_in = 9};
  for (int32_t i = 0; i < wanted; i++)
    inputs[i] =
        i < given
            ? t->inputs[i]
            : diff_draw_array(t, &arena,
                              mlirValueGetType(mlirBlockGetArgument(block, i)),
                              &fresh, 500 + (uint64_t)i);
  tess_status_t status = tess_reference_run(module, "model", inputs, wanted,
                                            false, &arena, &outputs, &count);
  if (tess_status_code(status) == TESS_UNSUPPORTED) {
    t->tally->unknown++;
    tess_status_free(status);
    status = TESS_SUCCESS;
  }
  tess_arena_free(&arena);
  return status;
}

static void judge_retrained(diff_trial_t *t, MlirModule module,
                            const char *candidate) {
  MlirOperation before, after;
  t->tally->variants++;
  if (diff_holds(t, candidate, "verify",
                 tess_ir_verify(mlirModuleGetOperation(module))) &&
      diff_holds(t, candidate, "find",
                 tess_ir_find_function(t->original, "model", &before)) &&
      diff_holds(t, candidate, "find",
                 tess_ir_find_function(module, "model", &after)) &&
      keeps_signature(t, candidate, before, after))
    diff_holds(t, candidate, "interpret", run_retrained(t, module, after));
}

/* Applies alternative `a` of site `s` alone. */
static void judge_one(diff_trial_t *t, int32_t s, int32_t a) {
  MlirModule module = diff_clone(t->original);
  diff_reading_t reading;
  tess_status_t status = diff_reading_open(module, TESS_CLASS_RETRAIN,
                                           TESS_ALL_REWRITES, &reading);
  if (diff_holds(t, "", "read again", status)) {
    const tess_alternative_t *chosen = &reading.sites.sites[s].alternatives[a];
    uint8_t *candidate =
        tess_arena_alloc(&reading.arena, (size_t)reading.sites.count);
    candidate[s] = (uint8_t)a;
    char *text =
        tess_rewrite_candidate_text(&reading.arena, &reading.sites, candidate);
    bool bounded = chosen->rewrite_class == TESS_CLASS_APPROXIMATE;
    status = tess_rewrite_apply(reading.model, &reading.sites, candidate, NULL);
    if (!diff_holds(t, text, "apply", status))
      ;
    else if (bounded)
      diff_judge_bounded(t, module, text, chosen->greatest_error);
    else
      judge_retrained(t, module, text);
  }
  diff_reading_close(&reading);
  mlirModuleDestroy(module);
}

void diff_judge_classes(diff_trial_t *t) {
  diff_reading_t reading;
  if (t->model->called)
    return; /* its callers would not know the new arguments */
  tess_status_t status = diff_reading_open(t->original, TESS_CLASS_RETRAIN,
                                           TESS_ALL_REWRITES, &reading);
  bool open = diff_holds(t, "", "read", status);
  for (int32_t s = 0; open && s < reading.sites.count; s++) {
    const tess_site_t *site = &reading.sites.sites[s];
    for (int32_t a = 1; a < site->alternative_count; a++) {
      if (site->alternatives[a].rewrite_class == TESS_CLASS_EXACT ||
          t->verdict->failed)
        continue;
      judge_one(t, s, a);
      diff_cover(&t->tally->coverage, t->model,
                 tess_rewrite_name((size_t)site->rewrite),
                 &site->alternatives[a]);
    }
  }
  diff_reading_close(&reading);
}

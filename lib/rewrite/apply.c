/* Marks sites on ops and applies the chosen alternatives rule by rule. */
#include "apply.h"
#include "build.h"
#include "edit.h"
#include "fold_constant.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"
#include "tessera/ir/reader.h"
#include <stdio.h>
#include <string.h>

#define MARK "tessera.site."

static MlirOperation handle(const void *pointer) {
  return (MlirOperation){(void *)(uintptr_t)pointer};
}

/* ---- Marks. ---- */

/* The attribute name of a rewrite's mark, in a caller's buffer. */
static MlirStringRef mark_name(int32_t rewrite, char buffer[64]) {
  int length =
      snprintf(buffer, 64, MARK "%s", tess_rewrite_name((size_t)rewrite));
  return mlirStringRefCreate(buffer, (size_t)length);
}

bool tess_apply_is_mark(MlirIdentifier name) {
  MlirStringRef text = mlirIdentifierStr(name);
  return text.length > strlen(MARK) && !memcmp(text.data, MARK, strlen(MARK));
}

static void unmark(MlirOperation op) {
  for (intptr_t i = mlirOperationGetNumDiscardableAttributes(op); i-- > 0;) {
    MlirIdentifier name = mlirOperationGetDiscardableAttribute(op, i).name;
    if (tess_apply_is_mark(name))
      mlirOperationRemoveDiscardableAttributeByName(op,
                                                    mlirIdentifierStr(name));
  }
}

void tess_apply_unmark(MlirOperation function) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op))
    unmark(op);
}

void tess_apply_unmark_sites(const tess_site_list_t *sites) {
  for (int32_t i = 0; i < sites->count; i++)
    unmark(handle(sites->sites[i].anchor));
}

void tess_apply_mark(MlirOperation function, const tess_site_list_t *sites) {
  tess_apply_unmark(function);
  char buffer[64];
  MlirType type = mlirIntegerTypeGet(mlirOperationGetContext(function), 32);
  for (int32_t i = 0; i < sites->count; i++)
    mlirOperationSetDiscardableAttributeByName(
        handle(sites->sites[i].anchor),
        mark_name(sites->sites[i].rewrite, buffer),
        mlirIntegerAttrGet(type, i));
}

void tess_apply_find_marks(const tess_model_t *model, int32_t rewrite,
                           int32_t *anchors) {
  char buffer[64];
  MlirStringRef name = mark_name(rewrite, buffer);
  for (int32_t i = 0; i < model->node_count; i++) {
    MlirOperation op = handle(model->nodes[i].op);
    if (mlirOperationGetNumDiscardableAttributes(op) == 0)
      continue;
    MlirAttribute mark = mlirOperationGetDiscardableAttributeByName(op, name);
    if (!mlirAttributeIsNull(mark))
      anchors[mlirIntegerAttrGetValueInt(mark)] = i;
  }
}

/* ---- Applying a whole candidate. ---- */

typedef struct application {
  const tess_model_t *model; /* as the sites were found in */
  const tess_site_list_t *sites;
  const uint8_t *candidate;
  bool *applied;    /* per site, or NULL */
  bool any;         /* something was applied */
  bool *changed;    /* per node of `model`: a choice may have changed it */
  int32_t *anchors; /* per site */
} application_t;

static bool is_chosen(const application_t *a, int32_t site, int32_t rewrite) {
  return a->sites->sites[site].rewrite == rewrite && a->candidate[site];
}

/* Whether a choice of this rewrite is about nodes that an earlier one may have
 * changed. Where none is, the first reading still holds for all of them. */
static bool meets_changes(const application_t *a, int32_t rewrite) {
  for (int32_t i = 0; i < a->sites->count; i++) {
    const tess_site_t *site = &a->sites->sites[i];
    for (int32_t j = 0; is_chosen(a, i, rewrite) && j < site->node_count; j++)
      if (a->changed[site->nodes[j]])
        return true;
  }
  return false;
}

static void note_changes(application_t *a, int32_t rewrite) {
  for (int32_t i = 0; i < a->sites->count; i++) {
    const tess_site_t *site = &a->sites->sites[i];
    for (int32_t j = 0; is_chosen(a, i, rewrite) && j < site->node_count; j++)
      a->changed[site->nodes[j]] = true;
  }
}

/* Applies the choices of one rewrite, which are at `anchors` in `model`. */
static void apply_rewrite(application_t *a, const tess_model_t *model,
                          int32_t rewrite, const int32_t *anchors) {
  for (int32_t i = 0; i < a->sites->count; i++) {
    if (!is_chosen(a, i, rewrite) || anchors[i] == TESS_NONE)
      continue;
    const tess_site_t *site = &a->sites->sites[i];
    bool done = tess_rule_at(rewrite)->apply(
        model, anchors[i], site->alternatives[a->candidate[i]].number);
    a->any = a->any || done;
    if (a->applied)
      a->applied[i] = done;
  }
}

static tess_status_t apply_reread(application_t *a, int32_t rewrite) {
  tess_model_t *model;
  TESS_TRY(tess_ir_read_bare(handle(a->model->func_op), &model));
  for (int32_t i = 0; i < a->sites->count; i++)
    a->anchors[i] = TESS_NONE;
  tess_apply_find_marks(model, rewrite, a->anchors);
  apply_rewrite(a, model, rewrite, a->anchors);
  tess_model_destroy(model);
  return TESS_SUCCESS;
}

static bool is_wanted(const application_t *a, int32_t rewrite) {
  for (int32_t i = 0; i < a->sites->count; i++)
    if (is_chosen(a, i, rewrite))
      return true;
  return false;
}

/* The first rewrite for which the first reading does not hold any more. */
static int32_t first_stale(application_t *a) {
  int32_t count = (int32_t)tess_rewrite_count(), r = 0;
  for (; r < count && !meets_changes(a, r); r++)
    note_changes(a, r);
  return r;
}

static tess_status_t apply_all(application_t *a, int32_t stale) {
  int32_t count = (int32_t)tess_rewrite_count();
  for (int32_t r = 0; r < stale; r++)
    apply_rewrite(a, a->model, r, a->anchors);
  for (int32_t r = stale; r < count; r++)
    if (is_wanted(a, r))
      TESS_TRY(apply_reread(a, r));
  return TESS_SUCCESS;
}

tess_status_t tess_rewrite_apply(const tess_model_t *model,
                                 const tess_site_list_t *sites,
                                 const uint8_t *candidate, bool *applied) {
  MlirOperation function = handle(model->func_op);
  tess_arena_t arena = TESS_ARENA_INIT;
  application_t a = {.model = model,
                     .sites = sites,
                     .candidate = candidate,
                     .applied = applied,
                     .changed = tess_arena_array(
                         &arena, (size_t)model->node_count + 1, sizeof(bool)),
                     .anchors = tess_arena_array(
                         &arena, (size_t)sites->count + 1, sizeof(int32_t))};
  if (applied)
    memset(applied, 0, (size_t)sites->count * sizeof *applied);
  for (int32_t i = 0; i < sites->count; i++)
    a.anchors[i] = sites->sites[i].node;
  tess_build_begin(mlirOperationGetContext(function));
  tess_edit_state_roles(model);
  int32_t stale = first_stale(&a);
  bool marks = stale < (int32_t)tess_rewrite_count();
  if (marks)
    tess_apply_mark(function, sites);
  tess_status_t status = apply_all(&a, stale);
  if (a.any)
    tess_fold_constants(function);
  if (marks)
    tess_apply_unmark(function);
  tess_arena_free(&arena);
  return status;
}

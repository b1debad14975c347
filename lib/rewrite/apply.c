/* Marks sites on ops and applies the chosen alternatives rule by rule. */
#include "apply.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"
#include "tessera/ir/reader.h"
#include <stdio.h>
#include <string.h>

static MlirOperation handle(const void *pointer) {
  return (MlirOperation){(void *)(uintptr_t)pointer};
}

/* The attribute name of a rewrite's mark, in a caller's buffer. */
static MlirStringRef mark_name(int32_t rewrite, char buffer[64]) {
  int length = snprintf(buffer, 64, "tessera.site.%s",
                        tess_rewrite_name((size_t)rewrite));
  return mlirStringRefCreate(buffer, (size_t)length);
}

void tess_apply_mark(const tess_site_list_t *sites) {
  char buffer[64];
  for (int32_t i = 0; i < sites->count; i++) {
    MlirOperation op = handle(sites->sites[i].anchor);
    MlirType type = mlirIntegerTypeGet(mlirOperationGetContext(op), 32);
    mlirOperationSetDiscardableAttributeByName(
        op, mark_name(sites->sites[i].rewrite, buffer),
        mlirIntegerAttrGet(type, i));
  }
}

static MlirWalkResult unmark(MlirOperation op, void *unused) {
  (void)unused;
  char buffer[64];
  for (size_t i = 0; i < tess_rewrite_count(); i++)
    mlirOperationRemoveDiscardableAttributeByName(
        op, mark_name((int32_t)i, buffer));
  return MlirWalkResultAdvance;
}

void tess_apply_unmark(MlirOperation function) {
  mlirOperationWalk(function, unmark, NULL, MlirWalkPreOrder);
}

/* The site marked on a node for this rewrite, or TESS_NONE. */
static int32_t marked_site(const tess_node_t *node, MlirStringRef name) {
  MlirAttribute mark =
      mlirOperationGetDiscardableAttributeByName(handle(node->op), name);
  return mlirAttributeIsNull(mark) ? TESS_NONE
                                   : (int32_t)mlirIntegerAttrGetValueInt(mark);
}

static tess_status_t apply_rule(MlirOperation function, int32_t rewrite,
                                const uint8_t *candidate, bool *applied) {
  char buffer[64];
  MlirStringRef name = mark_name(rewrite, buffer);
  tess_model_t *model;
  TESS_TRY(tess_ir_read(function, &model));
  /* Marks first: applying destroys ops that later nodes may refer to. */
  tess_arena_t arena = TESS_ARENA_INIT;
  int32_t *site_of =
      tess_arena_array(&arena, (size_t)model->node_count, sizeof *site_of);
  for (int32_t i = 0; i < model->node_count; i++)
    site_of[i] = marked_site(&model->nodes[i], name);
  tess_status_t status = TESS_SUCCESS;
  for (int32_t i = 0; i < model->node_count && !status; i++) {
    if (site_of[i] == TESS_NONE || !candidate[site_of[i]])
      continue;
    bool done = false;
    status =
        tess_rule_at(rewrite)->apply(model, i, candidate[site_of[i]], &done);
    if (done && applied)
      applied[site_of[i]] = true;
  }
  tess_arena_free(&arena);
  tess_model_destroy(model);
  return status;
}

tess_status_t tess_apply_choices(MlirOperation function,
                                 const tess_site_list_t *sites,
                                 const uint8_t *candidate, bool *applied) {
  for (size_t r = 0; r < tess_rewrite_count(); r++) {
    bool wanted = false;
    for (int32_t i = 0; i < sites->count; i++)
      wanted |= sites->sites[i].rewrite == (int32_t)r && candidate[i];
    if (wanted)
      TESS_TRY(apply_rule(function, (int32_t)r, candidate, applied));
  }
  return TESS_SUCCESS;
}

tess_status_t tess_rewrite_apply(const tess_model_t *model,
                                 const tess_site_list_t *sites,
                                 const uint8_t *candidate, bool *applied) {
  MlirOperation function = handle(model->func_op);
  if (applied)
    memset(applied, 0, (size_t)sites->count * sizeof *applied);
  tess_apply_mark(sites);
  tess_status_t status =
      tess_apply_choices(function, sites, candidate, applied);
  tess_apply_unmark(function);
  return status;
}

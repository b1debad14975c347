/* Marks sites on ops and applies the chosen alternatives rule by rule. */
#include "apply.h"
#include "build.h"
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

void tess_apply_unmark(MlirOperation function) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    char buffer[64];
    if (mlirOperationGetNumDiscardableAttributes(op) > 0)
      for (size_t i = 0; i < tess_rewrite_count(); i++)
        mlirOperationRemoveDiscardableAttributeByName(
            op, mark_name((int32_t)i, buffer));
  }
}

/* The site marked on a node for this rewrite, or TESS_NONE. */
static int32_t marked_site(const tess_node_t *node, MlirStringRef name) {
  MlirOperation op = handle(node->op);
  if (mlirOperationGetNumDiscardableAttributes(op) == 0)
    return TESS_NONE;
  MlirAttribute mark = mlirOperationGetDiscardableAttributeByName(op, name);
  return mlirAttributeIsNull(mark) ? TESS_NONE
                                   : (int32_t)mlirIntegerAttrGetValueInt(mark);
}

static void apply_to_model(const tess_model_t *model, int32_t rewrite,
                           const uint8_t *candidate, bool *applied) {
  char buffer[64];
  MlirStringRef name = mark_name(rewrite, buffer);
  /* Marks first: applying destroys ops that later nodes may refer to. */
  tess_arena_t arena = TESS_ARENA_INIT;
  int32_t *site_of =
      tess_arena_array(&arena, (size_t)model->node_count, sizeof *site_of);
  for (int32_t i = 0; i < model->node_count; i++)
    site_of[i] = marked_site(&model->nodes[i], name);
  for (int32_t i = 0; i < model->node_count; i++) {
    if (site_of[i] == TESS_NONE || !candidate[site_of[i]])
      continue;
    bool done = tess_rule_at(rewrite)->apply(model, i, candidate[site_of[i]]);
    if (done && applied)
      applied[site_of[i]] = true;
  }
  tess_arena_free(&arena);
}

/* `fresh` is a reading of the function as it stands, or NULL to make one. */
static tess_status_t apply_rule(MlirOperation function,
                                const tess_model_t *fresh, int32_t rewrite,
                                const uint8_t *candidate, bool *applied) {
  if (fresh) {
    apply_to_model(fresh, rewrite, candidate, applied);
    return TESS_SUCCESS;
  }
  tess_model_t *model;
  TESS_TRY(tess_ir_read(function, &model));
  apply_to_model(model, rewrite, candidate, applied);
  tess_model_destroy(model);
  return TESS_SUCCESS;
}

static tess_status_t apply_choices(MlirOperation function,
                                   const tess_model_t *fresh,
                                   const tess_site_list_t *sites,
                                   const uint8_t *candidate, bool *applied) {
  tess_build_load_dialects(mlirOperationGetContext(function));
  for (size_t r = 0; r < tess_rewrite_count(); r++) {
    bool wanted = false;
    for (int32_t i = 0; i < sites->count; i++)
      wanted |= sites->sites[i].rewrite == (int32_t)r && candidate[i];
    if (!wanted)
      continue;
    TESS_TRY(apply_rule(function, fresh, (int32_t)r, candidate, applied));
    fresh = NULL;
  }
  return TESS_SUCCESS;
}

tess_status_t tess_apply_choices(MlirOperation function,
                                 const tess_site_list_t *sites,
                                 const uint8_t *candidate, bool *applied) {
  return apply_choices(function, NULL, sites, candidate, applied);
}

tess_status_t tess_rewrite_apply(const tess_model_t *model,
                                 const tess_site_list_t *sites,
                                 const uint8_t *candidate, bool *applied) {
  MlirOperation function = handle(model->func_op);
  if (applied)
    memset(applied, 0, (size_t)sites->count * sizeof *applied);
  tess_apply_mark(sites);
  tess_status_t status =
      apply_choices(function, model, sites, candidate, applied);
  tess_apply_unmark(function);
  return status;
}

/* What is made of one 8-bit value, however many ops it takes, as one look-up in
 * a table of all 256 results. */
#include "build.h"
#include "edit.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"
#include "tabulate.h"
#include "tessera/base/arena.h"
#include <stdlib.h>

/* Marks the nodes; false, marking none, where one is marked already. */
static bool claim(const tess_tabulation_t *region, bool *taken) {
  for (int32_t i = 0; i < region->node_count; i++)
    if (taken[region->nodes[i]])
      return false;
  for (int32_t i = 0; i < region->node_count; i++)
    taken[region->nodes[i]] = true;
  return true;
}

/* Later nodes first, so that what is within a longer run is no site of its own.
 */
static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  static const tess_alternative_t alternatives[] = {
      {.name = "keep"},
      {.name = "table", .why = "one look-up instead of a chain of operations"}};
  size_t room = (size_t)model->node_count + 1;
  bool *taken = tess_alloc(2 * room * sizeof *taken), *roots = taken + room;
  tess_tabulation_t region;
  signed char table[256];
  for (size_t i = 0; i < 2 * room; i++)
    taken[i] = false;
  for (int32_t i = model->node_count - 1; i >= 0; i--)
    roots[i] = !taken[i] && tess_tabulate(model, i, &region, table) &&
               claim(&region, taken);
  for (int32_t i = 0; i < model->node_count; i++)
    if (roots[i] && tess_tabulate(model, i, &region, table))
      tess_site_add(collector, i, region.nodes, region.node_count, alternatives,
                    2);
  free(taken);
}

static MlirValue constant_table(const tess_builder_t *b,
                                const signed char table[256]) {
  const int64_t size[] = {256};
  MlirType i8 = mlirIntegerTypeGet(b->context, 8);
  MlirType type = mlirRankedTensorTypeGet(1, size, i8, mlirAttributeGetNull());
  const MlirNamedAttribute values = tess_build_attribute(
      b, "values",
      mlirDenseElementsAttrInt8Get(type, 256, (const int8_t *)table));
  const tess_op_t op = {.name = "tosa.const",
                        .attributes = &values,
                        .attribute_count = 1,
                        .type = type};
  return tess_build_op(b, &op);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  tess_tabulation_t region;
  signed char table[256];
  if (!tess_tabulate(model, anchor, &region, table))
    return false;
  MlirOperation op = tess_edit_op(model, anchor);
  MlirValue x =
      mlirOperationGetOperand(tess_edit_op(model, region.node), region.operand);
  const tess_builder_t b = tess_build_before(op);
  MlirType type = mlirValueGetType(mlirOperationGetResult(op, 0));
  tess_edit_replace(op, tess_build_binary(&b, "tosa.table", x,
                                          constant_table(&b, table), type));
  return true;
}

const tess_rule_t tess_rule_look_up = {find, apply, NULL};

/* Giving one dimension another size. */
#include "resize.h"
#include "build.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "relation.h"
#include "tessera/base/arena.h"
#include "tessera/base/checked.h"
#include <stdlib.h>
#include <string.h>

/* What one block of a network holds is less; a dimension that goes through more
 * belongs to more than a block. */
enum { MOST_NODES = 400, MOST_CONTRACTIONS = 8 };

/* ---- Following. ---- */

typedef struct follower {
  tess_resize_t *resize;
  bool *met;                       /* by node: is or was in the queue */
  int32_t queue[2 * MOST_NODES];   /* each node as often as it learned more */
  int32_t next, end, contractions; /* next < end: still to be looked at */
} follower_t;

static bool is_constant(const tess_node_t *node) {
  return tess_match_op(node, "tosa.const") ||
         tess_match_op(node, "arith.constant");
}

static bool push(follower_t *f, int32_t node) {
  tess_resize_t *r = f->resize;
  const tess_node_t *n = &r->model->nodes[node];
  if (f->end == 2 * MOST_NODES)
    return false;
  f->queue[f->end++] = node;
  if (f->met[node])
    return true;
  f->met[node] = true;
  f->contractions += !n->prepared && n->kind <= TESS_NODE_MATMUL;
  if (r->node_count == MOST_NODES || f->contractions > MOST_CONTRACTIONS)
    return false;
  r->nodes[r->node_count++] = node;
  return true;
}

static intptr_t count_uses(MlirValue value) {
  intptr_t count = 0;
  for (MlirOpOperand use = mlirValueGetFirstUse(value);
       !mlirOpOperandIsNull(use); use = mlirOpOperandGetNextUse(use))
    count++;
  return count;
}

/* All readers of what is computed from data, if they are all nodes: not where
 * the body of one reads it too. */
static bool push_readers(follower_t *f, int32_t value) {
  const tess_model_t *m = f->resize->model;
  const tess_value_t *v = &m->values[value];
  MlirValue handle = {v->handle};
  if (v->returned || count_uses(handle) != v->uses)
    return false;
  for (int32_t i = m->first_user[value]; i < m->first_user[value + 1]; i++)
    if (!push(f, m->value_users[i]))
      return false;
  return true;
}

static bool is_weight(const tess_value_t *value) {
  return value->role == TESS_ROLE_WEIGHT ||
         value->role == TESS_ROLE_STATISTIC ||
         value->role == TESS_ROLE_CONSTANT;
}

static bool mark(follower_t *f, int32_t value, int32_t dimension) {
  tess_resize_t *r = f->resize;
  const tess_value_t *v = &r->model->values[value];
  if (r->dimension[value] != TESS_NONE)
    return r->dimension[value] == dimension;
  if (v->shape[dimension] != r->size)
    return false;
  r->dimension[value] = (int8_t)dimension;
  if (v->argument != TESS_NONE)
    return is_weight(v);
  if (v->node == TESS_NONE)
    return false;
  const tess_node_t *node = &r->model->nodes[v->node];
  if (is_constant(node))
    return true;
  return push(f, v->node) && (node->prepared || push_readers(f, value));
}

static bool is_prepared(const tess_model_t *model, int32_t value) {
  const tess_value_t *v = &model->values[value];
  return v->node == TESS_NONE
             ? v->role != TESS_ROLE_INPUT && v->role != TESS_ROLE_ACTIVATION
             : model->nodes[v->node].prepared;
}

/* The numbers of the dimensions that are resized, bit by bit: as the data says,
 * or where there is none the result. Weights may be read elsewhere for other
 * dimensions. UINT32_MAX: one cannot be resized. */
static uint32_t resized(const tess_resize_t *r, int32_t node,
                        const tess_relation_t *relation) {
  uint32_t bits = 0;
  bool prepared = r->model->nodes[node].prepared;
  for (int32_t t = 0; t < relation->tensors; t++) {
    int32_t value = relation->value[t], d = r->dimension[value];
    bool result = t == relation->tensors - 1;
    if (d == TESS_NONE ||
        (!result && (prepared || is_prepared(r->model, value))))
      continue;
    if (relation->of[t][d] < 0)
      return UINT32_MAX;
    bits |= UINT32_C(1) << relation->of[t][d];
  }
  return bits;
}

/* The dimension of a tensor that is resized, or TESS_NONE; -2: several. */
static int32_t resized_dimension(const tess_resize_t *r, uint32_t bits,
                                 const tess_relation_t *relation,
                                 int32_t tensor) {
  int32_t found = TESS_NONE;
  const tess_value_t *v = &r->model->values[relation->value[tensor]];
  for (int32_t i = 0; i < v->rank; i++) {
    int8_t number = relation->of[tensor][i];
    if (number < 0 || !(bits >> number & 1))
      continue;
    if (found != TESS_NONE)
      return -2;
    found = i;
  }
  return found;
}

static bool look_at(follower_t *f, int32_t node) {
  tess_relation_t relation;
  if (!tess_relation_find(f->resize->model, node, &relation))
    return false;
  uint32_t bits = resized(f->resize, node, &relation);
  if (bits == UINT32_MAX)
    return false;
  for (int32_t t = 0; t < relation.tensors; t++) {
    int32_t d = resized_dimension(f->resize, bits, &relation, t);
    if (d == -2 || (d >= 0 && !mark(f, relation.value[t], d)))
      return false;
  }
  return true;
}

/* ---- Weights. ---- */

/* How often the nodes read a weight for the dimension. */
static int32_t count_reads(const tess_resize_t *r, int32_t value) {
  int32_t reads = 0;
  for (int32_t i = 0; i < r->node_count; i++) {
    tess_relation_t relation;
    if (!tess_relation_find(r->model, r->nodes[i], &relation))
      continue;
    uint32_t bits = resized(r, r->nodes[i], &relation);
    for (int32_t t = 0; t + 1 < relation.tensors; t++)
      reads += relation.value[t] == value &&
               resized_dimension(r, bits, &relation, t) >= 0;
  }
  return reads;
}

/* A constant with one number everywhere has it in any size. */
static bool is_splat(const tess_model_t *model, const tess_value_t *value) {
  double number;
  MlirValue handle = {value->handle};
  return value->node != TESS_NONE && is_constant(&model->nodes[value->node]) &&
         tess_match_number(handle, &number);
}

/* Whether nobody else reads the weights that get another size. */
static bool weights_are_own(const tess_resize_t *r) {
  for (int32_t v = 0; v < r->model->value_count; v++) {
    const tess_value_t *value = &r->model->values[v];
    bool leaf = value->argument != TESS_NONE ||
                (value->node != TESS_NONE &&
                 is_constant(&r->model->nodes[value->node]));
    MlirValue handle = {value->handle};
    if (r->dimension[v] != TESS_NONE && leaf && !is_splat(r->model, value) &&
        (value->returned || count_uses(handle) != count_reads(r, v)))
      return false;
  }
  return true;
}

static int by_place(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

static void sort_nodes(tess_resize_t *r) {
  int32_t order[MOST_NODES], end = 0;
  for (int pass = 0; pass < 2; pass++) {
    for (int32_t i = 0; i < r->node_count; i++)
      if (r->model->nodes[r->nodes[i]].prepared == (pass == 1))
        order[end++] = r->nodes[i];
    if (pass == 0)
      r->working = end;
  }
  qsort(order, (size_t)r->working, sizeof *order, by_place);
  qsort(order + r->working, (size_t)(end - r->working), sizeof *order,
        by_place);
  memcpy(r->nodes, order, (size_t)end * sizeof *order);
}

static bool follow(follower_t *f, int32_t value, int32_t dimension) {
  bool ok = mark(f, value, dimension);
  while (ok && f->next < f->end)
    ok = look_at(f, f->queue[f->next++]);
  return ok && weights_are_own(f->resize);
}

bool tess_resize_follow(const tess_model_t *model, int32_t value,
                        int32_t dimension, tess_resize_t *resize) {
  *resize = (tess_resize_t){.model = model,
                            .size = model->values[value].shape[dimension]};
  if (resize->size < 2 || model->values[value].node == TESS_NONE)
    return false;
  size_t values = (size_t)model->value_count;
  resize->nodes = tess_alloc(MOST_NODES * sizeof *resize->nodes);
  resize->dimension = tess_alloc(values);
  memset(resize->dimension, TESS_NONE, values);
  follower_t f = {.resize = resize,
                  .met = tess_alloc((size_t)model->node_count)};
  bool ok = follow(&f, value, dimension);
  free(f.met);
  if (ok)
    sort_nodes(resize);
  else
    tess_resize_free(resize);
  return ok;
}

void tess_resize_free(tess_resize_t *resize) {
  free(resize->nodes);
  free(resize->dimension);
  *resize = (tess_resize_t){0};
}

/* ---- Questions. ---- */

bool tess_resize_fits(const tess_resize_t *r, int64_t size) {
  for (int32_t i = 0; i < r->working; i++) {
    const tess_node_t *node = &r->model->nodes[r->nodes[i]];
    const int64_t macs[] = {node->kernel.macs, size};
    const int64_t out[] = {node->kernel.out_elements, size};
    if (!tess_match_fits(macs, 2) || !tess_match_fits(out, 2))
      return false;
  }
  return true;
}

int64_t tess_resize_macs(const tess_resize_t *r) {
  int64_t macs = 0;
  for (int32_t i = 0; i < r->working; i++)
    if (r->model->nodes[r->nodes[i]].kind <= TESS_NODE_MATMUL)
      macs += r->model->nodes[r->nodes[i]].kernel.macs;
  return macs;
}

/* ---- Applying. ---- */

typedef struct resizer {
  const tess_resize_t *resize;
  int64_t size;
  const char *rewrite;
  MlirValue *made; /* by value: the same with another size; null: not yet */
} resizer_t;

static MlirType resized_type(const resizer_t *r, MlirValue value,
                             int32_t dimension) {
  tess_dims_t dims = tess_build_dims(value);
  dims.at[dimension] = r->size;
  return tess_build_type(&dims, value);
}

static MlirValue make_splat(MlirOperation before, MlirValue old,
                            MlirType type) {
  const tess_builder_t b = tess_build_before(before);
  MlirOperation op = mlirOpResultGetOwner(old);
  MlirAttribute all = mlirOperationGetAttributeByName(
      op, mlirStringRefCreateFromCString(b.tosa ? "values" : "value"));
  return tess_build_constant(
      &b, mlirDenseElementsAttrSplatGet(
              type, mlirDenseElementsAttrGetSplatValue(all)));
}

/* The weight or constant `value` in its new size. */
static MlirValue make_leaf(resizer_t *r, int32_t value, MlirOperation before) {
  const tess_value_t *v = &r->resize->model->values[value];
  MlirValue old = {v->handle};
  MlirType type = resized_type(r, old, r->resize->dimension[value]);
  if (!is_splat(r->resize->model, v))
    return tess_edit_add_weight(before, type, r->rewrite, old);
  return make_splat(mlirOpResultGetOwner(old), old, type);
}

static MlirValue new_operand(resizer_t *r, int32_t value,
                             MlirOperation before) {
  if (mlirValueIsNull(r->made[value]))
    r->made[value] = make_leaf(r, value, before);
  return r->made[value];
}

/* What beside its types says the shape of a view. */
static void set_shape(MlirOperation op, const tess_dims_t *dims) {
  MlirStringRef name = mlirStringRefCreateFromCString("static_output_shape");
  if (!mlirAttributeIsNull(mlirOperationGetAttributeByName(op, name)))
    mlirOperationSetAttributeByName(
        op, name,
        mlirDenseI64ArrayGet(mlirOperationGetContext(op), dims->rank,
                             dims->at));
  MlirStringRef kind = mlirIdentifierStr(mlirOperationGetName(op));
  if (!mlirStringRefEqual(kind, mlirStringRefCreateFromCString("tosa.reshape")))
    return;
  const tess_builder_t b = tess_build_before(op);
  mlirOperationSetOperand(op, 1, tess_build_shape(&b, dims->at, dims->rank));
}

static void set_result(resizer_t *r, MlirOperation op, int32_t dimension) {
  MlirValue result = mlirOperationGetResult(op, 0);
  mlirValueSetType(result, resized_type(r, result, dimension));
  const tess_dims_t dims = tess_build_dims(result);
  set_shape(op, &dims);
}

/* Puts the op with resized operands and result before itself. */
static MlirOperation clone_node(resizer_t *r, int32_t node) {
  const tess_resize_t *resize = r->resize;
  MlirOperation old = tess_edit_op(resize->model, node);
  MlirOperation op = mlirOperationClone(old);
  mlirBlockInsertOwnedOperationBefore(mlirOperationGetBlock(old), old, op);
  tess_relation_t relation;
  if (!tess_relation_find(resize->model, node, &relation))
    return op;
  uint32_t bits = resized(resize, node, &relation);
  int32_t tensor = 0;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(old); i++) {
    if (!mlirTypeIsARankedTensor(
            mlirValueGetType(mlirOperationGetOperand(old, i))))
      continue;
    if (resized_dimension(resize, bits, &relation, tensor) >= 0)
      mlirOperationSetOperand(op, i,
                              new_operand(r, relation.value[tensor], op));
    tensor++;
  }
  int32_t d = resized_dimension(resize, bits, &relation, tensor);
  if (d >= 0) {
    set_result(r, op, d);
    r->made[relation.value[tensor]] = mlirOperationGetResult(op, 0);
  }
  return op;
}

static int32_t result_of(const tess_resize_t *r, int32_t node) {
  return r->model->nodes[node].outputs[0];
}

void tess_resize_apply(const tess_resize_t *resize, int64_t size,
                       const char *rewrite) {
  int32_t count = resize->node_count;
  resizer_t r = {
      resize, size, rewrite,
      tess_alloc((size_t)resize->model->value_count * sizeof(MlirValue))};
  MlirOperation *clones = tess_alloc((size_t)count * sizeof *clones);
  int32_t *order = tess_alloc((size_t)count * sizeof *order);
  memcpy(order, resize->nodes, (size_t)count * sizeof *order);
  qsort(order, (size_t)count, sizeof *order, by_place);
  for (int32_t i = 0; i < count; i++)
    clones[i] = clone_node(&r, order[i]);
  /* Those that sum over the dimension make what they made before: once nobody
   * reads their old selves, all old ops go. */
  for (int32_t i = 0; i < count; i++)
    if (resize->dimension[result_of(resize, order[i])] == TESS_NONE)
      tess_edit_replace(tess_edit_op(resize->model, order[i]),
                        mlirOperationGetResult(clones[i], 0));
  free(order);
  free(clones);
  free(r.made);
}

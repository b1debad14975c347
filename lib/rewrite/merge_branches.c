/* Convolutions or products of one data operand, alike but for their filters, as
 * one with all filters side by side, of whose result each gets its slice.
 * Exact: every output is the same sum as before. It pays where one alone has
 * too few outputs to fill the matrix unit, or the data is large beside them. */
#include "apply.h"
#include "behind.h"
#include "branch.h"
#include "edit.h"
#include "match.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "rule.h"
#include "tessera/base/arena.h"
#include "vector.h"
#include <stdlib.h>
#include <string.h>

enum {
  MOST = 16,     /* branches of a site */
  MOST_SEEN = 24 /* contractions of one value that are looked at */
};

typedef struct plan {
  tess_branch_t branches[MOST];
  int32_t count;
  /* A concatenation of just the branches, which is the result itself; or
   * TESS_NONE. */
  int32_t joint;
  /* Contractions of the same source that were looked at, in the plan or not:
   * the plan holds as long as none of them changes. */
  int32_t seen[MOST_SEEN], seen_count;
} plan_t;

/* ---- Sites. ---- */

/* Whether a node puts its operands side by side along the branches' outputs.
 * Asks the model alone: the op may be gone. */
static bool joins(const tess_model_t *model, const plan_t *plan, int32_t n) {
  const tess_node_t *node = &model->nodes[n];
  if ((!tess_match_op(node, "tosa.concat") &&
       !tess_match_op(node, "tensor.concat")) ||
      node->input_count != plan->count)
    return false;
  int64_t outputs = 0;
  for (int32_t i = 0; i < plan->count; i++)
    outputs += plan->branches[i].outputs;
  return model->values[node->outputs[0]].shape[plan->branches[0].axis] ==
         outputs;
}

static int32_t branch_of(const plan_t *plan, const tess_model_t *model,
                         int32_t value) {
  for (int32_t i = 0; i < plan->count; i++)
    if (model->nodes[plan->branches[i].node].outputs[0] == value)
      return i;
  return TESS_NONE;
}

/* If all that happens to the branches is that they are put side by side, puts
 * them into that order. */
static void find_joint(const tess_model_t *model, plan_t *plan) {
  int32_t value = model->nodes[plan->branches[0].node].outputs[0];
  plan->joint = TESS_NONE;
  if (!tess_match_single_use(model, value) ||
      model->first_user[value] == model->first_user[value + 1])
    return;
  int32_t n = model->value_users[model->first_user[value]];
  const tess_node_t *node = &model->nodes[n];
  tess_branch_t ordered[MOST];
  if (!joins(model, plan, n))
    return;
  for (int32_t i = 0; i < plan->count; i++) {
    int32_t of = branch_of(plan, model, node->inputs[i]);
    if (of == TESS_NONE || !tess_match_single_use(model, node->inputs[i]))
      return;
    ordered[i] = plan->branches[of];
  }
  memcpy(plan->branches, ordered, (size_t)plan->count * sizeof *ordered);
  plan->joint = n;
}

static bool fits(const tess_model_t *model, const plan_t *plan) {
  const tess_node_t *node = &model->nodes[plan->branches[0].node];
  const tess_kernel_t *k = &node->kernel;
  int64_t outputs = 0;
  for (int32_t i = 0; i < plan->count; i++) {
    const int64_t more[] = {outputs, plan->branches[i].outputs};
    if (!tess_match_fits(more, 1) || !tess_match_fits(more + 1, 1))
      return false;
    outputs += plan->branches[i].outputs;
  }
  const int64_t macs[] = {k->batch, k->groups ? k->groups : 1, k->m, k->k,
                          outputs};
  return tess_match_fits(macs, 5);
}

static bool is_contraction(const tess_node_t *node) {
  return (node->kind == TESS_NODE_CONV || node->kind == TESS_NODE_MATMUL) &&
         node->data != TESS_NONE && node->filter != TESS_NONE &&
         !node->prepared;
}

/* All behind `anchor` that are like it, itself included; `next` (may be NULL)
 * leads to the next contraction of the same source. */
static bool collect(const tess_model_t *model, int32_t anchor,
                    const int32_t *next, plan_t *plan) {
  plan->count = 1;
  plan->seen_count = 0;
  if (!is_contraction(&model->nodes[anchor]) ||
      !tess_branch_describe(model, anchor, &plan->branches[0]))
    return false;
  int32_t source = tess_branch_source(model, anchor);
  for (int32_t i = next ? next[anchor] : anchor + 1;
       i != TESS_NONE && i < model->node_count && plan->count < MOST &&
       plan->seen_count < MOST_SEEN;
       i = next ? next[i] : i + 1) {
    tess_branch_t *branch = &plan->branches[plan->count];
    if (!is_contraction(&model->nodes[i]) ||
        tess_branch_source(model, i) != source)
      continue;
    plan->seen[plan->seen_count++] = i;
    plan->count += tess_branch_describe(model, i, branch) &&
                   tess_branch_alike(model, &plan->branches[0], branch);
  }
  if (plan->count < 2 || !fits(model, plan))
    return false;
  find_joint(model, plan);
  return true;
}

/* Whether targets may fuse what reads `value` with what makes it. */
static bool may_fuse(const tess_model_t *model, int32_t value) {
  for (int32_t u = model->first_user[value]; u < model->first_user[value + 1];
       u++) {
    const tess_node_t *node = &model->nodes[model->value_users[u]];
    bool view =
        node->kind == TESS_NODE_RESHAPE || node->kind == TESS_NODE_TRANSPOSE;
    if (node->kind == TESS_NODE_ELEMENTWISE || node->kind == TESS_NODE_PAD ||
        (view && node->output_count && may_fuse(model, node->outputs[0])))
      return true;
  }
  return false;
}

static bool add_node(tess_behind_t *nodes, int32_t node) {
  if (node == TESS_NONE)
    return true;
  for (int32_t i = 0; i < nodes->count; i++)
    if (nodes->at[i] == node)
      return true;
  if (nodes->count == TESS_BEHIND_MOST)
    return false;
  nodes->at[nodes->count++] = node;
  return true;
}

/* What may fuse into a contraction by way of its data. */
static bool add_before(const tess_model_t *model, int32_t node,
                       tess_behind_t *nodes) {
  int32_t value = tess_branch_data(model, node);
  int32_t data = tess_model_base(model, value);
  int32_t pad = tess_match_producer(model, data);
  bool padded = pad != TESS_NONE && model->nodes[pad].kind == TESS_NODE_PAD;
  return (!padded || add_node(nodes, pad)) &&
         add_node(nodes, tess_match_elementwise_before(model, value));
}

static bool add_behind(const tess_model_t *model, int32_t node,
                       tess_behind_t *nodes) {
  return !may_fuse(model, model->nodes[node].outputs[0]) ||
         tess_behind_add(model, node, nodes);
}

/* The branches and what was compared with them, what may fuse into the one
 * that they become, and what they let go. */
static bool list_nodes(const tess_model_t *model, int32_t anchor,
                       const plan_t *plan, tess_behind_t *nodes) {
  nodes->count = 0;
  for (int32_t i = 0; i < plan->count; i++)
    nodes->at[nodes->count++] = plan->branches[i].node;
  if (plan->joint != TESS_NONE &&
      (!add_node(nodes, plan->joint) || !add_behind(model, plan->joint, nodes)))
    return false;
  for (int32_t i = 0; i < plan->count; i++)
    if (!add_behind(model, plan->branches[i].node, nodes))
      return false;
  for (int32_t i = 0; i < plan->seen_count; i++)
    if (!add_node(nodes, plan->seen[i]) ||
        !add_before(model, plan->seen[i], nodes))
      return false;
  return add_before(model, anchor, nodes);
}

/* Links the contractions of each source in program order. */
static int32_t *link_contractions(const tess_model_t *model) {
  size_t nodes = (size_t)model->node_count, values = (size_t)model->value_count;
  int32_t *next = tess_alloc((nodes + 1) * sizeof *next);
  int32_t *after = tess_alloc((values + 1) * sizeof *after);
  for (size_t i = 0; i < values; i++)
    after[i] = TESS_NONE;
  for (int32_t i = model->node_count - 1; i >= 0; i--) {
    next[i] = TESS_NONE;
    if (!is_contraction(&model->nodes[i]))
      continue;
    int32_t source = tess_branch_source(model, i);
    next[i] = after[source];
    after[source] = i;
  }
  free(after);
  return next;
}

/* One site for each source, so that sites do not look at each other's. */
static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  const tess_alternative_t alternatives[] = {
      {.name = "keep"},
      {.name = "merge",
       .why = "one contraction with all outputs, its data read once"}};
  int32_t *next = link_contractions(model);
  bool *done = tess_alloc((size_t)model->value_count + 1);
  memset(done, 0, (size_t)model->value_count);
  for (int32_t i = 0; i < model->node_count; i++) {
    plan_t plan;
    tess_behind_t nodes;
    if (next[i] == TESS_NONE || done[tess_branch_source(model, i)] ||
        !collect(model, i, next, &plan))
      continue;
    done[tess_branch_source(model, i)] = true;
    if (list_nodes(model, i, &plan, &nodes))
      tess_site_add(collector, i, nodes.at, nodes.count, alternatives, 2);
  }
  free(done);
  free(next);
}

/* ---- Applying. ---- */

static MlirWalkResult hoist_producers(MlirOperation op, void *before);

/* Moves what `value` is prepared by before `before`. */
static void hoist(MlirValue value, MlirOperation before) {
  if (!mlirValueIsAOpResult(value))
    return;
  MlirOperation op = mlirOpResultGetOwner(value);
  if (!mlirBlockEqual(mlirOperationGetBlock(op),
                      mlirOperationGetBlock(before)) ||
      mlirOperationIsBeforeInBlock(op, before))
    return;
  tess_edit_walk(op, hoist_producers, &before);
  mlirOperationMoveBefore(op, before);
}

static MlirWalkResult hoist_producers(MlirOperation op, void *before) {
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++)
    hoist(mlirOperationGetOperand(op, i), *(MlirOperation *)before);
  return MlirWalkResultAdvance;
}

/* One operand of each branch side by side. */
static MlirValue side_by_side(const tess_builder_t *b,
                              const tess_model_t *model, const plan_t *plan,
                              intptr_t operand, int32_t axis) {
  MlirValue all[MOST];
  for (int32_t i = 0; i < plan->count; i++)
    all[i] = mlirOperationGetOperand(
        tess_edit_op(model, plan->branches[i].node), operand);
  return tess_build_concat(b, all, plan->count, axis);
}

/* The accumulator, if all start from the same number. */
static MlirValue same_start(const tess_builder_t *b, const tess_model_t *model,
                            const plan_t *plan, MlirType type) {
  MlirValue first = {NULL};
  for (int32_t i = 0; i < plan->count; i++) {
    const tess_branch_t *branch = &plan->branches[i];
    MlirValue number;
    if (!tess_match_filled(
            mlirOperationGetOperand(tess_edit_op(model, branch->node),
                                    branch->start),
            &number) ||
        (i && !tess_branch_same_number(first, number)))
      return (MlirValue){NULL};
    first = i ? first : number;
  }
  hoist(first, b->before);
  return tess_build_fill(b, first, type);
}

/* The accumulator, if all start from one number a channel: spread only when
 * they are side by side. */
static MlirValue spread_start(const tess_builder_t *b,
                              const tess_model_t *model, const plan_t *plan,
                              const tess_dims_t *to) {
  MlirValue all[MOST];
  MlirType element = {NULL};
  for (int32_t i = 0; i < 2 * plan->count; i++) {
    const tess_branch_t *branch = &plan->branches[i % plan->count];
    MlirValue start = mlirOperationGetOperand(tess_edit_op(model, branch->node),
                                              branch->start);
    tess_vector_t vector;
    const bool build = i >= plan->count; /* once all of them can */
    if (!tess_vector_of(build ? b : NULL, start, branch->axis, branch->outputs,
                        &vector))
      return (MlirValue){NULL};
    element = mlirShapedTypeGetElementType(mlirValueGetType(start));
    if (build)
      all[i % plan->count] =
          tess_vector_tensor(b, vector, branch->outputs, element);
  }
  return tess_vector_spread(b, tess_build_concat(b, all, plan->count, 0), to,
                            &plan->branches[0].axis, 1);
}

static MlirValue merged_start(const tess_builder_t *b,
                              const tess_model_t *model, const plan_t *plan,
                              const tess_dims_t *to, MlirType type) {
  const tess_branch_t *first = &plan->branches[0];
  if (first->tosa)
    return side_by_side(b, model, plan, first->start, 0);
  MlirValue start = same_start(b, model, plan, type);
  if (mlirValueIsNull(start))
    start = spread_start(b, model, plan, to);
  return mlirValueIsNull(start)
             ? side_by_side(b, model, plan, first->start, first->axis)
             : start;
}

static void remove_marks(MlirOperation op) {
  for (intptr_t i = mlirOperationGetNumDiscardableAttributes(op); i-- > 0;) {
    MlirIdentifier name = mlirOperationGetDiscardableAttribute(op, i).name;
    if (tess_apply_is_mark(name))
      mlirOperationRemoveDiscardableAttributeByName(op,
                                                    mlirIdentifierStr(name));
  }
}

/* The one contraction, before the branch that `b` builds before. */
static MlirValue build_merged(const tess_builder_t *b,
                              const tess_model_t *model, const plan_t *plan) {
  const tess_branch_t *first = &plan->branches[0];
  tess_dims_t to = tess_build_dims(mlirOperationGetResult(b->before, 0));
  to.at[first->axis] = 0;
  for (int32_t i = 0; i < plan->count; i++)
    to.at[first->axis] += plan->branches[i].outputs;
  MlirType type = tess_build_type(&to, mlirOperationGetResult(b->before, 0));
  MlirValue filter =
      side_by_side(b, model, plan, first->filter, first->filter_axis);
  MlirValue start = {NULL};
  if (first->start >= 0)
    start = merged_start(b, model, plan, &to, type);
  MlirOperation made = mlirOperationClone(b->before);
  remove_marks(made);
  mlirOperationSetOperand(made, first->filter, filter);
  if (first->start >= 0)
    mlirOperationSetOperand(made, first->start, start);
  mlirValueSetType(mlirOperationGetResult(made, 0), type);
  mlirBlockInsertOwnedOperationBefore(b->block, b->before, made);
  return mlirOperationGetResult(made, 0);
}

/* Gives each branch its part of the result. */
static void hand_out(const tess_builder_t *b, const tess_model_t *model,
                     const plan_t *plan, MlirValue whole) {
  int64_t offsets[TESS_MAX_RANK] = {0};
  MlirValue parts[MOST];
  for (int32_t i = 0; i < plan->count; i++) {
    const tess_branch_t *branch = &plan->branches[i];
    const tess_dims_t to = tess_build_dims(
        mlirOperationGetResult(tess_edit_op(model, branch->node), 0));
    parts[i] = tess_build_part(b, whole, offsets, &to);
    offsets[branch->axis] += branch->outputs;
  }
  for (int32_t i = 0; i < plan->count; i++)
    tess_edit_replace(tess_edit_op(model, plan->branches[i].node), parts[i]);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  plan_t plan;
  if (!collect(model, anchor, NULL, &plan))
    return false;
  const tess_builder_t b = tess_build_before(tess_edit_op(model, anchor));
  for (int32_t i = 0; i < plan.count; i++) {
    const tess_branch_t *branch = &plan.branches[i];
    MlirOperation op = tess_edit_op(model, branch->node);
    hoist(mlirOperationGetOperand(op, branch->filter), b.before);
    if (branch->start >= 0)
      hoist(mlirOperationGetOperand(op, branch->start), b.before);
  }
  MlirValue whole = build_merged(&b, model, &plan);
  if (plan.joint != TESS_NONE)
    tess_edit_replace(tess_edit_op(model, plan.joint), whole);
  else
    hand_out(&b, model, &plan, whole);
  return true;
}

/* A contraction beside others of the same data, of a form that is not taken. */
static const char *obstacle(const tess_model_t *model, int32_t index) {
  const tess_node_t *node = &model->nodes[index];
  tess_branch_t branch;
  if (node->prepared ||
      (node->kind != TESS_NODE_CONV && node->kind != TESS_NODE_MATMUL) ||
      node->data == TESS_NONE || node->filter == TESS_NONE ||
      tess_branch_is_data(model, node->filter) ||
      tess_branch_describe(model, index, &branch))
    return NULL;
  int32_t first = model->first_user[node->data], beside = 0;
  for (int32_t u = first;
       u < model->first_user[node->data + 1] && u < first + MOST_SEEN; u++) {
    const tess_node_t *other = &model->nodes[model->value_users[u]];
    beside += model->value_users[u] != index && other->kind == node->kind &&
              other->data == node->data;
  }
  if (!beside)
    return NULL;
  if (node->bias != TESS_NONE && tess_branch_is_data(model, node->bias))
    return "what it adds to is data";
  return "a contraction in another form than the named ops of TOSA and linalg, "
         "or a bias that is not one number a channel";
}

const tess_rule_t tess_rule_merge_branches = {find, apply, obstacle};

/* Squeeze-and-excite: without it, or with fewer channels between its two
 * contractions. Another function; the width needs new weights. */
#include "edit.h"
#include "match.h"
#include "resize.h"
#include "rule.h"
#include "tessera/base/arena.h"
#include <math.h>
#include <stdlib.h>

enum { MOST_STEPS = 64, MOST_ALTERNATIVES = 4 };

typedef struct match {
  int32_t scale;   /* the op that multiplies with the gate */
  intptr_t data;   /* its operand that is not the gate */
  int32_t squeeze; /* the first contraction */
  int64_t macs;    /* of both */
  int64_t elements;
  int32_t nodes[2 * MOST_STEPS]; /* from the pool to the scale */
  int32_t node_count;
  tess_resize_t width; /* nodes NULL: cannot be resized */
} match_t;

static bool add_node(match_t *match, int32_t node) {
  if (match->node_count == 2 * MOST_STEPS)
    return false;
  match->nodes[match->node_count++] = node;
  return true;
}

/* What the walk from the gate back to the data met. */
typedef struct walk {
  int32_t contractions;
  bool reduced;
} walk_t;

static bool is_float(int32_t dtype) {
  return dtype == TESS_F32 || dtype == TESS_F16 || dtype == TESS_BF16;
}

/* One step back from what node `n` makes; TESS_NONE where it is no part of a
 * squeeze-and-excite. */
static int32_t step(const tess_model_t *model, int32_t n, match_t *match,
                    walk_t *walk) {
  const tess_node_t *node = &model->nodes[n];
  if (node->prepared || !add_node(match, n))
    return TESS_NONE;
  switch (node->kind) {
  case TESS_NODE_CONV:
  case TESS_NODE_MATMUL:
    walk->contractions++;
    match->squeeze = n;
    match->macs += node->kernel.macs;
    return walk->reduced || !is_float(node->kernel.in_type) ? TESS_NONE
                                                            : node->data;
  case TESS_NODE_REDUCTION:
    walk->reduced = true;
    return node->input_count ? node->inputs[0] : TESS_NONE;
  case TESS_NODE_RESHAPE:
  case TESS_NODE_TRANSPOSE:
    return node->inputs[0];
  default:
    return TESS_NONE;
  }
}

/* One step back over all nodes of a chain, or over one other node. */
static int32_t step_back(const tess_model_t *model, int32_t value,
                         match_t *match, walk_t *walk) {
  int32_t n = tess_match_producer(model, value);
  const tess_chain_t *chain = tess_match_chain(model, value);
  if (n == TESS_NONE)
    return TESS_NONE;
  if (!chain)
    return step(model, n, match, walk);
  for (int32_t i = 0; i < chain->node_count; i++)
    if (!add_node(match, chain->nodes[i]))
      return TESS_NONE;
  return chain->input;
}

/* Whether the gate is two contractions of what the data is on average. */
static bool match_gate(const tess_model_t *model, int32_t gate, int32_t data,
                       match_t *match) {
  walk_t walk = {0};
  int32_t value = gate;
  for (int i = 0; i < MOST_STEPS && value != TESS_NONE && value != data; i++)
    value = step_back(model, value, match, &walk);
  return value == data && walk.contractions == 2 && walk.reduced;
}

static bool find_operand(const tess_model_t *model, int32_t n, int32_t value,
                         intptr_t *operand) {
  const tess_node_t *node = &model->nodes[n];
  MlirOperation op = tess_edit_op(model, n);
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++)
    if (mlirOperationGetOperand(op, i).ptr == model->values[value].handle) {
      *operand = i;
      return node->output_count == 1 &&
             mlirTypeEqual(mlirValueGetType(mlirOperationGetOperand(op, i)),
                           mlirValueGetType(mlirOperationGetResult(op, 0)));
    }
  return false;
}

/* The channels between the two contractions, if they go through nothing else.
 */
static void find_width(const tess_model_t *model, match_t *match) {
  const tess_node_t *node = &model->nodes[match->squeeze];
  const tess_value_t *made = &model->values[node->outputs[0]];
  int32_t dimension =
      node->kernel.layout == TESS_LAYOUT_NCHW && node->kind == TESS_NODE_CONV
          ? made->rank - node->kernel.spatial_rank - 1
          : made->rank - 1;
  if (dimension < 0 ||
      !tess_resize_follow(model, node->outputs[0], dimension, &match->width))
    return;
  int32_t contractions = 0;
  for (int32_t i = 0; i < match->width.working; i++)
    contractions +=
        model->nodes[match->width.nodes[i]].kind <= TESS_NODE_MATMUL;
  if (contractions != 2)
    tess_resize_free(&match->width);
}

/* Where it matches, the caller frees match->width. */
static bool match_at(const tess_model_t *model, int32_t n, match_t *match) {
  *match = (match_t){.scale = n};
  int32_t c = model->chain_of_node[n];
  const tess_chain_t *chain = c == TESS_NONE ? NULL : &model->chains[c];
  if (!chain || chain->function != TESS_FUNCTION_SCALE ||
      chain->nodes[chain->node_count - 1] != n || chain->other == TESS_NONE ||
      !is_float(model->values[chain->output].dtype) ||
      model->nodes[n].prepared ||
      !find_operand(model, n, chain->input, &match->data) ||
      !match_gate(model, chain->other, chain->input, match))
    return false;
  for (int32_t i = 0; i < chain->node_count; i++)
    if (!add_node(match, chain->nodes[i]))
      return false;
  match->elements = model->values[chain->output].elements;
  find_width(model, match);
  return true;
}

typedef struct choice {
  const char *name, *why;
  int64_t width; /* 0: none at all */
} choice_t;

/* The width's come last: whether they are on offer depends on who reads the
 * weights, which a part of the model does not show. */
static int list_choices(const match_t *match, choice_t *list) {
  int count = 0;
  int64_t width = match->width.nodes ? match->width.size : 0;
  list[count++] = (choice_t){"off",
                             "no pass over the data to average it, and "
                             "none to scale it",
                             0};
  if (width && width % 2 == 0)
    list[count++] = (choice_t){"half",
                               "half as many channels between the two "
                               "contractions",
                               width / 2};
  if (width && width % 4 == 0)
    list[count++] = (choice_t){"quarter",
                               "a quarter of the channels between "
                               "the two contractions",
                               width / 4};
  return count;
}

/* A gate between 0 and 1 is as far from none as the data is large. */
static void add_site(const match_t *match, tess_site_collector_t *collector) {
  choice_t list[MOST_ALTERNATIVES];
  tess_alternative_t alternatives[MOST_ALTERNATIVES + 1] = {{.name = "keep"}};
  int count = list_choices(match, list);
  for (int i = 0; i < count; i++) {
    alternatives[i + 1] =
        (tess_alternative_t){.name = list[i].name,
                             .rewrite_class = TESS_CLASS_RETRAIN,
                             .why = list[i].why,
                             .removed_macs = match->macs};
    if (list[i].width)
      continue;
    alternatives[i + 1].greatest_error = INFINITY;
    alternatives[i + 1].changed_elements = match->elements;
  }
  tess_site_add(collector, match->scale, match->nodes, match->node_count,
                alternatives, count + 1);
}

static bool has_node(const match_t *match, int32_t node) {
  for (int32_t i = 0; i < match->node_count; i++)
    if (match->nodes[i] == node)
      return true;
  return false;
}

static bool is_element(const tess_node_t *node) {
  return node->kind == TESS_NODE_ELEMENTWISE ||
         node->kind == TESS_NODE_RESHAPE || node->kind == TESS_NODE_TRANSPOSE ||
         node->kind == TESS_NODE_PAD;
}

/* Whether an element-wise node reads activations of other nodes, with whose
 * kernels it may fuse as well. */
static bool reads_others(const tess_model_t *model, int32_t n,
                         const match_t *match) {
  const tess_node_t *node = &model->nodes[n];
  for (int32_t i = 0; i < node->input_count && is_element(node); i++) {
    const tess_value_t *value = &model->values[node->inputs[i]];
    bool data =
        value->role == TESS_ROLE_ACTIVATION || value->role == TESS_ROLE_INPUT;
    if (data && !has_node(match, value->node))
      return true;
  }
  return false;
}

/* Without the gate, what reads the scaled data may fuse with what makes the
 * data: adds both. False where that is more than can be told. */
static bool add_neighbours(const tess_model_t *model, match_t *match) {
  const tess_chain_t *chain =
      &model->chains[model->chain_of_node[match->scale]];
  int32_t source = tess_match_source(model, chain->input);
  int32_t first = match->node_count - 1; /* the scale */
  for (int32_t i = first; i < match->node_count; i++) {
    const tess_node_t *node = &model->nodes[match->nodes[i]];
    if (i > first && (!is_element(node) || node->output_count != 1))
      continue;
    int32_t value = node->outputs[0];
    for (int32_t u = model->first_user[value]; u < model->first_user[value + 1];
         u++) {
      int32_t reader = model->value_users[u];
      if (has_node(match, reader))
        continue;
      if (reads_others(model, reader, match) || !add_node(match, reader))
        return false;
    }
  }
  return source == TESS_NONE || model->nodes[source].prepared ||
         add_node(match, source);
}

static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  bool *claimed = tess_alloc((size_t)model->node_count + 1);
  for (int32_t c = 0; c < model->chain_count; c++) {
    match_t match;
    const tess_chain_t *chain = &model->chains[c];
    if (chain->function != TESS_FUNCTION_SCALE ||
        !match_at(model, chain->nodes[chain->node_count - 1], &match))
      continue;
    if (tess_match_claim(claimed, match.nodes, match.node_count) &&
        add_neighbours(model, &match))
      add_site(&match, collector);
    tess_resize_free(&match.width);
  }
  free(claimed);
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  match_t match;
  choice_t list[MOST_ALTERNATIVES];
  if (!match_at(model, anchor, &match))
    return false;
  bool known = alternative <= list_choices(&match, list);
  MlirOperation op = tess_edit_op(model, anchor);
  if (known && list[alternative - 1].width)
    tess_resize_apply(&match.width, list[alternative - 1].width,
                      "squeeze-excite");
  else if (known)
    tess_edit_replace(op, mlirOperationGetOperand(op, match.data));
  tess_resize_free(&match.width);
  return known;
}

const tess_rule_t tess_rule_squeeze_excite = {find, apply, NULL};

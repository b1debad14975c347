/* What each value is for: data, weights, constants, or prepared from them. */
#include "roles.h"
#include "mlir-c/BuiltinAttributes.h"
#include "operations.h"
#include <string.h>

static bool is_source(const tess_reading_t *r, int32_t value) {
  int32_t node = r->values[value].node;
  return node == TESS_NONE || (r->nodes[node].kind == TESS_NODE_INIT &&
                               r->nodes[node].input_count == 0);
}

/* The only operand of a node that is not constant, or TESS_NONE. */
static int32_t only_variable(const tess_node_t *node, const bool *constant) {
  int32_t found = TESS_NONE;
  for (int32_t i = 0; i < node->input_count; i++) {
    int32_t value = node->inputs[i];
    if (constant[value] || value == found)
      continue;
    if (found != TESS_NONE)
      return TESS_NONE;
    found = value;
  }
  if (found == TESS_NONE && node->input_count)
    return node->inputs[0];
  return found;
}

/* Whether what a node makes is its operands in another form. */
static bool passes_on(const tess_node_t *node) {
  return node->kind == TESS_NODE_RESHAPE || node->kind == TESS_NODE_TRANSPOSE ||
         node->kind == TESS_NODE_PAD || node->kind == TESS_NODE_INIT ||
         node->kind == TESS_NODE_ELEMENTWISE;
}

static void find_sources(tess_reading_t *r) {
  size_t count = (size_t)r->value_count;
  bool *constant = tess_arena_room(&r->scratch, count, sizeof *constant);
  r->constant = constant;
  r->source = tess_arena_room(&r->scratch, count, sizeof *r->source);
  for (int32_t v = 0; v < r->value_count; v++) {
    int32_t n = r->values[v].node;
    bool source = is_source(r, v);
    r->source[v] = source ? v : TESS_NONE;
    constant[v] = n != TESS_NONE && source;
    if (source)
      continue;
    const tess_node_t *node = &r->nodes[n];
    int32_t from = passes_on(node) ? only_variable(node, constant) : TESS_NONE;
    if (from != TESS_NONE)
      r->source[v] = r->source[from];
    constant[v] = node->input_count > 0;
    for (int32_t i = 0; i < node->input_count; i++)
      constant[v] = constant[v] && constant[node->inputs[i]];
  }
}

static void vote(const tess_reading_t *r, uint8_t *votes, int32_t value,
                 uint8_t which) {
  if (value != TESS_NONE && r->source[value] != TESS_NONE)
    votes[r->source[value]] |= which;
}

/* A filter may be computed from several sources: one that is scaled by a norm's
 * factors. `budget`: how many nodes may be looked at. */
static bool is_of_sources(const tess_reading_t *r, int32_t value, int *budget) {
  int32_t n = r->values[value].node;
  if (r->source[value] != TESS_NONE)
    return true;
  if (n == TESS_NONE || !passes_on(&r->nodes[n]) || --*budget < 0)
    return false;
  for (int32_t i = 0; i < r->nodes[n].input_count; i++)
    if (!is_of_sources(r, r->nodes[n].inputs[i], budget))
      return false;
  return true;
}

/* The sources as large as the filter are filters, all others are vectors. */
static void vote_on_sources(const tess_reading_t *r, uint8_t *votes,
                            int32_t value, int64_t elements) {
  int32_t source = r->source[value];
  if (source != TESS_NONE) {
    bool whole = r->values[source].elements == elements;
    vote(r, votes, value, whole ? TESS_VOTE_FILTER : TESS_VOTE_VECTOR);
    return;
  }
  const tess_node_t *node = &r->nodes[r->values[value].node];
  for (int32_t i = 0; i < node->input_count; i++)
    vote_on_sources(r, votes, node->inputs[i], elements);
}

static void vote_on_filter(const tess_reading_t *r, uint8_t *votes,
                           int32_t filter) {
  int budget = 64;
  vote(r, votes, filter, TESS_VOTE_FILTER);
  if (filter != TESS_NONE && r->source[filter] == TESS_NONE &&
      is_of_sources(r, filter, &budget))
    vote_on_sources(r, votes, filter, r->values[filter].elements);
}

/* Rank 4 and more than one dimension that is not 1: no per-channel vector. */
static bool is_image_like(const tess_value_t *value) {
  int wide = 0;
  for (int32_t i = 0; i < value->rank; i++)
    wide += value->shape[i] > 1;
  return value->rank >= 4 && wide > 1;
}

/* Whether operand `i` is no number that arithmetic goes on with: the table of a
 * lookup, a condition, and what is only compared with. */
static bool only_selects(const tess_node_t *node, int32_t i) {
  static const char *const comparisons[] = {"tosa.greater",
                                            "tosa.greater_equal", "tosa.equal"};
  /* Asked for every operand, and nearly always no: by the first letters. */
  const char *name = node->op_name;
  if (strncmp(name, "tosa.", 5) != 0 ||
      (name[5] != 't' && name[5] != 's' && name[5] != 'g' && name[5] != 'e'))
    return false;
  if (strcmp(node->op_name, "tosa.table") == 0)
    return i == 1;
  if (strcmp(node->op_name, "tosa.select") == 0)
    return i == 0;
  for (size_t c = 0; c < sizeof comparisons / sizeof *comparisons; c++)
    if (strcmp(node->op_name, comparisons[c]) == 0)
      return true;
  return false;
}

/* Whether `e` is the operand whose expression `of` is. */
static bool is_operand(const tess_reading_t *r, int32_t e, int32_t of) {
  if (e == TESS_NONE || of == TESS_NONE)
    return false;
  e = tess_expression_strip(&r->expressions, e);
  const tess_expression_t *item = &r->expressions.items[e];
  return e == of ||
         (item->scalar == TESS_SCALAR_BROADCAST && item->child[0] == of);
}

/* Whether operand `i` of node `n` says how quantised numbers are scaled, and
 * nothing else: it comes from where numbers were measured, not from training.
 */
static bool only_scales(const tess_reading_t *r, int32_t n, int32_t i) {
  const tess_node_t *node = &r->nodes[n];
  if (!r->expressions.rescales)
    return false;
  if (strcmp(node->op_name, "tosa.rescale") == 0)
    return i > 0;
  int32_t of = r->value_expression[node->inputs[i]];
  for (int32_t e = r->extras[n].first_expression;
       e < r->extras[n].last_expression; e++) {
    const tess_expression_t *item = &r->expressions.items[e];
    if (item->scalar == TESS_SCALAR_RESCALE &&
        (is_operand(r, item->child[1], of) ||
         is_operand(r, item->child[2], of)))
      return true;
  }
  return false;
}

static void vote_on_elementwise(const tess_reading_t *r, uint8_t *votes,
                                int32_t n) {
  const tess_node_t *node = &r->nodes[n];
  for (int32_t i = 0; i < node->input_count; i++) {
    const tess_value_t *value = &r->values[node->inputs[i]];
    if (r->source[node->inputs[i]] == TESS_NONE || only_selects(node, i))
      continue; /* nobody is voted for */
    if (only_scales(r, n, i))
      vote(r, votes, node->inputs[i], TESS_VOTE_SCALES);
    else if (value->elements < node->kernel.out_elements)
      vote(r, votes, node->inputs[i], TESS_VOTE_VECTOR);
    else if (is_image_like(value))
      vote(r, votes, node->inputs[i], TESS_VOTE_IMAGE_LIKE);
  }
}

/* Whether the results of node `n` are computed from the operand's elements:
 * not if it only numbers the elements of another tensor. */
static bool computes_on(const tess_reading_t *r, int32_t n, int32_t i) {
  const tess_node_t *node = &r->nodes[n];
  int32_t of = r->value_expression[node->inputs[i]];
  if (node->kind != TESS_NODE_ELEMENTWISE)
    return strstr(node->op_name, "gather") == NULL;
  for (int32_t e = r->extras[n].first_expression;
       e < r->extras[n].last_expression && !only_selects(node, i); e++) {
    const tess_expression_t *item = &r->expressions.items[e];
    for (int c = 0; c < 3; c++)
      if (item->live && of != TESS_NONE && item->child[c] == of)
        return true;
  }
  return false;
}

bool tess_role_is_choice(const tess_value_t *value) {
  return value->dtype == TESS_I1 || value->dtype == TESS_I32 ||
         value->dtype == TESS_I64 || value->dtype == TESS_INDEX;
}

static void vote_on_numbers(const tess_reading_t *r, uint8_t *votes,
                            int32_t n) {
  const tess_node_t *node = &r->nodes[n];
  for (int32_t i = 0; i < node->input_count; i++) {
    int32_t value = node->inputs[i], source = r->source[value];
    if (source == TESS_NONE || !tess_role_is_choice(&r->values[source]))
      continue;
    bool hands_on = node->output_count && r->source[node->outputs[0]] == source;
    if (!hands_on && computes_on(r, n, i))
      vote(r, votes, value, TESS_VOTE_NUMBER);
  }
}

static void collect_votes(const tess_reading_t *r, uint8_t *votes) {
  for (int32_t n = 0; n < r->node_count; n++) {
    const tess_node_t *node = &r->nodes[n];
    if (node->kind <= TESS_NODE_MATMUL) {
      vote(r, votes, node->data, TESS_VOTE_INPUT);
      bool folds = node->data != TESS_NONE && r->constant[node->data];
      if (!folds) /* else the filter may be the data */
        vote_on_filter(r, votes, node->filter);
      vote(r, votes, node->bias, TESS_VOTE_VECTOR | TESS_VOTE_BIAS);
    } else if (node->kind == TESS_NODE_ELEMENTWISE) {
      vote_on_elementwise(r, votes, n);
    }
    vote_on_numbers(r, votes, n);
  }
}

/* The role that the function's author wrote down among the attributes of the
 * arguments: tessera.role = "input", "weight" or "statistic". */
static bool stated_role(MlirAttribute arguments, int32_t argument,
                        tess_role_t *role) {
  if (mlirAttributeIsNull(arguments) || !mlirAttributeIsAArray(arguments) ||
      argument >= mlirArrayAttrGetNumElements(arguments))
    return false;
  MlirAttribute own = mlirDictionaryAttrGetElementByName(
      mlirArrayAttrGetElement(arguments, argument),
      mlirStringRefCreateFromCString("tessera.role"));
  if (mlirAttributeIsNull(own) || !mlirAttributeIsAString(own))
    return false;
  static const struct {
    const char *name;
    tess_role_t role;
  } names[] = {{"input", TESS_ROLE_INPUT},
               {"weight", TESS_ROLE_WEIGHT},
               {"statistic", TESS_ROLE_STATISTIC}};
  MlirStringRef text = mlirStringAttrGetValue(own);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strlen(names[i].name) == text.length &&
        memcmp(names[i].name, text.data, text.length) == 0) {
      *role = names[i].role;
      return true;
    }
  return false;
}

static tess_role_t argument_role(uint8_t votes, bool contracts) {
  if (!contracts || votes & TESS_VOTE_INPUT)
    return TESS_ROLE_INPUT;
  if (votes & (TESS_VOTE_FILTER | TESS_VOTE_VECTOR))
    return TESS_ROLE_WEIGHT;
  if (votes & TESS_VOTE_IMAGE_LIKE)
    return TESS_ROLE_INPUT;
  return votes & TESS_VOTE_SCALES ? TESS_ROLE_CONSTANT : TESS_ROLE_WEIGHT;
}

/* A constant of many values that is used like a weight is one; a splat is one
 * only as a filter or as a bias other than zero. A convolution's bias of zeros
 * stands where the layer has none, since TOSA's ops ask for one, and no number
 * beside it tells that from a bias that happens to be zero. */
static tess_role_t constant_role(const tess_reading_t *r, int32_t value,
                                 uint8_t votes) {
  int32_t e = r->value_expression[value];
  bool splat =
      e != TESS_NONE && r->expressions.items[e].scalar == TESS_SCALAR_CONSTANT;
  if (splat && votes & TESS_VOTE_BIAS && r->values[value].elements > 1 &&
      r->expressions.items[e].constant != 0)
    splat = false;
  const tess_node_t *node = &r->nodes[r->values[value].node];
  bool is_constant = strcmp(node->op_name, "tosa.const") == 0 ||
                     strcmp(node->op_name, "arith.constant") == 0;
  if (is_constant &&
      (votes & TESS_VOTE_FILTER || (votes & TESS_VOTE_VECTOR && !splat)))
    return TESS_ROLE_WEIGHT;
  return TESS_ROLE_CONSTANT;
}

static bool is_prepared_role(int32_t role) {
  return role != TESS_ROLE_ACTIVATION && role != TESS_ROLE_INPUT;
}

static void spread(tess_reading_t *r, int32_t n) {
  tess_node_t *node = &r->nodes[n];
  bool prepared = node->input_count > 0 && node->kind != TESS_NODE_UNKNOWN;
  bool constant = true;
  for (int32_t i = 0; i < node->input_count; i++) {
    int32_t role = r->values[node->inputs[i]].role;
    prepared = prepared && is_prepared_role(role);
    constant = constant && role == TESS_ROLE_CONSTANT;
  }
  bool source = node->input_count == 0 && node->kind == TESS_NODE_INIT;
  node->prepared = prepared || source;
  if (prepared && r->extras[n].work_free)
    node->kind = TESS_NODE_INIT;
  for (int32_t i = 0; i < node->output_count && prepared; i++)
    r->values[node->outputs[i]].role =
        constant ? TESS_ROLE_CONSTANT : TESS_ROLE_PREPARED;
}

static void mark_expressions(tess_reading_t *r) {
  for (int32_t i = 0; i < r->expressions.count; i++) {
    tess_expression_t *e = &r->expressions.items[i];
    if (e->scalar == TESS_SCALAR_LEAF) {
      e->prepared = is_prepared_role(r->values[e->value].role);
      continue;
    }
    e->prepared = true;
    for (int c = 0; c < 3; c++)
      if (e->child[c] != TESS_NONE)
        e->prepared = e->prepared && r->expressions.items[e->child[c]].prepared;
  }
}

static bool has_input(const tess_reading_t *r) {
  for (int32_t a = 0; a < r->model->argument_count; a++) {
    int32_t v = r->model->arguments[a];
    if (v != TESS_NONE && r->values[v].role == TESS_ROLE_INPUT)
      return true;
  }
  return false;
}

/* Where no product reads an argument at once, nor anything as large as an
 * image: the choices are input that no product has as a weight, or else the
 * first argument that nothing uses like one. */
static void find_other_input(tess_reading_t *r, const uint8_t *votes) {
  const uint8_t of_product = TESS_VOTE_FILTER | TESS_VOTE_BIAS;
  const uint8_t like_weight = TESS_VOTE_FILTER | TESS_VOTE_VECTOR;
  int32_t first = TESS_NONE;
  if (has_input(r))
    return;
  for (int32_t a = 0; a < r->model->argument_count; a++) {
    int32_t v = r->model->arguments[a];
    if (v == TESS_NONE || r->values[v].uses == 0)
      continue;
    if (tess_role_is_choice(&r->values[v]) && !(votes[v] & of_product))
      r->values[v].role = TESS_ROLE_INPUT;
    else if (first == TESS_NONE && r->values[v].rank > 1 &&
             !(votes[v] & like_weight))
      first = v;
  }
  if (first != TESS_NONE && !has_input(r))
    r->values[first].role = TESS_ROLE_INPUT;
}

/* Masks and numbers of words or positions beside other input. What shifts and
 * scales quantised data has 32 bits too, but arithmetic reads it. */
static void find_choices(tess_reading_t *r, const uint8_t *votes) {
  for (int32_t a = 0; a < r->model->argument_count; a++) {
    int32_t v = r->model->arguments[a];
    if (v == TESS_NONE || !tess_role_is_choice(&r->values[v]) ||
        votes[v] & (TESS_VOTE_STATED | TESS_VOTE_FILTER | TESS_VOTE_BIAS |
                    TESS_VOTE_SCALES))
      continue;
    if (r->values[v].dtype != TESS_I32 || !(votes[v] & TESS_VOTE_NUMBER))
      r->values[v].role = TESS_ROLE_INPUT;
  }
}

void tess_reading_find_roles(tess_reading_t *r) {
  uint8_t *votes = tess_arena_alloc(&r->scratch, (size_t)r->value_count);
  bool contracts = false;
  for (int32_t n = 0; n < r->node_count; n++)
    contracts = contracts || r->nodes[n].kind <= TESS_NODE_MATMUL;
  find_sources(r);
  collect_votes(r, votes);
  MlirOperation function = {(void *)(uintptr_t)r->model->func_op};
  MlirAttribute arguments = tess_attribute(function, "arg_attrs");
  bool anything_stated = false, anything_open = false;
  for (int32_t v = 0; v < r->value_count; v++) {
    tess_value_t *value = &r->values[v];
    if (value->argument != TESS_NONE) {
      tess_role_t stated = argument_role(votes[v], contracts);
      if (stated_role(arguments, value->argument, &stated)) {
        anything_stated = true;
        votes[v] |= TESS_VOTE_STATED;
      } else {
        anything_open = true;
      }
      value->role = (int32_t)stated;
    } else if (r->source[v] == v)
      value->role = (int32_t)constant_role(r, v, votes[v]);
  }
  if (contracts && !anything_stated)
    find_other_input(r, votes);
  if (contracts)
    find_choices(r, votes);
  if (contracts && anything_open)
    tess_roles_find_states(r, votes);
  for (int32_t n = 0; n < r->node_count; n++)
    spread(r, n);
  mark_expressions(r);
}

/* Forming kernels from nodes. The rule, in program order:
 *
 * 1. Prepared nodes, accumulators and reshapes are in no kernel; nor are
 *    transposes where the target makes them free (of up to five dimensions).
 *    Everything below looks through such views.
 * 2. A convolution, product, reduction, movement or unknown node is the root
 *    of a kernel of its own.
 * 3. An element-wise node joins the kernel of the latest-rooted of the
 *    operands that have its own size, if the target fuses element-wise work
 *    after that kind of root. It does not where another activation broadcasts
 *    into it (the gate of a squeeze-and-excite comes from a reduction of the
 *    same data, so it would wait for itself), unless that was made in the same
 *    kernel. Otherwise it is the root of an element-wise kernel.
 * 4. A root takes in the pad of zeros that it alone reads, and then the whole
 *    element-wise kernel before it if its only result has that one reader,
 *    where the target fuses so. A TOSA reduction, which handles one dimension,
 *    takes in the same op before it if that has no other reader: one sum.
 *
 * Why this is local: 3 and 4 look at operands, their kernels and their numbers
 * of readers only, so a piece cut out at kernel boundaries gives the same
 * kernels. Why no two kernels wait for each other: a kernel reads only from
 * kernels whose root comes before its own. */
#include "forming.h"
#include <stdlib.h>
#include <string.h>

/* A batch of volumes with channels. A transpose of more dimensions stands
 * between reshapes that split and merge them, as space-to-depth's does: it
 * regroups elements, which no layout of the tensors around it expresses. */
enum { MOST_LAYOUT_DIMENSIONS = 5 };

/* Whether a node only shows its operand in another shape. */
bool tess_forming_is_view(const tess_forming_t *f, int32_t n) {
  const tess_node_t *node = &f->model->nodes[n];
  if (node->kind == TESS_NODE_TRANSPOSE)
    return f->rules.transpose_free &&
           f->model->values[node->outputs[0]].rank <= MOST_LAYOUT_DIMENSIONS;
  return node->kind == TESS_NODE_RESHAPE;
}

bool tess_forming_escapes(const tess_forming_t *f, int32_t value) {
  return f->returned[value] || f->readers[value] != f->inside[value];
}

bool tess_forming_is_activation(const tess_forming_t *f, int32_t value) {
  int32_t role = f->model->values[value].role;
  return role == TESS_ROLE_ACTIVATION || role == TESS_ROLE_INPUT;
}

/* The kernel that makes the value, views aside, or TESS_NONE. */
static int32_t kernel_of_value(const tess_forming_t *f, int32_t value) {
  int32_t n = f->model->values[f->base[value]].node;
  return n == TESS_NONE ? TESS_NONE : f->kernel_of_node[n];
}

static bool is_single_use(const tess_forming_t *f, int32_t value) {
  int32_t base = f->base[value];
  return f->readers[base] == 1 && !f->returned[base];
}

static void join(tess_forming_t *f, int32_t n, int32_t kernel) {
  tess_draft_t *draft = &f->drafts[kernel];
  const tess_node_t *node = &f->model->nodes[n];
  f->kernel_of_node[n] = kernel;
  f->next_node[n] = TESS_NONE;
  for (int32_t i = 0; i < node->input_count; i++)
    if (kernel_of_value(f, node->inputs[i]) == kernel)
      f->inside[f->base[node->inputs[i]]]++;
  if (draft->first == TESS_NONE)
    draft->first = n;
  else
    f->next_node[draft->last] = n;
  draft->last = n;
  draft->node_count++;
}

static int32_t open_kernel(tess_forming_t *f, int32_t root) {
  f->drafts[f->draft_count] = (tess_draft_t){
      .root = root, .first = TESS_NONE, .last = TESS_NONE, .pad = TESS_NONE};
  join(f, root, f->draft_count);
  return f->draft_count++;
}

static bool fuses_after(const tess_forming_t *f, int32_t kernel) {
  switch (f->model->nodes[f->drafts[kernel].root].kind) {
  case TESS_NODE_CONV:
  case TESS_NODE_MATMUL:
    return f->rules.elementwise_after_matrix;
  case TESS_NODE_DEPTHWISE:
  case TESS_NODE_REDUCTION:
    return f->rules.elementwise_after_vector;
  case TESS_NODE_ELEMENTWISE:
    return f->rules.elementwise_chain;
  default:
    return false;
  }
}

/* The kernel that element-wise node `n` may join by its operands' sizes and
 * order, or TESS_NONE. */
static int32_t latest_of_own_size(const tess_forming_t *f,
                                  const tess_node_t *node) {
  int32_t best = TESS_NONE;
  for (int32_t i = 0; i < node->input_count; i++) {
    int32_t value = node->inputs[i];
    if (f->model->values[value].elements != node->kernel.out_elements)
      continue;
    int32_t kernel = kernel_of_value(f, value);
    if (kernel != TESS_NONE &&
        (best == TESS_NONE || f->drafts[kernel].root > f->drafts[best].root))
      best = kernel;
  }
  return best;
}

static bool may_join(const tess_forming_t *f, const tess_node_t *node,
                     int32_t kernel) {
  if (kernel == TESS_NONE || !fuses_after(f, kernel))
    return false;
  for (int32_t i = 0; i < node->input_count; i++) {
    int32_t value = node->inputs[i];
    bool broadcasts =
        f->model->values[value].elements < node->kernel.out_elements;
    if (broadcasts && tess_forming_is_activation(f, value) &&
        kernel_of_value(f, value) != kernel)
      return false;
  }
  return true;
}

static void place_elementwise(tess_forming_t *f, int32_t n) {
  const tess_node_t *node = &f->model->nodes[n];
  int32_t kernel = latest_of_own_size(f, node);
  if (may_join(f, node, kernel))
    join(f, n, kernel);
  else
    open_kernel(f, n);
}

/* Whether nothing outside kernel `k` reads what it makes, except `value`. */
static bool makes_only(const tess_forming_t *f, int32_t k, int32_t value) {
  for (int32_t n = f->drafts[k].first; n != TESS_NONE; n = f->next_node[n]) {
    const tess_node_t *node = &f->model->nodes[n];
    for (int32_t i = 0; i < node->output_count; i++)
      if (node->outputs[i] != value &&
          tess_forming_escapes(f, node->outputs[i]))
        return false;
  }
  return true;
}

/* Moves all nodes of `from` before those of `into`, which reads `value` of
 * them. */
static void merge(tess_forming_t *f, int32_t from, int32_t into,
                  int32_t value) {
  tess_draft_t *a = &f->drafts[from], *b = &f->drafts[into];
  for (int32_t n = a->first; n != TESS_NONE; n = f->next_node[n])
    f->kernel_of_node[n] = into;
  f->next_node[a->last] = b->first;
  b->first = a->first;
  b->node_count += a->node_count;
  a->node_count = 0;
  f->inside[f->base[value]]++;
}

/* Takes in the kernel that makes `value` if it is rooted in a node of kind
 * `kind` and made for this one reader. */
static bool take_in(tess_forming_t *f, int32_t into, int32_t value,
                    tess_node_kind_t kind) {
  int32_t from = kernel_of_value(f, value);
  if (from == TESS_NONE || from == into || !is_single_use(f, value))
    return false;
  const tess_node_t *root = &f->model->nodes[f->drafts[from].root];
  if (root->kind != (int32_t)kind || !makes_only(f, from, f->base[value]))
    return false;
  merge(f, from, into, value);
  return true;
}

/* Whether a pad adds zeros to nothing but the space of `conv`'s data. */
static bool pads_space(const tess_forming_t *f, const tess_node_t *conv,
                       int32_t value) {
  int32_t n = f->model->values[value].node;
  const tess_node_t *pad = n == TESS_NONE ? NULL : &f->model->nodes[n];
  if (!pad || pad->kind != TESS_NODE_PAD || !pad->pad_low)
    return false;
  int32_t rank = f->model->values[value].rank;
  int32_t spatial = conv->kernel.spatial_rank;
  int32_t first = conv->kernel.layout == TESS_LAYOUT_NCHW ? rank - spatial : 1;
  for (int32_t i = 0; i < rank; i++)
    if ((i < first || i >= first + spatial) &&
        (pad->pad_low[i] != 0 || pad->pad_high[i] != 0))
      return false;
  for (int32_t i = first; i < first + spatial && i < rank; i++)
    if (pad->pad_low[i] < 0 || pad->pad_high[i] < 0)
      return false;
  return first + spatial <= rank;
}

static int32_t main_operand(const tess_node_t *node) {
  if (node->kind <= TESS_NODE_MATMUL)
    return node->data;
  return node->input_count ? node->inputs[0] : TESS_NONE;
}

/* Whether `value` is the bare result of the same reduction over another
 * dimension. */
static bool continues_reduction(const tess_forming_t *f,
                                const tess_node_t *root, int32_t value) {
  int32_t before = kernel_of_value(f, value);
  if (before == TESS_NONE || strncmp(root->op_name, "tosa.reduce_", 12) != 0)
    return false;
  const tess_draft_t *draft = &f->drafts[before];
  return draft->last == draft->root &&
         strcmp(f->model->nodes[draft->root].op_name, root->op_name) == 0;
}

/* Rule 4 for a root whose kernel was just opened. */
static void take_in_producers(tess_forming_t *f, int32_t kernel) {
  const tess_node_t *root = &f->model->nodes[f->drafts[kernel].root];
  int32_t value = main_operand(root);
  if (value == TESS_NONE)
    return;
  bool convolves =
      root->kind == TESS_NODE_CONV || root->kind == TESS_NODE_DEPTHWISE;
  if (convolves && f->rules.pad_into_consumer &&
      f->model->values[value].uses == 1 && pads_space(f, root, value)) {
    int32_t pad = f->model->values[value].node;
    merge(f, f->kernel_of_node[pad], kernel, value);
    f->drafts[kernel].pad = pad;
    value = f->model->nodes[pad].inputs[0];
  }
  bool matrix = root->kind == TESS_NODE_CONV || root->kind == TESS_NODE_MATMUL;
  bool reduces = root->kind == TESS_NODE_REDUCTION;
  if (reduces && continues_reduction(f, root, value) &&
      take_in(f, kernel, value, TESS_NODE_REDUCTION))
    return;
  if ((matrix && f->rules.elementwise_before_matrix) ||
      (reduces && f->rules.elementwise_before_reduction))
    take_in(f, kernel, value, TESS_NODE_ELEMENTWISE);
}

static void place(tess_forming_t *f, int32_t n) {
  const tess_node_t *node = &f->model->nodes[n];
  if (node->prepared || node->kind == TESS_NODE_INIT ||
      tess_forming_is_view(f, n))
    return;
  if (node->kind == TESS_NODE_ELEMENTWISE)
    place_elementwise(f, n);
  else
    take_in_producers(f, open_kernel(f, n));
}

/* What each value is a view of, and who reads it. Values are numbered in
 * program order, so one pass each is enough. Weights are also looked at through
 * the broadcasts that only spread them. */
static void index_values(tess_forming_t *f) {
  const tess_model_t *model = f->model;
  for (int32_t v = 0; v < model->value_count; v++) {
    int32_t n = model->values[v].node;
    const tess_node_t *node = n == TESS_NONE ? NULL : &model->nodes[n];
    bool spreads = node && node->kind == TESS_NODE_INIT && node->prepared &&
                   model->values[v].role == TESS_ROLE_PREPARED;
    bool view = node && (spreads || tess_forming_is_view(f, n));
    f->base[v] = view && node->input_count ? f->base[node->inputs[0]] : v;
    f->returned[f->base[v]] =
        f->returned[f->base[v]] || model->values[v].returned;
  }
  for (int32_t n = 0; n < model->node_count; n++) {
    const tess_node_t *node = &model->nodes[n];
    f->kernel_of_node[n] = TESS_NONE;
    for (int32_t i = 0; i < node->input_count && !tess_forming_is_view(f, n);
         i++)
      f->readers[f->base[node->inputs[i]]]++;
  }
}

tess_program_t *tess_program_form(const tess_model_t *model,
                                  const tess_fusion_rules_t *rules) {
  size_t count = (size_t)model->node_count;
  size_t values = (size_t)model->value_count + 1;
  tess_program_t *program = tess_alloc(sizeof *program);
  int32_t *kernel_of_node =
      tess_arena_room(&program->arena, count, sizeof *kernel_of_node);
  tess_forming_t f = {.model = model,
                      .rules = *rules,
                      .scratch = TESS_ARENA_INIT,
                      .kernel_of_node = kernel_of_node};
  f.next_node = tess_arena_room(&f.scratch, count, sizeof *f.next_node);
  f.base = tess_arena_room(&f.scratch, values, sizeof *f.base);
  f.readers = tess_arena_array(&f.scratch, values, sizeof *f.readers);
  f.inside = tess_arena_array(&f.scratch, values, sizeof *f.inside);
  f.returned = tess_arena_array(&f.scratch, values, sizeof *f.returned);
  f.drafts = tess_arena_room(&f.scratch, count, sizeof *f.drafts);
  index_values(&f);
  for (int32_t n = 0; n < model->node_count; n++)
    place(&f, n);
  tess_forming_finish(&f, program);
  program->kernel_of_node = kernel_of_node;
  tess_arena_free(&f.scratch);
  return program;
}

tess_program_t *tess_program_create(const tess_model_t *model,
                                    const tess_fusion_rules_t *rules) {
  tess_program_t *program = tess_program_form(model, rules);
  tess_forming_name(program, model);
  return program;
}

void tess_program_destroy(tess_program_t *program) {
  if (!program)
    return;
  tess_arena_free(&program->arena);
  free(program);
}

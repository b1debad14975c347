/* Space-to-batch: pixels of one picture become pictures of a batch.
 *
 * "phases", for a dilated convolution: the pixels that lie a dilation apart
 * never meet others, so each set of them is a picture of its own, and the
 * convolution on those has no dilation.
 * "tiles", where pictures are few and large: rows are cut into tiles with the
 * halo that their windows see, for targets whose compilers spread or
 * vectorise batches better than rows. */
#include "behind.h"
#include "blocks.h"
#include "convolve.h"
#include "edit.h"
#include "match.h"
#include "rule.h"
#include "tessera/base/checked.h"

/* Tiles until the batch is this large, each of at least so many rows. */
#define WANTED_BATCH 8
#define LEAST_ROWS 8

typedef struct plan {
  tess_conv2d_t conv;
  int64_t oh, ow; /* outputs of a phase or tile */
  int64_t h, w;   /* rows and columns that are cut up, or of a tile */
  int64_t tiles;  /* 0: phases */
} plan_t;

static bool is_dilated(const tess_conv2d_t *c) {
  return c->dh > 1 || c->dw > 1;
}

/* Every output of a phase sees pixels of that phase alone. */
static bool plan_phases(plan_t *plan) {
  const tess_conv2d_t *c = &plan->conv;
  if (c->sh != 1 || c->sw != 1)
    return false;
  plan->oh = tess_ceil_div(c->oh, c->dh);
  plan->ow = tess_ceil_div(c->ow, c->dw);
  plan->h = (plan->oh + c->kh - 1) * c->dh;
  plan->w = (plan->ow + c->kw - 1) * c->dw;
  return true;
}

static bool plan_tiles(plan_t *plan) {
  const tess_conv2d_t *c = &plan->conv;
  int64_t tiles = tess_ceil_div(WANTED_BATCH, c->n);
  if (c->n >= WANTED_BATCH || c->oh < tiles * LEAST_ROWS)
    return false;
  plan->tiles = tiles;
  plan->oh = tess_ceil_div(c->oh, tiles);
  plan->ow = c->ow;
  plan->h = (plan->oh - 1) * c->sh + c->kh;
  plan->w = c->w;
  return true;
}

#define TAKES                                                                  \
  (TESS_TAKES_INT8 | TESS_TAKES_FHWC | TESS_TAKES_DILATION |                   \
   TESS_TAKES_MULTIPLIER)

static bool make_plan(const tess_node_t *node, plan_t *plan) {
  *plan = (plan_t){.tiles = 0};
  tess_conv2d_t *c = &plan->conv;
  if (!tess_match_conv2d_with(node, TAKES, c) ||
      (c->multiplier != 1 && !c->tosa))
    return false;
  const int64_t sizes[] = {c->n,  c->h,  c->w,   c->oh,   c->ow, c->kh, c->kw,
                           c->dh, c->dw, c->top, c->left, c->sh, c->sw};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i] < 0 || sizes[i] > INT32_MAX / 4)
      return false;
  if (!(is_dilated(c) ? plan_phases(plan) : plan_tiles(plan)))
    return false;
  int64_t pictures = plan->tiles ? plan->tiles : c->dh * c->dw;
  const int64_t data[] = {c->n, pictures, plan->h, plan->w + c->left + c->right,
                          c->c};
  const int64_t macs[] = {c->n,  pictures, plan->oh, plan->ow,
                          c->kh, c->kw,    c->c,     c->o};
  return tess_match_fits(data, 5) && tess_match_fits(macs, 8);
}

/* `claimed`: nodes behind sites, which are none in turn: chains of
 * convolutions do not become one group. */
static void find(const tess_model_t *model, tess_site_collector_t *collector) {
  tess_arena_t arena = TESS_ARENA_INIT;
  bool *claimed =
      tess_arena_array(&arena, (size_t)model->node_count + 1, sizeof *claimed);
  for (int32_t i = 0; i < model->node_count; i++) {
    plan_t plan;
    tess_behind_t nodes = {{i}, 1};
    if (claimed[i] || !make_plan(&model->nodes[i], &plan) ||
        !tess_behind_add(model, i, &nodes))
      continue;
    for (int32_t n = 0; n < nodes.count; n++)
      claimed[nodes.at[n]] = true;
    const tess_alternative_t alternatives[] = {
        {.name = "keep"},
        {.name = plan.tiles ? "tiles" : "phases",
         .why = plan.tiles
                    ? "a batch of tiles instead of few large pictures"
                    : "a convolution without dilation on more pictures"}};
    tess_site_add(collector, i, nodes.at, nodes.count, alternatives, 2);
  }
  tess_arena_free(&arena);
}

/* ---- Applying. ---- */

static tess_block_size_t dilation(const plan_t *plan) {
  return (tess_block_size_t){plan->conv.dh, plan->conv.dw};
}

/* A tensor with these rows and columns in this many times the pictures. */
static MlirType many(const plan_t *plan, MlirValue like, int64_t times,
                     int64_t h, int64_t w) {
  tess_dims_t dims = tess_build_dims(like);
  int32_t at = plan->conv.nchw ? 2 : 1;
  dims.at[0] *= times;
  dims.at[at] = h;
  dims.at[at + 1] = w;
  return tess_build_type(&dims, like);
}

/* Tiles of `rows` rows that start every `step` rows, one after the other. */
static MlirValue cut_tiles(const tess_builder_t *b, const plan_t *plan,
                           MlirValue picture, int64_t step, int64_t rows) {
  MlirValue tiles[WANTED_BATCH];
  tess_dims_t to = tess_build_dims(picture);
  int32_t h = plan->conv.nchw ? 2 : 1;
  int64_t offsets[4] = {0};
  to.at[h] = rows;
  for (int64_t i = 0; i < plan->tiles; i++) {
    offsets[h] = i * step;
    tiles[i] = tess_build_part(b, picture, offsets, &to);
  }
  return tess_build_concat(b, tiles, plan->tiles, 0);
}

/* (T N) H W C -> N (T H) W C, and alike for NCHW. */
static MlirValue join_tiles(const tess_builder_t *b, const plan_t *plan,
                            MlirValue picture) {
  const tess_dims_t from = tess_build_dims(picture);
  int64_t t = plan->tiles, n = plan->conv.n;
  const int64_t *s = from.at;
  const tess_dims_t split = {5, {t, n, s[1], s[2], s[3]}};
  const int32_t last[] = {1, 0, 2, 3, 4}, first[] = {1, 2, 0, 3, 4};
  const tess_dims_t nhwc = {4, {n, t * s[1], s[2], s[3]}};
  const tess_dims_t nchw = {4, {n, s[1], t * s[2], s[3]}};
  picture = tess_build_reshape(b, picture, &split);
  picture = tess_build_transpose(b, picture, plan->conv.nchw ? first : last);
  return tess_build_reshape(b, picture, plan->conv.nchw ? &nchw : &nhwc);
}

static MlirValue build_data(const tess_builder_t *b, const plan_t *plan,
                            MlirValue data) {
  const tess_conv2d_t *c = &plan->conv;
  const int64_t low[] = {c->top, plan->tiles ? 0 : c->left}, none[] = {0, 0};
  double zero = (double)c->data_zero;
  data = tess_blocks_pad(b, data, c->nchw, low, none, zero);
  if (!plan->tiles) {
    data = tess_blocks_resize(b, data, c->nchw, plan->h, plan->w, zero);
    return tess_blocks_to_batch(b, data, c->nchw, dilation(plan));
  }
  int64_t step = plan->oh * c->sh;
  data = tess_blocks_resize(b, data, c->nchw,
                            (plan->tiles - 1) * step + plan->h, plan->w, zero);
  return cut_tiles(b, plan, data, step, plan->h);
}

/* What the sums of linalg start from; a bias is the same for all. */
static MlirValue build_start(const tess_builder_t *b, const plan_t *plan,
                             MlirValue start, MlirType type) {
  const tess_conv2d_t *c = &plan->conv;
  MlirValue number;
  if (c->tosa)
    return start;
  if (tess_match_filled(start, &number))
    return tess_build_fill(b, number, type);
  if (plan->tiles) {
    start = tess_blocks_resize(b, start, c->nchw, plan->tiles * plan->oh,
                               plan->ow, 0);
    return cut_tiles(b, plan, start, plan->oh, plan->oh);
  }
  start = tess_blocks_resize(b, start, c->nchw, plan->oh * c->dh,
                             plan->ow * c->dw, 0);
  return tess_blocks_to_batch(b, start, c->nchw, dilation(plan));
}

static bool apply(const tess_model_t *model, int32_t anchor,
                  int32_t alternative) {
  (void)alternative;
  plan_t plan;
  if (!make_plan(&model->nodes[anchor], &plan))
    return false;
  const tess_conv2d_t *c = &plan.conv;
  MlirOperation op = tess_edit_op(model, anchor);
  const tess_builder_t b = tess_build_before(op);
  tess_window_t window = tess_convolve_window(c);
  window.low[0] = window.high[0] = 0;
  window.dilation[0] = window.dilation[1] = 1;
  if (!plan.tiles)
    window.low[1] = window.high[1] = 0;
  MlirType type =
      many(&plan, mlirOperationGetResult(op, 0),
           plan.tiles ? plan.tiles : c->dh * c->dw, plan.oh, plan.ow);
  MlirValue data = build_data(&b, &plan, mlirOperationGetOperand(op, 0));
  MlirValue start = build_start(
      &b, &plan, mlirOperationGetOperand(op, tess_convolve_start(c)), type);
  MlirValue value = tess_convolve_again(op, c, data, start, type, &window);
  value = plan.tiles
              ? join_tiles(&b, &plan, value)
              : tess_blocks_from_batch(&b, value, c->nchw, dilation(&plan));
  tess_edit_replace(op,
                    tess_blocks_resize(&b, value, c->nchw, c->oh, c->ow, 0));
  return true;
}

static const char *obstacle(const tess_model_t *model, int32_t node) {
  const tess_node_t *n = &model->nodes[node];
  bool dilated =
      (n->kind == TESS_NODE_CONV || n->kind == TESS_NODE_DEPTHWISE) &&
      (n->kernel.dilation[0] > 1 || n->kernel.dilation[1] > 1);
  const char *why = dilated ? tess_match_conv2d_obstacle(n, TAKES) : NULL;
  if (why || !dilated)
    return why;
  return n->kernel.stride[0] > 1 || n->kernel.stride[1] > 1
             ? "a stride steps over the phases of its dilation"
             : NULL;
}

const tess_rule_t tess_rule_space_to_batch = {find, apply, obstacle};

/* Softmax and normalisations by what they compute: expressions that meet the
 * sums and maxima of what they scale. */
#include "algebra.h"
#include "patterns.h"

static const tess_expressions_t *all_of(const tess_reading_t *r) {
  return &r->expressions;
}

/* Their full names would fill this file's lines. */
#define below tess_pattern_below
#define reduction tess_pattern_reduction

int32_t tess_pattern_below(const tess_reading_t *r, int32_t e,
                           uint64_t *repeats) {
  *repeats = 0;
  for (int broadcasts = 0;; broadcasts++) {
    e = tess_expression_strip(all_of(r), e);
    const tess_expression_t *item = tess_expression_at(all_of(r), e);
    if (item->scalar != TESS_SCALAR_BROADCAST)
      return e;
    *repeats = broadcasts ? 0 : item->repeats;
    e = item->child[0];
  }
}

int32_t tess_pattern_reduction(const tess_reading_t *r, int32_t e,
                               uint64_t repeats, tess_combiner_t combiner) {
  uint64_t inner;
  e = below(r, e, &inner);
  repeats = repeats ? repeats : inner;
  const tess_expression_t *leaf = tess_expression_at(all_of(r), e);
  int32_t n = leaf->scalar == TESS_SCALAR_LEAF ? r->values[leaf->value].node
                                               : TESS_NONE;
  if (n == TESS_NONE || r->nodes[n].kind != TESS_NODE_REDUCTION ||
      r->nodes[n].combiner != (int32_t)combiner ||
      r->extras[n].element == TESS_NONE ||
      r->nodes[n].outputs[0] != leaf->value)
    return TESS_NONE;
  uint64_t reduced = r->extras[n].reduced;
  return repeats && reduced && repeats != reduced ? TESS_NONE : n;
}

/* The sum of a mean, sum / count or sum * (1 / count), or TESS_NONE; with
 * `fewer` also over a count that is one less (Bessel's correction). */
static int32_t mean(const tess_reading_t *r, int32_t e, bool fewer) {
  uint64_t repeats;
  int32_t sum;
  double factor;
  e = below(r, e, &repeats);
  if (!tess_expression_scaled(all_of(r), e, &sum, &factor))
    return TESS_NONE;
  int32_t n = reduction(r, sum, repeats, TESS_COMBINER_SUM);
  if (n == TESS_NONE)
    return TESS_NONE;
  double count = (double)r->extras[n].terms;
  return tess_expression_near(factor * count, 1) ||
                 (fewer && tess_expression_near(factor * (count - 1), 1))
             ? n
             : TESS_NONE;
}

/* The sum of the mean of x that `e` is, or TESS_NONE. */
static int32_t mean_of(const tess_reading_t *r, int32_t e, int32_t x) {
  int32_t n = mean(r, e, false);
  bool same = n != TESS_NONE &&
              tess_expression_alike(all_of(r), r->extras[n].element, x);
  return same ? n : TESS_NONE;
}

/* e = x - mean(x): the mean's sum, or TESS_NONE. */
static int32_t centred(const tess_reading_t *r, int32_t e, int32_t *x) {
  e = tess_expression_strip(all_of(r), e);
  const tess_expression_t *item = tess_expression_at(all_of(r), e);
  *x = item->child[0];
  return item->scalar == TESS_SCALAR_SUB ? mean_of(r, item->child[1], *x)
                                         : TESS_NONE;
}

/* Whether both run over the same dimensions. */
static bool run_alike(const tess_reading_t *r, int32_t a, int32_t b) {
  return r->extras[a].reduced == r->extras[b].reduced;
}

/* The sum of a mean of squares of x, with *centre squares of x - mean(x), or
 * TESS_NONE. */
static int32_t mean_square(const tess_reading_t *r, int32_t e, int32_t x,
                           bool *centre) {
  int32_t n = mean(r, e, true), root, inner;
  if (n == TESS_NONE ||
      !tess_expression_squared(all_of(r), r->extras[n].element, &root))
    return TESS_NONE;
  int32_t centre_sum = centred(r, root, &inner);
  *centre = centre_sum != TESS_NONE;
  if (*centre && !run_alike(r, n, centre_sum))
    return TESS_NONE;
  return tess_expression_alike(all_of(r), *centre ? inner : root, x)
             ? n
             : TESS_NONE;
}

/* mean(x^2) or mean((x - mean)^2), also as mean(x^2) - mean(x)^2 and with a
 * floor of zero: its sum, or TESS_NONE. */
static int32_t variance(const tess_reading_t *r, int32_t e, int32_t x,
                        bool *centre) {
  double floor;
  int32_t rest, root;
  uint64_t repeats;
  e = below(r, e, &repeats);
  if (tess_expression_with_number(all_of(r), e, TESS_SCALAR_MAX, &rest, &floor))
    e = below(r, rest, &repeats);
  const tess_expression_t *item = tess_expression_at(all_of(r), e);
  if (item->scalar != TESS_SCALAR_SUB)
    return mean_square(r, e, x, centre);
  int32_t n = mean_square(r, item->child[0], x, centre);
  if (n == TESS_NONE || *centre ||
      !tess_expression_squared(all_of(r), item->child[1], &root))
    return TESS_NONE;
  int32_t centre_sum = mean_of(r, root, x);
  *centre = true;
  return centre_sum != TESS_NONE && run_alike(r, n, centre_sum) ? n : TESS_NONE;
}

/* e = 1 / sqrt(under), weights multiplied in or not. */
static bool inverse_root(const tess_reading_t *r, int32_t e, int32_t *under,
                         int32_t *weight) {
  const tess_expressions_t *all = all_of(r);
  uint64_t repeats;
  int32_t rest;
  double power;
  e = below(r, e, &repeats);
  if (tess_expression_with_weight(all, e, TESS_SCALAR_MUL, &rest, weight))
    e = below(r, rest, &repeats);
  const tess_expression_t *item = tess_expression_at(all, e);
  *under = item->child[0];
  if (item->scalar == TESS_SCALAR_RSQRT)
    return true;
  if (tess_expression_with_number(all, e, TESS_SCALAR_POW, under, &power))
    return power == -0.5;
  if (item->scalar != TESS_SCALAR_DIV ||
      !tess_expression_is_number(all, item->child[0], 1))
    return false;
  e = below(r, item->child[1], &repeats);
  *under = tess_expression_at(all, e)->child[0];
  return tess_expression_is(all, e, TESS_SCALAR_SQRT);
}

/* e = factor / sqrt(under + epsilon). */
static bool normalised(const tess_reading_t *r, int32_t e, int side,
                       int32_t *factor, int32_t *under, int32_t *weight) {
  const tess_expressions_t *all = all_of(r);
  e = tess_expression_strip(all, e);
  const tess_expression_t *item = tess_expression_at(all, e);
  uint64_t repeats;
  double epsilon;
  *factor = item->child[side];
  if (item->scalar == TESS_SCALAR_DIV && side == 0) {
    int32_t root = below(r, item->child[1], &repeats);
    *under = tess_expression_at(all, root)->child[0];
    if (!tess_expression_is(all, root, TESS_SCALAR_SQRT))
      return false;
  } else if (item->scalar != TESS_SCALAR_MUL ||
             !inverse_root(r, item->child[1 - side], under, weight)) {
    return false;
  }
  int32_t rest;
  *under = below(r, *under, &repeats);
  if (tess_expression_with_number(all, *under, TESS_SCALAR_ADD, &rest,
                                  &epsilon))
    *under = rest;
  return true;
}

/* Whether `e` holds the mean of x as a term or factor, over what `sum` runs
 * over. */
static bool holds_mean(const tess_reading_t *r, int32_t e, int32_t x,
                       int32_t sum, int depth) {
  uint64_t repeats;
  e = below(r, e, &repeats);
  const tess_expression_t *item = tess_expression_at(all_of(r), e);
  if (item->prepared || depth == 0)
    return false;
  int32_t found = mean_of(r, e, x);
  if (found != TESS_NONE)
    return run_alike(r, found, sum);
  bool passes =
      item->scalar == TESS_SCALAR_MUL || item->scalar == TESS_SCALAR_SUB ||
      item->scalar == TESS_SCALAR_ADD || item->scalar == TESS_SCALAR_NEG;
  for (int i = 0; i < 2 && passes; i++)
    if (item->child[i] != TESS_NONE &&
        holds_mean(r, item->child[i], x, sum, depth - 1))
      return true;
  return false;
}

static tess_pattern_kind_t norm_kind(const tess_reading_t *r, int32_t sum,
                                     int32_t weight, int32_t x) {
  uint64_t repeats = 0;
  if (weight != TESS_NONE)
    below(r, weight, &repeats);
  return repeats ? tess_norm_kind_by_weights(&r->extras[sum], repeats)
                 : tess_norm_kind_of(r, &r->extras[sum], x);
}

/* (x - mean) / sqrt(variance + epsilon) without what follows it. */
static bool plain_norm(const tess_reading_t *r, int32_t e, int32_t weight,
                       tess_pattern_kind_t *kind, int32_t *x) {
  for (int side = 0; side < 2; side++) {
    int32_t factor, under;
    bool centre;
    if (!normalised(r, e, side, &factor, &under, &weight))
      continue;
    int32_t centre_sum = centred(r, factor, x);
    bool subtracts = centre_sum != TESS_NONE;
    *x = subtracts ? *x : factor;
    int32_t sum = variance(r, under, *x, &centre);
    if (sum == TESS_NONE || centre != subtracts ||
        (subtracts && !run_alike(r, sum, centre_sum)))
      continue;
    *kind = subtracts ? norm_kind(r, sum, weight, *x) : TESS_PATTERN_RMS_NORM;
    return true;
  }
  return false;
}

/* x * scale + (shift - mean * scale), the scale being 1 / sqrt(...). */
static bool folded_norm(const tess_reading_t *r, int32_t e,
                        tess_pattern_kind_t *kind, int32_t *x) {
  e = tess_expression_strip(all_of(r), e);
  const tess_expression_t *item = tess_expression_at(all_of(r), e);
  if (item->scalar != TESS_SCALAR_ADD && item->scalar != TESS_SCALAR_SUB)
    return false;
  for (int i = 0; i < 4; i++) {
    int32_t under, weight = TESS_NONE;
    bool centre;
    if (!normalised(r, item->child[i / 2], i % 2, x, &under, &weight))
      continue;
    int32_t sum = variance(r, under, *x, &centre);
    if (sum == TESS_NONE || !centre ||
        !holds_mean(r, item->child[1 - i / 2], *x, sum, 4))
      continue;
    *kind = norm_kind(r, sum, weight, *x);
    return true;
  }
  return false;
}

/* The factor or term that weights apply to behind the norm: once a shift, then
 * once a scale. */
static int32_t without_weights(const tess_reading_t *r, int32_t e,
                               int32_t *weight) {
  const tess_expressions_t *all = all_of(r);
  double number;
  int32_t rest;
  if (tess_expression_with_weight(all, e, TESS_SCALAR_ADD, &rest, weight) ||
      tess_expression_with_weight(all, e, TESS_SCALAR_SUB, &rest, weight) ||
      tess_expression_with_number(all, e, TESS_SCALAR_ADD, &rest, &number))
    e = rest;
  if (tess_expression_with_weight(all, e, TESS_SCALAR_MUL, &rest, weight) ||
      tess_expression_with_number(all, e, TESS_SCALAR_MUL, &rest, &number))
    e = rest;
  return e;
}

static bool norm(const tess_reading_t *r, int32_t e, tess_pattern_kind_t *kind,
                 int32_t *x) {
  int32_t weight = TESS_NONE;
  int32_t core = without_weights(r, e, &weight);
  return plain_norm(r, core, weight, kind, x) || folded_norm(r, e, kind, x);
}

/* e = exp(x - max(x)), or exp(x). */
static bool shifted_exp(const tess_reading_t *r, int32_t e, uint64_t reduced,
                        int32_t *x) {
  const tess_expressions_t *all = all_of(r);
  e = tess_expression_strip(all, e);
  if (!tess_expression_is(all, e, TESS_SCALAR_EXP))
    return false;
  *x = tess_expression_at(all, e)->child[0];
  e = tess_expression_strip(all, *x);
  const tess_expression_t *item = tess_expression_at(all, e);
  if (item->scalar != TESS_SCALAR_SUB)
    return true;
  uint64_t repeats;
  double floor;
  int32_t rest, greatest = below(r, item->child[1], &repeats);
  if (tess_expression_with_number(all, greatest, TESS_SCALAR_MAX, &rest,
                                  &floor))
    greatest = rest;
  int32_t n = reduction(r, greatest, repeats, TESS_COMBINER_MAX);
  if (n == TESS_NONE || r->extras[n].reduced != reduced ||
      !tess_expression_alike(all, r->extras[n].element, item->child[0]))
    return true; /* of whatever that difference is */
  *x = item->child[0];
  return true;
}

/* Whether `weight` is exp(...) and `sum` the sum of it. */
static bool is_share(const tess_reading_t *r, int32_t weight, int32_t sum,
                     uint64_t repeats, int32_t *x) {
  int32_t n = reduction(r, sum, repeats, TESS_COMBINER_SUM);
  return n != TESS_NONE &&
         tess_expression_alike(all_of(r), weight, r->extras[n].element) &&
         shifted_exp(r, weight, r->extras[n].reduced, x);
}

/* exp(x - max) / sum, also times 1 / sum. */
static bool softmax(const tess_reading_t *r, int32_t e, int32_t *x) {
  const tess_expressions_t *all = all_of(r);
  uint64_t repeats;
  e = tess_expression_strip(all, e);
  const tess_expression_t *item = tess_expression_at(all, e);
  if (item->scalar == TESS_SCALAR_DIV)
    return is_share(r, item->child[0], item->child[1], 0, x);
  if (item->scalar != TESS_SCALAR_MUL)
    return false;
  for (int i = 0; i < 2; i++) {
    int32_t inverse = below(r, item->child[1 - i], &repeats);
    const tess_expression_t *quotient = tess_expression_at(all, inverse);
    if (quotient->scalar == TESS_SCALAR_DIV &&
        tess_expression_is_number(all, quotient->child[0], 1) &&
        is_share(r, item->child[i], quotient->child[1], repeats, x))
      return true;
  }
  return false;
}

/* A softmax, or where everything is masked a number in its place. */
static bool safe_softmax(const tess_reading_t *r, int32_t e, int32_t *x) {
  const tess_expressions_t *all = all_of(r);
  if (softmax(r, e, x))
    return true;
  double number;
  e = tess_expression_strip(all, e);
  const tess_expression_t *item = tess_expression_at(all, e);
  if (item->scalar != TESS_SCALAR_SELECT || item->child[2] == TESS_NONE)
    return false;
  for (int i = 1; i < 3; i++)
    if (tess_expression_number(all, item->child[i], &number) &&
        softmax(r, item->child[3 - i], x))
      return true;
  return false;
}

bool tess_pattern_match(const tess_reading_t *r, int32_t e,
                        tess_pattern_kind_t *kind, int32_t *input) {
  *kind = TESS_PATTERN_SOFTMAX;
  return safe_softmax(r, e, input) ||
         (r->counts_zeros && tess_pattern_integer_softmax(r, e, input)) ||
         norm(r, e, kind, input);
}

/* A softmax in integers, as quantised models have it: the difference from the
 * greatest element is looked up in one table or in parts of several, the sum of
 * that is brought to a fixed number of bits by its leading zeros and inverted
 * by a table or by Newton's method, and the two are multiplied and shifted.
 *
 * No step is proven bit by bit. What is checked is that everything depends on
 * the difference and on the sum alone, and how. */
#include "algebra.h"
#include "patterns.h"
#include <string.h>

enum { MOST_STEPS = 768, SLOTS = 2048 /* a power of two, twice as many */ };

/* What an expression is made of, up to reductions and the difference. */
typedef struct parts {
  int32_t seen[MOST_STEPS], seen_count;
  int32_t slots[SLOTS]; /* of those seen, each more by one; 0: free */
  int32_t difference;   /* x - max(x), or TESS_NONE */
  int32_t sum;          /* the reduction, or TESS_NONE */
  bool table, zeros;    /* looks something up; counts leading zeros */
} parts_t;

/* The reduction that finds the greatest x of e = x - max(x), or TESS_NONE. */
static int32_t greatest(const tess_reading_t *r, int32_t e) {
  const tess_expression_t *item = tess_expression_at(&r->expressions, e);
  uint64_t repeats;
  if (item->scalar != TESS_SCALAR_SUB)
    return TESS_NONE;
  int32_t max = tess_pattern_below(r, item->child[1], &repeats);
  int32_t n = tess_pattern_reduction(r, max, repeats, TESS_COMBINER_MAX);
  bool same = n != TESS_NONE &&
              tess_expression_alike(&r->expressions, r->extras[n].element,
                                    item->child[0]);
  return same ? n : TESS_NONE;
}

static bool add_once(parts_t *parts, int32_t e) {
  uint32_t slot = (uint32_t)e % SLOTS;
  while (parts->slots[slot] && parts->slots[slot] != e + 1)
    slot = (slot + 1) % SLOTS;
  if (parts->slots[slot])
    return true;
  if (parts->seen_count == MOST_STEPS)
    return false;
  parts->slots[slot] = e + 1;
  parts->seen[parts->seen_count++] = e;
  return true;
}

/* Takes in one step; false if it is none of an integer softmax. */
static bool take(const tess_reading_t *r, int32_t e, parts_t *parts) {
  const tess_expressions_t *all = &r->expressions;
  const tess_expression_t *item = tess_expression_at(all, e);
  double number;
  if (item->prepared || tess_expression_number(all, e, &number))
    return true;
  if (item->scalar == TESS_SCALAR_LEAF) {
    int32_t n = tess_pattern_reduction(r, e, 0, TESS_COMBINER_SUM);
    bool first = parts->sum == TESS_NONE || parts->sum == n;
    parts->sum = n;
    return n != TESS_NONE && first;
  }
  if (greatest(r, e) != TESS_NONE) {
    bool first = parts->difference == TESS_NONE ||
                 tess_expression_alike(all, parts->difference, e);
    parts->difference = e;
    return first;
  }
  parts->table = parts->table || item->scalar == TESS_SCALAR_TABLE;
  parts->zeros = parts->zeros || item->scalar == TESS_SCALAR_CLZ;
  for (int i = 0; i < 3; i++)
    if (item->child[i] != TESS_NONE && !add_once(parts, item->child[i]))
      return false;
  return true;
}

/* All parts of `e`; false where it has others than those of a softmax. */
static bool take_apart(const tess_reading_t *r, int32_t e, parts_t *parts) {
  parts->seen_count = 0;
  memset(parts->slots, 0, sizeof parts->slots);
  add_once(parts, e);
  parts->difference = parts->sum = TESS_NONE;
  parts->table = parts->zeros = false;
  for (int32_t i = 0; i < parts->seen_count; i++)
    if (!take(r, parts->seen[i], parts))
      return false;
  return true;
}

/* Whether `e` is looked up for the difference alone. */
static bool is_exponential(const tess_reading_t *r, int32_t e,
                           int32_t *difference) {
  parts_t parts;
  bool found = take_apart(r, e, &parts) && parts.table && !parts.zeros &&
               parts.difference != TESS_NONE && parts.sum == TESS_NONE;
  *difference = found ? parts.difference : TESS_NONE;
  return found;
}

/* Whether `e` comes from the sum alone, by way of its leading zeros. */
static bool is_inverse(const tess_reading_t *r, int32_t e) {
  parts_t parts;
  return take_apart(r, e, &parts) && parts.zeros &&
         parts.difference == TESS_NONE && parts.sum != TESS_NONE;
}

/* Whether a product is one of an exponential and an inverse. */
static bool is_share(const tess_reading_t *r, int32_t e) {
  const tess_expression_t *item = tess_expression_at(&r->expressions, e);
  int32_t difference;
  bool product = (item->scalar == TESS_SCALAR_MUL ||
                  item->scalar == TESS_SCALAR_RESCALE) &&
                 item->child[1] != TESS_NONE;
  for (int i = 0; i < 2 && product; i++)
    if (is_exponential(r, item->child[i], &difference) &&
        is_inverse(r, item->child[1 - i]))
      return true;
  return false;
}

/* Whether the node of `e` has a step of the softmax: one that only goes on with
 * its result has none. */
static bool ends_share(const tess_reading_t *r, int32_t e,
                       const parts_t *parts) {
  for (int32_t i = 0; i < parts->seen_count; i++) {
    const tess_expression_t *item =
        tess_expression_at(&r->expressions, parts->seen[i]);
    if (item->node == tess_expression_at(&r->expressions, e)->node &&
        (item->scalar == TESS_SCALAR_RESCALE ||
         item->scalar == TESS_SCALAR_OTHER || is_share(r, parts->seen[i])))
      return true;
  }
  return false;
}

bool tess_pattern_integer_softmax(const tess_reading_t *r, int32_t e,
                                  int32_t *input) {
  const tess_expressions_t *all = &r->expressions;
  parts_t parts;
  int32_t summed;
  if (!take_apart(r, e, &parts) || !parts.table || !parts.zeros ||
      parts.difference == TESS_NONE || parts.sum == TESS_NONE)
    return false;
  int32_t max = greatest(r, parts.difference);
  if (!is_exponential(r, r->extras[parts.sum].element, &summed) ||
      !tess_expression_alike(all, summed, parts.difference) ||
      r->extras[max].reduced != r->extras[parts.sum].reduced)
    return false;
  bool shares = false;
  for (int32_t i = 0; i < parts.seen_count && !shares; i++)
    shares = is_share(r, parts.seen[i]);
  *input = tess_expression_unscaled(
      all, tess_expression_at(all, parts.difference)->child[0]);
  return shares && ends_share(r, e, &parts);
}

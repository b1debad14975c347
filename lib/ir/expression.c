/* Building the graph of element-wise arithmetic, in one normal form. */
#include "expression.h"
#include "tessera/base/arena.h"
#include <assert.h>
#include <math.h>

static int32_t append(tess_expressions_t *all, tess_expression_t item) {
  all->items = tess_grow(all->items, (size_t)all->count + 1, &all->capacity,
                         sizeof *all->items);
  all->items[all->count] = item;
  return all->count++;
}

static tess_expression_t blank(tess_scalar_t scalar) {
  return (tess_expression_t){.scalar = scalar,
                             .child = {TESS_NONE, TESS_NONE, TESS_NONE},
                             .node = TESS_NONE,
                             .value = TESS_NONE};
}

int32_t tess_expression_constant(tess_expressions_t *all, double constant) {
  tess_expression_t item = blank(TESS_SCALAR_CONSTANT);
  item.constant = constant;
  return append(all, item);
}

int32_t tess_expression_leaf(tess_expressions_t *all, int32_t value) {
  tess_expression_t item = blank(TESS_SCALAR_LEAF);
  item.value = value;
  return append(all, item);
}

/* select(a > b, a, b) is max(a, b), and so on; TESS_SCALAR_SELECT if it is
 * neither. */
static tess_scalar_t select_kind(const tess_expressions_t *all, int32_t test,
                                 int32_t yes, int32_t no) {
  const tess_expression_t *compare = &all->items[test];
  if (compare->scalar != TESS_SCALAR_COMPARE || fabs(compare->constant) != 1)
    return TESS_SCALAR_SELECT;
  double a, b;
  bool greater = compare->constant > 0;
  int32_t left = compare->child[0], right = compare->child[1];
  bool straight = left == yes && right == no;
  bool swapped = left == no && right == yes;
  if (!straight && !swapped && tess_expression_number(all, right, &a) &&
      left == yes && tess_expression_number(all, no, &b))
    straight = a == b;
  if (!straight && !swapped && tess_expression_number(all, right, &a) &&
      left == no && tess_expression_number(all, yes, &b))
    swapped = a == b;
  if (!straight && !swapped)
    return TESS_SCALAR_SELECT;
  return greater == straight ? TESS_SCALAR_MAX : TESS_SCALAR_MIN;
}

/* The number that an operation on numbers gives; false if it is not known for
 * every type that they can have. */
static bool fold(tess_scalar_t scalar, double a, double b, double *number) {
  switch (scalar) {
  case TESS_SCALAR_ADD:
    *number = a + b;
    break;
  case TESS_SCALAR_SUB:
    *number = a - b;
    break;
  case TESS_SCALAR_MUL:
    *number = a * b;
    break;
  case TESS_SCALAR_MAX:
    *number = fmax(a, b);
    break;
  case TESS_SCALAR_MIN:
    *number = fmin(a, b);
    break;
  default:
    return false;
  }
  return isfinite(*number);
}

/* What a known operation gives, or TESS_NONE: arithmetic on two numbers, or the
 * operand that a known condition selects. */
static int32_t folded(tess_expressions_t *all, tess_scalar_t scalar, int32_t a,
                      int32_t b, int32_t c) {
  double x, y;
  if (b == TESS_NONE || !tess_expression_number(all, a, &x))
    return TESS_NONE;
  if (scalar == TESS_SCALAR_SELECT && c != TESS_NONE)
    return x != 0 ? b : c;
  if (!tess_expression_number(all, b, &y) || !fold(scalar, x, y, &x))
    return TESS_NONE;
  return tess_expression_constant(all, x);
}

int32_t tess_expression_add(tess_expressions_t *all, int32_t node,
                            tess_scalar_t scalar, int32_t a, int32_t b,
                            int32_t c) {
  bool passes = scalar == TESS_SCALAR_CAST || scalar == TESS_SCALAR_COPY ||
                scalar == TESS_SCALAR_BROADCAST;
  if (passes && all->items[a].scalar == TESS_SCALAR_CONSTANT)
    return a;
  int32_t known = folded(all, scalar, a, b, c);
  if (known != TESS_NONE)
    return known;
  tess_expression_t item = blank(scalar);
  if (scalar == TESS_SCALAR_SELECT && c != TESS_NONE) {
    item.scalar = select_kind(all, a, b, c);
    if (item.scalar != TESS_SCALAR_SELECT) {
      a = b;
      b = c;
      c = TESS_NONE;
    }
  }
  item.child[0] = a;
  item.child[1] = b;
  item.child[2] = c;
  item.node = node;
  all->rescales |= scalar == TESS_SCALAR_RESCALE;
  return append(all, item);
}

int32_t tess_expression_strip(const tess_expressions_t *all, int32_t e) {
  while (all->items[e].scalar == TESS_SCALAR_CAST ||
         all->items[e].scalar == TESS_SCALAR_COPY)
    e = all->items[e].child[0];
  return e;
}

int32_t tess_expression_boundary(const tess_expressions_t *all, int32_t e) {
  while (all->items[e].value == TESS_NONE &&
         (all->items[e].scalar == TESS_SCALAR_CAST ||
          all->items[e].scalar == TESS_SCALAR_COPY))
    e = all->items[e].child[0];
  return e;
}

bool tess_expression_number(const tess_expressions_t *all, int32_t e,
                            double *number) {
  e = tess_expression_strip(all, e);
  if (all->items[e].scalar != TESS_SCALAR_CONSTANT)
    return false;
  *number = all->items[e].constant;
  return !isnan(*number);
}

tess_vector_op_t tess_scalar_cost(tess_scalar_t scalar, int64_t *count) {
  static const struct {
    tess_vector_op_t op;
    int64_t count;
  } costs[] = {
#define X(id, operation, times) {TESS_VECTOR_##operation, times},
      TESS_SCALARS(X)
#undef X
  };
  assert(scalar < TESS_SCALAR_COUNT);
  *count = costs[scalar].count;
  return costs[scalar].op;
}

/* Which normalisation one is: by the dimensions that its sums run over, and by
 * those that its weights vary over. */
#include "algebra.h"
#include "maps.h"
#include "patterns.h"

/* Whether what is repeated over `repeats` varies over dimension `d` alone of
 * what the sum combines, or of its results. */
static bool varies_over(const tess_node_extra_t *sum, uint64_t repeats,
                        int32_t d) {
  int64_t kept[32];
  for (int32_t i = 0; i < sum->rank; i++)
    kept[i] = sum->marked >> i & 1 ? 1 : sum->extent[i];
  uint32_t others = ~(1u << d);
  return tess_maps_geometry(sum->rank, sum->extent, others) == repeats ||
         tess_maps_geometry(sum->rank, kept, others) == repeats;
}

/* The only dimension that the sum keeps, the first one apart, or TESS_NONE. */
static int32_t channels(const tess_node_extra_t *sum) {
  int32_t found = TESS_NONE;
  for (int32_t i = 1; i < sum->rank; i++) {
    if (sum->extent[i] == 1 || sum->marked >> i & 1)
      continue;
    if (found != TESS_NONE)
      return TESS_NONE;
    found = i;
  }
  return found;
}

tess_pattern_kind_t tess_norm_kind_by_weights(const tess_node_extra_t *sum,
                                              uint64_t repeats) {
  if (repeats == sum->kept)
    return TESS_PATTERN_LAYER_NORM;
  int32_t channel = channels(sum);
  bool first_kept = sum->rank && !(sum->marked & 1) && sum->extent[0] > 1;
  if (channel == TESS_NONE && first_kept)
    channel = 0; /* of one instance */
  if (channel == TESS_NONE || !varies_over(sum, repeats, channel))
    return TESS_PATTERN_GROUP_NORM;
  bool batch = sum->marked & 1 && sum->extent[0] > 1;
  return batch ? TESS_PATTERN_BATCH_NORM : TESS_PATTERN_INSTANCE_NORM;
}

/* Whether the sum combines `value` as it is, dimensions of one element apart.
 */
static bool is_shape_of(const tess_node_extra_t *sum,
                        const tess_value_t *value) {
  int32_t k = 0;
  for (int32_t i = 0; i < sum->rank; i++) {
    if (sum->extent[i] == 1)
      continue;
    while (k < value->rank && value->shape[k] == 1)
      k++;
    if (k == value->rank || value->shape[k++] != sum->extent[i])
      return false;
  }
  return true;
}

/* Whether it keeps channels and runs over two dimensions or more. */
static bool is_over_space(const tess_node_extra_t *sum) {
  int wide = 0;
  for (int32_t i = 0; i < sum->rank; i++)
    wide += sum->marked >> i & 1 && sum->extent[i] > 1;
  return wide >= 2 && channels(sum) != TESS_NONE;
}

tess_pattern_kind_t tess_norm_kind_of(const tess_reading_t *r,
                                      const tess_node_extra_t *sum, int32_t x) {
  int32_t e = tess_expression_boundary(&r->expressions, x);
  int32_t value = tess_expression_at(&r->expressions, e)->value;
  bool batch = sum->rank && sum->marked & 1 && sum->extent[0] > 1;
  if (batch && channels(sum) != TESS_NONE)
    return TESS_PATTERN_BATCH_NORM;
  if (value == TESS_NONE || r->values[value].rank == 0)
    return TESS_PATTERN_LAYER_NORM;
  const tess_value_t *base = &r->values[value];
  if (is_over_space(sum) && is_shape_of(sum, base))
    return TESS_PATTERN_INSTANCE_NORM;
  return base->shape[base->rank - 1] == sum->terms ? TESS_PATTERN_LAYER_NORM
                                                   : TESS_PATTERN_GROUP_NORM;
}

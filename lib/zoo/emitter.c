/* Values, arguments and constants of a module under construction. */
#include "emitter.h"
#include "tessera/base/checked.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int64_t tess_zoo_product(tess_zoo_emitter_t *e, size_t count,
                         const int64_t *factors) {
  int64_t product = 1;
  for (size_t i = 0; i < count; i++)
    if (!tess_mul_i64(product, factors[i], &product)) {
      e->overflow = true;
      return 0;
    }
  return product;
}

const char *tess_zoo_type(tess_zoo_emitter_t *e, const char *element,
                          size_t rank, const int64_t *dims) {
  char shape[128] = ""; /* rank <= 4 and 20 characters a dimension */
  size_t used = 0;
  for (size_t i = 0; i < rank; i++)
    used += (size_t)snprintf(shape + used, sizeof shape - used, "%" PRId64 "x",
                             dims[i]);
  return tess_arena_format(&e->arena, "tensor<%s%s>", shape, element);
}

tess_zoo_value_t tess_zoo_tensor(tess_zoo_emitter_t *e, const char *suffix,
                                 const char *element, size_t rank,
                                 const int64_t *dims) {
  return (tess_zoo_value_t){
      .name = tess_arena_format(&e->arena, "%%%s.%s", e->scope, suffix),
      .type = tess_zoo_type(e, element, rank, dims),
      .element = element};
}

tess_zoo_value_t tess_zoo_activation(tess_zoo_emitter_t *e, const char *suffix,
                                     int64_t batch, int64_t size,
                                     int64_t channels) {
  tess_zoo_value_t value = tess_zoo_tensor(
      e, suffix, e->element, 4, (int64_t[]){batch, size, size, channels});
  value.batch = batch;
  value.size = size;
  value.channels = channels;
  return value;
}

tess_zoo_value_t tess_zoo_like(tess_zoo_emitter_t *e, const char *suffix,
                               tess_zoo_value_t x) {
  if (strcmp(x.element, e->element))
    return tess_zoo_activation(e, suffix, x.batch, x.size, x.channels);
  x.name = tess_arena_format(&e->arena, "%%%s.%s", e->scope, suffix);
  return x;
}

tess_zoo_value_t tess_zoo_argument(tess_zoo_emitter_t *e, const char *suffix,
                                   bool trained, size_t rank,
                                   const int64_t *dims) {
  tess_zoo_value_t value = tess_zoo_tensor(e, suffix, e->element, rank, dims);
  tess_text_add(&e->arguments, ",\n    %s: %s {tessera.name = \"%s\"}",
                value.name, value.type, value.name + 1);
  int64_t elements = tess_zoo_product(e, rank, dims);
  if (trained &&
      !tess_add_i64(e->counts.parameters, elements, &e->counts.parameters))
    e->overflow = true;
  return value;
}

bool tess_zoo_constant_is_new(tess_zoo_emitter_t *e, const char *name) {
  for (size_t i = 0; i < e->constant_count; i++)
    if (!strcmp(e->constant_names[i], name))
      return false;
  e->constant_names =
      tess_grow(e->constant_names, e->constant_count + 1, &e->constant_capacity,
                sizeof *e->constant_names);
  e->constant_names[e->constant_count++] = name;
  return true;
}

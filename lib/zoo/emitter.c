/* Values, arguments and constants of a module under construction. */
#include "emitter.h"
#include "tessera/base/checked.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tess_zoo_emitter_free(tess_zoo_emitter_t *e) {
  tess_arena_free(&e->arena);
  tess_text_free(&e->header);
  tess_text_free(&e->inputs);
  tess_text_free(&e->constants);
  tess_text_free(&e->body);
  free(e->results);
  free(e->constant_names);
}

void tess_zoo_scope(tess_zoo_emitter_t *e, const char *format, ...) {
  char scope[160]; /* of names in tables and two numbers */
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(scope, sizeof scope, format, arguments);
  va_end(arguments);
  e->scope = tess_arena_string(&e->arena, scope);
}

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

int64_t tess_zoo_elements(tess_zoo_emitter_t *e, const tess_zoo_value_t *x) {
  return tess_zoo_product(e, x->rank, x->dims);
}

void tess_zoo_count_macs(tess_zoo_emitter_t *e, size_t count,
                         const int64_t *factors) {
  int64_t macs = tess_zoo_product(e, count, factors);
  if (!tess_add_i64(e->counts.macs, macs, &e->counts.macs))
    e->overflow = true;
}

const char *tess_zoo_type(tess_zoo_emitter_t *e, const char *element,
                          size_t rank, const int64_t *dims) {
  char shape[128] = ""; /* rank <= 5 and 20 characters a dimension */
  size_t used = 0;
  for (size_t i = 0; i < rank; i++)
    used += (size_t)snprintf(shape + used, sizeof shape - used, "%" PRId64 "x",
                             dims[i]);
  return tess_arena_format(&e->arena, "tensor<%s%s>", shape, element);
}

tess_zoo_value_t tess_zoo_tensor(tess_zoo_emitter_t *e, const char *suffix,
                                 const char *element, size_t rank,
                                 const int64_t *dims) {
  const int64_t widest_bytes = 4;
  tess_zoo_value_t value = {
      .name = tess_arena_format(&e->arena, "%%%s.%s", e->scope, suffix),
      .type = tess_zoo_type(e, element, rank, dims),
      .element = element,
      .rank = rank};
  memcpy(value.dims, dims, rank * sizeof *dims);
  int64_t elements = tess_zoo_elements(e, &value);
  tess_zoo_product(e, 2, (int64_t[]){elements, widest_bytes});
  return value;
}

tess_zoo_value_t tess_zoo_like(tess_zoo_emitter_t *e, const char *suffix,
                               const char *element, tess_zoo_value_t x) {
  if (strcmp(x.element, element))
    x.type = x.vector ? tess_zoo_type(e, element, 1, &x.dims[x.axis])
                      : tess_zoo_type(e, element, x.rank, x.dims);
  x.element = element;
  x.name = tess_arena_format(&e->arena, "%%%s.%s", e->scope, suffix);
  x.scale = 0;
  return x;
}

tess_zoo_value_t tess_zoo_vector(tess_zoo_emitter_t *e, const char *suffix,
                                 const char *element, size_t rank, size_t axis,
                                 int64_t length) {
  tess_zoo_value_t value = tess_zoo_tensor(e, suffix, element, 1, &length);
  value.vector = true;
  value.rank = rank;
  value.axis = axis;
  for (size_t i = 0; i < rank; i++)
    value.dims[i] = i == axis ? length : 1;
  return value;
}

void tess_zoo_declare(tess_zoo_emitter_t *e, tess_zoo_use_t use,
                      const tess_zoo_value_t *value) {
  tess_text_add(&e->inputs, "%s%s: %s {tessera.name = \"%s\"%s}",
                e->inputs.length ? ",\n    " : "", value->name, value->type,
                value->name + 1,
                use == TESS_ZOO_INPUT ? ", tessera.role = \"input\"" : "");
  int64_t elements = tess_zoo_elements(e, value);
  if (use == TESS_ZOO_TRAINED &&
      !tess_add_i64(e->counts.parameters, elements, &e->counts.parameters))
    e->overflow = true;
}

void tess_zoo_declare_image(tess_zoo_emitter_t *e,
                            const tess_zoo_value_t *value) {
  tess_text_add(&e->inputs, "%s: %s", value->name, value->type);
}

tess_zoo_value_t tess_zoo_argument(tess_zoo_emitter_t *e, const char *suffix,
                                   tess_zoo_use_t use, size_t rank,
                                   const int64_t *dims) {
  tess_zoo_value_t value = tess_zoo_tensor(e, suffix, e->element, rank, dims);
  tess_zoo_declare(e, use, &value);
  return value;
}

void tess_zoo_return(tess_zoo_emitter_t *e, tess_zoo_value_t value) {
  e->results = tess_grow(e->results, e->result_count + 1, &e->result_capacity,
                         sizeof *e->results);
  e->results[e->result_count++] = value;
}

void tess_zoo_return_first(tess_zoo_emitter_t *e, tess_zoo_value_t value) {
  tess_zoo_return(e, value);
  memmove(e->results + 1, e->results,
          (e->result_count - 1) * sizeof *e->results);
  e->results[0] = value;
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

void tess_zoo_add_list(tess_text_t *text, size_t count, const int64_t *list) {
  for (size_t i = 0; i < count; i++)
    tess_text_add(text, "%s%" PRId64, i ? ", " : "", list[i]);
}

size_t tess_zoo_channel_axis(const tess_zoo_emitter_t *e) {
  return e->nchw ? 1 : 3;
}

int64_t tess_zoo_channels(const tess_zoo_emitter_t *e,
                          const tess_zoo_value_t *x) {
  return x->dims[tess_zoo_channel_axis(e)];
}

int64_t tess_zoo_side(const tess_zoo_emitter_t *e, const tess_zoo_value_t *x) {
  return x->dims[e->nchw ? 2 : 1];
}

tess_zoo_value_t tess_zoo_image(tess_zoo_emitter_t *e, const char *suffix,
                                const char *element, int64_t side,
                                int64_t channels) {
  int64_t dims[] = {e->batch, side, side, side};
  dims[tess_zoo_channel_axis(e)] = channels;
  return tess_zoo_tensor(e, suffix, element, 4, dims);
}

tess_zoo_value_t tess_zoo_joined(tess_zoo_emitter_t *e, const char *suffix,
                                 size_t axis, size_t count,
                                 const tess_zoo_value_t *parts) {
  int64_t dims[TESS_ZOO_RANK];
  memcpy(dims, parts[0].dims, sizeof dims);
  for (size_t i = 1; i < count; i++)
    dims[axis] += parts[i].dims[axis];
  tess_zoo_value_t result =
      tess_zoo_tensor(e, suffix, parts[0].element, parts[0].rank, dims);
  result.scale = parts[0].scale;
  return result;
}

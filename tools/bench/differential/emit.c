/* Names, types, weights, and the module around the layers. */
#include "emit.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Elements of a constant that may stand inside. */
enum { MAX_CONSTANT = 512 };

/* ---- A model of a seed. ---- */

static uint64_t below(tess_random_t *random, uint64_t bound) {
  return tess_random_below(random, bound);
}

diff_model_t diff_model_make(uint64_t seed) {
  static const tess_dtype_t types[] = {TESS_F32,  TESS_F32, TESS_F32,
                                       TESS_BF16, TESS_F16, TESS_I8};
  tess_random_t random = tess_random_make(seed, 0);
  diff_model_t model = {.seed = seed};
  model.form = below(&random, 2) ? DIFF_LINALG : DIFF_TOSA;
  model.dtype = types[below(&random, 6)];
  model.nchw = below(&random, 2);
  model.whole = model.dtype == TESS_F32 && below(&random, 2);
  model.constants = below(&random, 4) == 0;
  model.called = below(&random, 8) == 0;
  model.named = below(&random, 2);
  model.n = below(&random, 3) ? 1 : 2;
  model.h = 4 + (int64_t)below(&random, 10);
  model.w = 4 + (int64_t)below(&random, 10);
  model.c = 1 + (int64_t)below(&random, 8);
  model.layer_count = 1 + (int32_t)below(&random, DIFF_LAYERS);
  for (int32_t i = 0; i < model.layer_count; i++)
    model.layers[i] = tess_random_next(&random);
  return model;
}

const char *diff_form_name(diff_form_t form) {
  return form == DIFF_TOSA ? "tosa" : "linalg";
}

double diff_draw_number(tess_random_t *random, const diff_argument_t *argument,
                        tess_dtype_t dtype, bool whole) {
  if (dtype == TESS_I8)
    return (double)below(random, 256) - 128;
  if (dtype == TESS_I32)
    return (double)below(random, 2001) - 1000;
  if (whole)
    return (double)below(random, 5) - 2;
  double x = tess_random_normal(random);
  switch (argument->draw) {
  case DIFF_DATA:
    break;
  case DIFF_FILTER:
    x /= sqrt((double)argument->fan_in);
    break;
  case DIFF_OFFSET:
    x *= 0.25;
    break;
  case DIFF_POSITIVE:
    x = 0.5 + tess_random_unit(random);
    break;
  }
  return (double)(float)x;
}

/* ---- Chance, names and types. ---- */

int64_t diff_pick(diff_emitter_t *e, int64_t low, int64_t high) {
  return low + (int64_t)below(&e->random, (uint64_t)(high - low + 1));
}

bool diff_chance(diff_emitter_t *e, int percent) {
  return diff_pick(e, 0, 99) < percent;
}

const char *diff_format(diff_emitter_t *e, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return tess_arena_string(&e->arena, text);
}

const char *diff_name(diff_emitter_t *e) {
  return diff_format(e, "%%v%d", e->name_count++);
}

const char *diff_tensor(diff_emitter_t *e, const char *element, int rank,
                        const int64_t *dims) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text, "tensor<");
  for (int d = 0; d < rank; d++)
    tess_text_add(&text, "%lldx", (long long)dims[d]);
  tess_text_add(&text, "%s>", element);
  const char *kept = tess_arena_string(&e->arena, tess_text_get(&text));
  tess_text_free(&text);
  return kept;
}

const char *diff_type_nhwc(diff_emitter_t *e, const diff_image_t *x) {
  const int64_t dims[] = {x->n, x->h, x->w, x->c};
  return diff_tensor(e, x->element, 4, dims);
}

const char *diff_type(diff_emitter_t *e, const diff_image_t *x) {
  const int64_t dims[] = {x->n, x->c, x->h, x->w};
  return e->nchw ? diff_tensor(e, x->element, 4, dims) : diff_type_nhwc(e, x);
}

diff_image_t diff_like(diff_emitter_t *e, const diff_image_t *x) {
  diff_image_t made = *x;
  made.name = diff_name(e);
  return made;
}

diff_image_t diff_sized(diff_emitter_t *e, const diff_image_t *x, int64_t h,
                        int64_t w, int64_t c) {
  diff_image_t made = diff_like(e, x);
  made.h = h;
  made.w = w;
  made.c = c;
  return made;
}

void diff_line(diff_emitter_t *e, const char *format, ...) {
  char line[4096];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  tess_text_add(&e->body, "  %s\n", line);
}

/* ---- Weights. ---- */

static const char *add_argument(diff_emitter_t *e, diff_draw_t draw,
                                int64_t fan_in, const char *type) {
  diff_program_t *p = e->program;
  int32_t index = p->argument_count++;
  diff_argument_t *argument = &p->arguments[index];
  *argument = (diff_argument_t){.draw = draw, .fan_in = fan_in};
  snprintf(argument->type, sizeof argument->type, "%s", type);
  tess_text_add(&e->inputs, "%s%%a%d: %s", index ? ", " : "", index, type);
  if (e->model->named && draw == DIFF_DATA)
    tess_text_add(&e->inputs, " {tessera.role = \"input\"}");
  else if (e->model->named)
    tess_text_add(&e->inputs,
                  " {tessera.name = \"layer.%d\", tessera.role = \"%s\"}",
                  index, draw == DIFF_POSITIVE ? "statistic" : "weight");
  return diff_format(e, "%%a%d", index);
}

static tess_dtype_t dtype_of(const char *element) {
  return tess_dtype_parse(element);
}

static const char *add_constant(diff_emitter_t *e, diff_draw_t draw,
                                int64_t fan_in, const char *element, int rank,
                                const int64_t *dims, int64_t count) {
  const diff_argument_t argument = {.draw = draw, .fan_in = fan_in};
  const char *name = diff_name(e), *type = diff_tensor(e, element, rank, dims);
  tess_text_t list = TESS_TEXT_INIT;
  bool real = element[0] != 'i';
  for (int64_t i = 0; i < count; i++) {
    double x = diff_draw_number(&e->random, &argument, dtype_of(element),
                                e->model->whole);
    char digits[40];
    snprintf(digits, sizeof digits, real ? "%.8e" : "%.0f", x);
    tess_text_add(&list, "%s%s", i ? ", " : "", digits);
  }
  int64_t flat = count;
  /* A flat list, then the shape. */
  const char *flat_type = diff_tensor(e, element, 1, &flat);
  tess_text_t line = TESS_TEXT_INIT;
  if (e->tosa)
    tess_text_add(&line,
                  "\"tosa.const\"() <{values = dense<[%s]> : %s}> : () "
                  "-> %s",
                  tess_text_get(&list), flat_type, flat_type);
  else
    tess_text_add(&line, "arith.constant dense<[%s]> : %s",
                  tess_text_get(&list), flat_type);
  const char *flat_name = rank == 1 ? name : diff_name(e);
  tess_text_add(&e->body, "  %s = %s\n", flat_name, tess_text_get(&line));
  if (rank > 1 && e->tosa) {
    const char *shape = diff_shape(e, rank, dims);
    diff_line(e, "%s = tosa.reshape %s, %s : (%s, !tosa.shape<%d>) -> %s", name,
              flat_name, shape, flat_type, rank, type);
  } else if (rank > 1) {
    tess_text_t parts = TESS_TEXT_INIT;
    for (int d = 0; d < rank; d++)
      tess_text_add(&parts, "%s%d", d ? ", " : "", d);
    tess_text_t sizes = TESS_TEXT_INIT;
    for (int d = 0; d < rank; d++)
      tess_text_add(&sizes, "%s%lld", d ? ", " : "", (long long)dims[d]);
    diff_line(e,
              "%s = tensor.expand_shape %s [[%s]] output_shape [%s] : %s "
              "into %s",
              name, flat_name, tess_text_get(&parts), tess_text_get(&sizes),
              flat_type, type);
    tess_text_free(&parts);
    tess_text_free(&sizes);
  }
  tess_text_free(&line);
  tess_text_free(&list);
  return name;
}

/* One of this type that there is already; NULL: none. A variance must not be
 * negative. */
static const char *shared_weight(diff_emitter_t *e, diff_draw_t draw,
                                 const char *type) {
  if (!diff_chance(e, 30))
    return NULL;
  for (int32_t i = 0; i < e->weight_count; i++)
    if (strcmp(e->weights[i].type, type) == 0 &&
        (draw == DIFF_POSITIVE) == (e->weights[i].draw == DIFF_POSITIVE))
      return e->weights[i].name;
  return NULL;
}

const char *diff_weight(diff_emitter_t *e, diff_draw_t draw, int64_t fan_in,
                        const char *element, int rank, const int64_t *dims) {
  const char *type = diff_tensor(e, element, rank, dims);
  const char *name = shared_weight(e, draw, type);
  int64_t count = 1;
  if (name)
    return name;
  for (int d = 0; d < rank; d++)
    count *= dims[d];
  bool full = e->program->argument_count >= DIFF_ARGUMENTS - 1;
  name = (e->model->constants && count <= MAX_CONSTANT) || full
             ? add_constant(e, draw, fan_in, element, rank, dims, count)
             : add_argument(e, draw, fan_in, type);
  if (e->weight_count < DIFF_ARGUMENTS) {
    e->weights[e->weight_count].name = name;
    e->weights[e->weight_count].draw = draw;
    e->weights[e->weight_count++].type = type;
  }
  return name;
}

const char *diff_zero(diff_emitter_t *e, const char *element) {
  const char *name = diff_name(e);
  diff_line(e,
            "%s = \"tosa.const\"() <{values = dense<%s> : tensor<1x%s>}> : () "
            "-> tensor<1x%s>",
            name, element[0] == 'i' ? "0" : "0.0", element, element);
  return name;
}

const char *diff_shape(diff_emitter_t *e, int count, const int64_t *list) {
  const char *name = diff_name(e);
  tess_text_t text = TESS_TEXT_INIT;
  for (int i = 0; i < count; i++)
    tess_text_add(&text, "%s%lld", i ? ", " : "", (long long)list[i]);
  diff_line(e,
            "%s = tosa.const_shape {values = dense<[%s]> : tensor<%dxindex>} : "
            "() -> !tosa.shape<%d>",
            name, tess_text_get(&text), count, count);
  tess_text_free(&text);
  return name;
}

/* ---- The module. ---- */

static void add_results(diff_emitter_t *e, const int32_t *returned, int count,
                        bool types, tess_text_t *text) {
  for (int i = 0; i < count; i++) {
    const diff_image_t *x = &e->images[returned[i]];
    tess_text_add(text, "%s%s", i ? ", " : "",
                  types ? diff_type(e, x) : x->name);
  }
}

/* Whether the body reads a value: its name stands there more than once. */
static bool is_read(const diff_emitter_t *e, const char *name) {
  size_t length = strlen(name);
  int found = 0;
  for (const char *at = tess_text_get(&e->body); (at = strstr(at, name));) {
    at += length;
    found += !(*at >= '0' && *at <= '9');
  }
  return found > 1;
}

/* The last value, all that nothing reads, and some others. Few models have
 * values that are neither read nor returned. */
static int choose_results(diff_emitter_t *e, int32_t *returned) {
  int count = 0;
  e->program->dead = diff_chance(e, 5);
  returned[count++] = e->image_count - 1;
  for (int32_t i = 1; i + 1 < e->image_count; i++)
    if (diff_chance(e, 15) ||
        (!e->program->dead && !is_read(e, e->images[i].name)))
      returned[count++] = i;
  return count;
}

static void add_main(diff_emitter_t *e, const char *results, int count) {
  tess_text_t *out = &e->program->text;
  tess_text_t types = TESS_TEXT_INIT, names = TESS_TEXT_INIT;
  for (int32_t i = 0; i < e->program->argument_count; i++) {
    tess_text_add(&types, "%s%s", i ? ", " : "", e->program->arguments[i].type);
    tess_text_add(&names, "%s%%a%d", i ? ", " : "", i);
  }
  tess_text_add(out, "func.func @main(");
  for (int32_t i = 0; i < e->program->argument_count; i++)
    tess_text_add(out, "%s%%a%d: %s", i ? ", " : "", i,
                  e->program->arguments[i].type);
  tess_text_add(out, ") -> (%s) {\n  %%r:%d = call @model(%s) : (%s) -> (%s)\n",
                results, count, tess_text_get(&names), tess_text_get(&types),
                results);
  tess_text_add(out, "  return ");
  for (int i = 0; i < count; i++)
    tess_text_add(out, "%s%%r#%d", i ? ", " : "", i);
  tess_text_add(out, " : %s\n}\n", results);
  tess_text_free(&types);
  tess_text_free(&names);
}

static void add_module(diff_emitter_t *e) {
  tess_text_t *out = &e->program->text;
  tess_text_t types = TESS_TEXT_INIT, names = TESS_TEXT_INIT;
  int32_t returned[DIFF_VALUES];
  int count = choose_results(e, returned);
  add_results(e, returned, count, true, &types);
  add_results(e, returned, count, false, &names);
  tess_text_add(out,
                "func.func %s@model(%s) -> (%s) {\n%s  return %s : %s\n}\n",
                e->model->called ? "private " : "", tess_text_get(&e->inputs),
                tess_text_get(&types), tess_text_get(&e->body),
                tess_text_get(&names), tess_text_get(&types));
  if (e->model->called)
    add_main(e, tess_text_get(&types), count);
  tess_text_free(&types);
  tess_text_free(&names);
}

void diff_model_emit(const diff_model_t *model, diff_program_t *program) {
  *program = (diff_program_t){.whole = model->whole};
  diff_emitter_t e = {.model = model,
                      .program = program,
                      .element = tess_dtype_name(model->dtype),
                      .sum = model->dtype == TESS_I8 ? "i32" : "f32",
                      .tosa = model->form == DIFF_TOSA,
                      .nchw = model->nchw,
                      .only_curves = true};
  diff_image_t input = {.element = e.element,
                        .n = model->n,
                        .h = model->h,
                        .w = model->w,
                        .c = model->c};
  input.name = add_argument(&e, DIFF_DATA, 1, diff_type(&e, &input));
  e.images[e.image_count++] = input;
  for (int32_t i = 0; i < model->layer_count; i++) {
    e.random = tess_random_make(model->layers[i], 1);
    diff_layer(&e);
  }
  program->curve = e.image_count == 2 && e.only_curves;
  e.random = tess_random_make(model->seed, 2);
  if (e.image_count == 1)
    diff_plain_layer(&e);
  add_module(&e);
  tess_text_free(&e.inputs);
  tess_text_free(&e.body);
  tess_arena_free(&e.arena);
}

/* A model from the command line: an MLIR file or a network of the zoo. */
#include "model.h"
#include "tessera/ir/reader.h"
#include "tessera/report/unknown.h"
#include "tessera/zoo/zoo.h"
#include <ctype.h>
#include <string.h>

static const char zoo_prefix[] = "zoo:";

static bool is_zoo(const char *path) {
  return !strncmp(path, zoo_prefix, sizeof zoo_prefix - 1);
}

/* Networks come in their default form: TOSA, f32, one image. */
static tess_status_t parse_zoo(cli_model_t *model, const char *path) {
  tess_zoo_options_t options = {
      .dialect = TESS_ZOO_TOSA, .dtype = TESS_F32, .batch = 1, .resolution = 0};
  tess_text_t text = TESS_TEXT_INIT;
  tess_status_t status =
      tess_zoo_emit(path + sizeof zoo_prefix - 1, &options, &text, NULL);
  if (!status) {
    MlirOperation module = mlirOperationCreateParse(
        model->context, mlirStringRefCreate(tess_text_get(&text), text.length),
        mlirStringRefCreateFromCString(path));
    if (mlirOperationIsNull(module))
      status = tess_error(TESS_INVALID, "%s does not parse", path);
    else
      model->module = mlirModuleFromOperation(module);
  }
  tess_text_free(&text);
  return status;
}

/* Letters, digits and "._-" stay; everything else becomes "-". */
static const char *file_stem(tess_arena_t *arena, const char *name) {
  char *stem = tess_arena_string(arena, name);
  const char *dot = strrchr(stem, '.');
  if (dot && dot > stem && (!strcmp(dot, ".mlir") || !strcmp(dot, ".mlirbc")))
    stem[dot - stem] = 0;
  for (char *at = stem; *at; at++)
    if (!isalnum((unsigned char)*at) && !strchr("._-", *at))
      *at = '-';
  return stem;
}

static void set_names(cli_model_t *model, const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = !strcmp(path, "-")       ? "stdin"
                     : is_zoo(path) || !slash ? path
                                              : slash + 1;
  model->name = tess_arena_string(&model->arena, name);
  if (is_zoo(path))
    name += sizeof zoo_prefix - 1;
  model->stem = file_stem(&model->arena, name);
}

tess_status_t cli_model_load_beside(cli_model_t *model,
                                    const cli_model_t *other,
                                    const char *path) {
  model->context = other->context;
  set_names(model, path);
  if (is_zoo(path))
    return parse_zoo(model, path);
  return tess_ir_parse_file(model->context, path, &model->module);
}

tess_status_t cli_model_load(cli_model_t *model, const char *path) {
  cli_model_t owner = {.context = tess_ir_context_create()};
  model->owns_context = true;
  return cli_model_load_beside(model, &owner, path);
}

tess_status_t cli_model_entry(const cli_model_t *model, const char *name,
                              MlirOperation *function) {
  TESS_TRY(tess_ir_find_function(model->module, name, function));
  return tess_ir_inline_calls(model->module, *function);
}

void cli_warn_doubts(const cli_model_t *model,
                     const tess_analysis_t *analysis) {
  const char *doubt = tess_model_doubt(analysis->model);
  if (doubt)
    fprintf(stderr, "tessera: warning: %s: %s\n", model->name, doubt);
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_unknown_t unknown =
      tess_unknown_find(analysis->model, analysis->program, &arena);
  tess_text_t text = TESS_TEXT_INIT;
  tess_unknown_add_sentence(&unknown, &text);
  if (tess_unknown_matters(&unknown))
    fprintf(stderr, "tessera: warning: %s: %s\n", model->name,
            tess_text_get(&text));
  tess_text_free(&text);
  tess_arena_free(&arena);
}

void cli_model_free(cli_model_t *model) {
  if (!mlirModuleIsNull(model->module))
    mlirModuleDestroy(model->module);
  if (model->owns_context)
    mlirContextDestroy(model->context);
  tess_arena_free(&model->arena);
  *model = (cli_model_t){0};
}

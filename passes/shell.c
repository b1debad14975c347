/* The frame around each pass: shared options, visiting functions, errors. */
#include "shell.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/Dialect/Arith.h"
#include "mlir-c/Dialect/Linalg.h"
#include "mlir-c/Dialect/Math.h"
#include "mlir-c/Dialect/Tensor.h"
#include "mlir-c/Dialect/Tosa.h"
#include "tessera/base/text.h"
#include "tessera/ir/reader.h"
#include "tessera/report/unknown.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void tess_shell_dialects(MlirDialectRegistry registry) {
  const MlirDialectHandle handles[] = {
      mlirGetDialectHandle__arith__(), mlirGetDialectHandle__linalg__(),
      mlirGetDialectHandle__math__(),  mlirGetDialectHandle__tensor__(),
      mlirGetDialectHandle__tosa__(),
  };
  for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); ++i)
    mlirDialectHandleInsertDialect(handles[i], registry);
}

void tess_shell_say(tess_shell_t *shell, tess_severity_t severity,
                    MlirLocation location, const char *format, ...) {
  char fixed[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(fixed, sizeof(fixed), format, arguments);
  va_end(arguments);
  if (length < (int)sizeof(fixed)) {
    tess_pass_emit(shell->run, severity, location, fixed);
    return;
  }
  char *text = tess_alloc((size_t)length + 1);
  va_start(arguments, format);
  vsnprintf(text, (size_t)length + 1, format, arguments);
  va_end(arguments);
  tess_pass_emit(shell->run, severity, location, text);
  free(text);
}

const char *tess_shell_attribute(tess_shell_t *shell, MlirOperation function,
                                 const char *name) {
  MlirAttribute attribute = mlirOperationGetAttributeByName(
      function, mlirStringRefCreateFromCString(name));
  if (mlirAttributeIsNull(attribute) || !mlirAttributeIsAString(attribute))
    return NULL;
  MlirStringRef value = mlirStringAttrGetValue(attribute);
  return tess_arena_string_n(&shell->arena, value.data, value.length);
}

void tess_shell_set_attribute(MlirOperation operation, const char *name,
                              const char *text) {
  MlirContext context = mlirOperationGetContext(operation);
  mlirOperationSetAttributeByName(
      operation, mlirStringRefCreateFromCString(name),
      mlirStringAttrGet(context, mlirStringRefCreateFromCString(text)));
}

const char *tess_shell_name(tess_shell_t *shell, MlirOperation function) {
  const char *name = tess_shell_attribute(shell, function, "sym_name");
  return tess_arena_format(&shell->arena, "@%s", name ? name : "?");
}

const char *tess_shell_layer(tess_shell_t *shell, MlirLocation location) {
  const char *layer = tess_ir_layer(&shell->arena, location);
  return layer ? tess_arena_format(&shell->arena, " (%s)", layer) : "";
}

void tess_shell_say_doubts(tess_shell_t *shell, MlirOperation function,
                           const tess_analysis_t *analysis, bool always) {
  const char *doubt = tess_model_doubt(analysis->model);
  if (doubt)
    tess_shell_say(shell, TESS_SEVERITY_WARNING,
                   mlirOperationGetLocation(function), "%s: %s",
                   tess_shell_name(shell, function), doubt);
  if (analysis->model->unknown_count == 0)
    return;
  tess_unknown_t unknown =
      tess_unknown_find(analysis->model, analysis->program, &shell->arena);
  bool warn = tess_unknown_matters(&unknown);
  for (size_t i = 0; i < unknown.op_count; i++)
    always = always || strcmp(unknown.ops[i].name, "func.call") == 0;
  if (!warn && !always)
    return;
  tess_text_t text = TESS_TEXT_INIT;
  tess_unknown_add_sentence(&unknown, &text);
  tess_shell_say(shell, warn ? TESS_SEVERITY_WARNING : TESS_SEVERITY_REMARK,
                 mlirOperationGetLocation(function), "%s: %s",
                 tess_shell_name(shell, function), tess_text_get(&text));
  tess_text_free(&text);
}

/* ---- Errors. ---- */

void tess_shell_reject(tess_pass_run_t *run, MlirOperation operation,
                       tess_status_t status) {
  tess_pass_emit(run, TESS_SEVERITY_ERROR, mlirOperationGetLocation(operation),
                 tess_status_text(status));
  tess_pass_fail(run);
  tess_status_free(status);
}

/* Cuts ":number" off the end of `text`; 0 where there is none. */
static unsigned cut_number(char *text) {
  char *colon = strrchr(text, ':');
  int64_t number;
  if (!colon || !tess_parse_i64(colon + 1, &number) || number < 1 ||
      number > INT32_MAX)
    return 0;
  *colon = '\0';
  return (unsigned)number;
}

/* The place that a status carries as a location; the function's if none. */
static MlirLocation place_of(tess_shell_t *shell, MlirOperation function,
                             tess_status_t status) {
  const char *text = tess_status_text(status);
  size_t length = strlen(text) - strlen(tess_status_message(status));
  MlirLocation fallback = mlirOperationGetLocation(function);
  if (length <= 2)
    return fallback;
  char *place = tess_arena_string_n(&shell->arena, text, length - 2);
  unsigned column = cut_number(place);
  unsigned line = cut_number(place);
  if (!line || !column)
    return fallback;
  return mlirLocationFileLineColGet(mlirOperationGetContext(function),
                                    mlirStringRefCreateFromCString(place), line,
                                    column);
}

static void fail_at(tess_shell_t *shell, MlirOperation function,
                    tess_status_t status) {
  tess_pass_emit(shell->run, TESS_SEVERITY_ERROR,
                 place_of(shell, function, status),
                 tess_status_message(status));
  tess_pass_fail(shell->run);
  tess_status_free(status);
}

/* ---- Shared options. ---- */

static bool known_cost_model(const char *name) {
  for (size_t i = 0; i < tess_cost_model_count(); ++i)
    if (strcmp(tess_cost_model_at(i)->name, name) == 0)
      return true;
  return false;
}

static tess_status_t unknown_cost_model(const char *name) {
  tess_text_t known = TESS_TEXT_INIT;
  for (size_t i = 0; i < tess_cost_model_count(); ++i)
    tess_text_add(&known, "%s%s", i ? ", " : "", tess_cost_model_at(i)->name);
  tess_status_t status =
      tess_error(TESS_INVALID, "cost-model=%s is unknown; there are %s", name,
                 tess_text_get(&known));
  tess_text_free(&known);
  return status;
}

static tess_status_t read_options(tess_shell_t *shell) {
  const char *allow = tess_pass_string(shell->run, "allow");
  if (!tess_class_parse(allow, &shell->allow))
    return tess_error(TESS_INVALID,
                      "allow=%s is unknown; there are exact, approximate, "
                      "retrain",
                      allow);
  shell->cost_model = tess_pass_string(shell->run, "cost-model");
  if (!known_cost_model(shell->cost_model))
    return unknown_cost_model(shell->cost_model);
  return tess_target_load(&shell->arena, tess_pass_string(shell->run, "target"),
                          &shell->target, NULL, NULL);
}

/* ---- Functions. ---- */

static bool is_op(MlirOperation operation, const char *name) {
  MlirStringRef actual = mlirIdentifierStr(mlirOperationGetName(operation));
  return mlirStringRefEqual(actual, mlirStringRefCreateFromCString(name));
}

/* Why there is nothing to do in a function; NULL if there is. */
static const char *why_skipped(MlirOperation function) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  if (mlirBlockIsNull(body))
    return "has no body";
  MlirOperation first = mlirBlockGetFirstOperation(body);
  if (mlirBlockIsNull(mlirBlockGetNextInRegion(body)) &&
      mlirOperationIsNull(mlirOperationGetNextInBlock(first)))
    return "has no ops but its return";
  if (mlirBlockIsNull(mlirBlockGetNextInRegion(body)) &&
      !tess_ir_has_tensors(function))
    return "has no tensors";
  return NULL;
}

static void visit_function(tess_shell_t *shell, MlirOperation function,
                           tess_shell_visit_t visit) {
  const char *skipped = why_skipped(function);
  if (skipped) {
    tess_shell_say(shell, TESS_SEVERITY_REMARK,
                   mlirOperationGetLocation(function), "%s %s: skipped",
                   tess_shell_name(shell, function), skipped);
    return;
  }
  tess_status_t status = visit(shell, function);
  if (status)
    fail_at(shell, function, status);
}

/* Visits the functions of a module and of the modules in it; returns how many
 * functions there were. */
static size_t visit_module(tess_shell_t *shell, MlirOperation module,
                           tess_shell_visit_t visit) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(module, 0));
  size_t count = 0;
  MlirOperation next;
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = next) {
    next = mlirOperationGetNextInBlock(op);
    if (is_op(op, "builtin.module"))
      count += visit_module(shell, op, visit);
    if (!is_op(op, "func.func"))
      continue;
    visit_function(shell, op, visit);
    ++count;
  }
  return count;
}

/* Whether there are several functions in a module. */
static bool has_several(MlirOperation module, size_t *count) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(module, 0));
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op) && *count < 2;
       op = mlirOperationGetNextInBlock(op)) {
    *count += is_op(op, "func.func");
    if (is_op(op, "builtin.module"))
      has_several(op, count);
  }
  return *count > 1;
}

void tess_shell_run(tess_pass_run_t *run, MlirOperation operation,
                    tess_shell_visit_t visit, const void *options) {
  size_t count = 0;
  bool several =
      !is_op(operation, "func.func") && has_several(operation, &count);
  tess_shell_t shell = {.run = run,
                        .pieces = several ? tess_space_memo_create() : NULL,
                        .options = options};
  tess_status_t status = read_options(&shell);
  if (status)
    tess_shell_reject(run, operation, status);
  else if (is_op(operation, "func.func"))
    visit_function(&shell, operation, visit);
  else if (visit_module(&shell, operation, visit) == 0)
    tess_shell_say(&shell, TESS_SEVERITY_WARNING,
                   mlirOperationGetLocation(operation),
                   "there is no func.func to work on");
  tess_space_memo_destroy(shell.pieces);
  tess_arena_free(&shell.arena);
}

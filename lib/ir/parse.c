/* Contexts, parsing and verifying with errors that say what to do. */
#include "foreign.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/Diagnostics.h"
#include "mlir-c/RegisterEverything.h"
#include "reading.h"
#include "tessera/base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

MlirContext tess_ir_context_create(void) {
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  mlirRegisterAllDialects(registry);
  MlirContext context =
      mlirContextCreateWithRegistry(registry, /*threadingEnabled=*/false);
  mlirDialectRegistryDestroy(registry);
  mlirContextLoadAllAvailableDialects(context);
  mlirRegisterAllLLVMTranslations(context);
  static bool passes_registered;
  if (!passes_registered)
    mlirRegisterAllPasses();
  passes_registered = true;
  return context;
}

/* What the handler keeps of the diagnostics of one parse or verification. */
typedef struct diagnostics {
  tess_arena_t arena;
  tess_text_t text; /* first error, then one line each for the others */
  const char *file; /* of the first error */
  int line, column, count;
} diagnostics_t;

static void append(MlirStringRef part, void *text) {
  tess_text_add_n(text, part.data, part.length);
}

static MlirLogicalResult collect(MlirDiagnostic diagnostic, void *user) {
  diagnostics_t *all = user;
  if (mlirDiagnosticGetSeverity(diagnostic) != MlirDiagnosticError)
    return mlirLogicalResultSuccess();
  const char *file;
  int line, column;
  tess_ir_place(&all->arena, mlirDiagnosticGetLocation(diagnostic), &file,
                &line, &column);
  if (all->count++ == 0) {
    all->file = file;
    all->line = line;
    all->column = column;
  } else {
    tess_text_add(&all->text, "\n%s:%d:%d: ", file, line, column);
  }
  mlirDiagnosticPrint(diagnostic, append, &all->text);
  return mlirLogicalResultSuccess();
}

/* The dialect that a diagnostic complains about, between quotes or before the
 * first dot of an operation's name; NULL if the message is about another
 * thing. */
static const char *foreign_advice_in(const char *message) {
  static const char *const marks[] = {"Dialect `", "dialect '", "op '",
                                      "'",         "\"",        "!"};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    const char *at = strstr(message, marks[i]);
    if (!at)
      continue;
    at += strlen(marks[i]);
    size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789.");
    const char *advice = length ? tess_foreign_advice(at, length) : NULL;
    if (advice)
      return advice;
  }
  return NULL;
}

static tess_status_t parse_error(const diagnostics_t *all, const char *path) {
  if (all->count == 0)
    return tess_error_at(TESS_INVALID, path, 0, 0, "this is no MLIR module");
  const char *message = tess_text_get(&all->text);
  const char *file = all->file[0] ? all->file : path;
  const char *advice = foreign_advice_in(message);
  if (advice)
    return tess_error_at(TESS_UNSUPPORTED, file, all->line, all->column,
                         "%s; %s", message, advice);
  return tess_error_at(TESS_INVALID, file, all->line, all->column, "%s",
                       message);
}

/* Looking for ops that no registered dialect has. */
typedef struct search {
  MlirContext context;
  tess_index_map_t *known; /* names seen so far, by MlirIdentifier */
  MlirOperation found;
} search_t;

static MlirWalkResult look_at(MlirOperation op, void *user) {
  search_t *search = user;
  MlirIdentifier name = mlirOperationGetName(op);
  bool added;
  tess_index_map_add(search->known, &name.ptr, &added);
  if (!added || mlirContextIsRegisteredOperation(search->context,
                                                 mlirIdentifierStr(name)))
    return MlirWalkResultAdvance;
  search->found = op;
  return MlirWalkResultInterrupt;
}

/* An error if the module has an op of an unregistered dialect. */
static tess_status_t check_registered(MlirContext context, MlirModule module,
                                      const char *path) {
  search_t search = {.context = context,
                     .known = tess_index_map_create(sizeof(void *))};
  mlirOperationWalk(mlirModuleGetOperation(module), look_at, &search,
                    MlirWalkPreOrder);
  tess_index_map_destroy(search.known);
  if (mlirOperationIsNull(search.found))
    return TESS_SUCCESS;
  tess_arena_t arena = TESS_ARENA_INIT;
  const char *file;
  int line, column;
  tess_ir_place(&arena, mlirOperationGetLocation(search.found), &file, &line,
                &column);
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(search.found));
  const char *advice = tess_foreign_advice(name.data, name.length);
  tess_status_t status = tess_error_at(
      TESS_UNSUPPORTED, file[0] ? file : path, line, column, "%.*s: %s",
      (int)name.length, name.data,
      advice ? advice
             : "this operation is of no known dialect; lower the model to "
               "TOSA or linalg on tensors first");
  tess_arena_free(&arena);
  return status;
}

/* Ops of unknown dialects are let through the parser, so that the message can
 * name them. */
static MlirModule parse(MlirContext context, const char *path,
                        diagnostics_t *all) {
  bool allowed = mlirContextGetAllowUnregisteredDialects(context);
  MlirDiagnosticHandlerID handler =
      mlirContextAttachDiagnosticHandler(context, collect, all, NULL);
  mlirContextSetAllowUnregisteredDialects(context, true);
  MlirModule module = mlirModuleCreateParseFromFile(
      context, mlirStringRefCreateFromCString(path));
  mlirContextSetAllowUnregisteredDialects(context, allowed);
  mlirContextDetachDiagnosticHandler(context, handler);
  return module;
}

/* Whether the file can be opened at all; standard input can. */
static tess_status_t check_readable(const char *path) {
  if (strcmp(path, "-") == 0)
    return TESS_SUCCESS;
  FILE *file = fopen(path, "rb");
  if (!file)
    return tess_error(errno == ENOENT ? TESS_NOT_FOUND : TESS_IO,
                      "cannot open '%s': %s", path, strerror(errno));
  fclose(file);
  return TESS_SUCCESS;
}

tess_status_t tess_ir_parse_file(MlirContext context, const char *path,
                                 MlirModule *module) {
  *module = (MlirModule){NULL};
  TESS_TRY(check_readable(path));
  diagnostics_t all = {.file = ""};
  MlirModule parsed = parse(context, path, &all);
  tess_status_t status = mlirModuleIsNull(parsed)
                             ? parse_error(&all, path)
                             : check_registered(context, parsed, path);
  tess_text_free(&all.text);
  tess_arena_free(&all.arena);
  if (status && !mlirModuleIsNull(parsed))
    mlirModuleDestroy(parsed);
  else
    *module = parsed;
  return status;
}

tess_status_t tess_ir_verify(MlirOperation operation) {
  MlirContext context = mlirOperationGetContext(operation);
  diagnostics_t all = {.file = ""};
  MlirDiagnosticHandlerID handler =
      mlirContextAttachDiagnosticHandler(context, collect, &all, NULL);
  bool valid = mlirOperationVerify(operation);
  mlirContextDetachDiagnosticHandler(context, handler);
  tess_status_t status =
      valid ? TESS_SUCCESS
            : tess_error_at(TESS_UNSUPPORTED, all.file, all.line, all.column,
                            "the rewritten module is not valid: %s",
                            tess_text_get(&all.text));
  tess_text_free(&all.text);
  tess_arena_free(&all.arena);
  return status;
}

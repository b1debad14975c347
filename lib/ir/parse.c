/* Contexts, parsing and verifying with errors that say what to do, and finding
 * a function. */
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
static tess_status_t check_registered(MlirContext context, MlirModule module) {
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
      TESS_UNSUPPORTED, file, line, column, "%.*s: %s", (int)name.length,
      name.data,
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
                             : check_registered(context, parsed);
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

static bool is_function_with_body(MlirOperation op) {
  MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
  return name.length == 9 && memcmp(name.data, "func.func", 9) == 0 &&
         mlirOperationGetNumRegions(op) == 1 &&
         !mlirBlockIsNull(
             mlirRegionGetFirstBlock(mlirOperationGetRegion(op, 0)));
}

static MlirStringRef symbol_of(MlirOperation op) {
  MlirAttribute name = tess_attribute(op, "sym_name");
  if (mlirAttributeIsNull(name) || !mlirAttributeIsAString(name))
    return mlirStringRefCreateFromCString("");
  return mlirStringAttrGetValue(name);
}

/* How many functions fit `name` (NULL: any); the last one, and the names of
 * all that have a body. */
static int count_functions(MlirModule module, const char *name,
                           MlirOperation *function, tess_text_t *names) {
  int matches = 0;
  MlirBlock body = mlirModuleGetBody(module);
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    if (!is_function_with_body(op))
      continue;
    MlirStringRef symbol = symbol_of(op);
    tess_text_add(names, "%s%.*s", names->length ? ", " : "",
                  (int)symbol.length, symbol.data);
    if (name && (strlen(name) != symbol.length ||
                 memcmp(name, symbol.data, symbol.length) != 0))
      continue;
    *function = op;
    matches++;
  }
  return matches;
}

/* An error about the module as a whole, at the file that it came from. */
static tess_status_t module_error(MlirModule module, tess_code_t code,
                                  const char *message) {
  tess_arena_t arena = TESS_ARENA_INIT;
  const char *file;
  int line, column;
  tess_ir_place(&arena,
                mlirOperationGetLocation(mlirModuleGetOperation(module)), &file,
                &line, &column);
  tess_status_t status =
      file && file[0] ? tess_error_at(code, file, line, column, "%s", message)
                      : tess_error(code, "%s", message);
  tess_arena_free(&arena);
  return status;
}

tess_status_t tess_ir_find_function(MlirModule module, const char *name,
                                    MlirOperation *function) {
  tess_text_t names = TESS_TEXT_INIT;
  int matches = count_functions(module, name, function, &names);
  const char *list = tess_text_get(&names);
  tess_text_t message = TESS_TEXT_INIT;
  tess_code_t code = TESS_NOT_FOUND;
  if (!list[0])
    tess_text_add(&message, "no function with a body in the module; the model "
                            "must be a func.func");
  else if (matches == 0)
    tess_text_add(&message, "no function '%s'; there is: %s", name, list);
  else if (matches > 1) {
    code = TESS_UNSUPPORTED;
    tess_text_add(&message, "several functions: say which one to work on: %s",
                  list);
  }
  tess_status_t status =
      matches == 1 ? TESS_SUCCESS
                   : module_error(module, code, tess_text_get(&message));
  tess_text_free(&message);
  tess_text_free(&names);
  return status;
}

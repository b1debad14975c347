/* Calls in place of their bodies: the same model as the text written by hand,
 * and an error for what has no end or no body. */
#include "reading.h"
#include <string.h>

#define T "tensor<4x8xf32>"
#define FN "(" T ") -> " T
#define BODY(name, visibility, lines)                                          \
  "func.func " visibility "@" name "(%x: " T ") -> " T " {\n" lines            \
  "  return %r : " T "\n}\n"
#define TANH(out, in) "  " out " = tosa.tanh " in " : " FN "\n"
#define EXP(out, in) "  " out " = tosa.exp " in " : " FN "\n"
#define CALL(out, callee, in)                                                  \
  "  " out " = func.call @" callee "(" in ") : " FN "\n"

static MlirModule parse(MlirContext context, const char *text) {
  MlirModule module =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(text));
  CHECK(!mlirModuleIsNull(module));
  return module;
}

/* Inlines into `name` (NULL: the entry) and compares the module's text with
 * another module's. */
static void check_text(MlirContext context, const char *text, const char *name,
                       const char *wanted) {
  MlirModule module = parse(context, text), other = parse(context, wanted);
  MlirOperation function;
  CHECK_OK(tess_ir_find_function(module, name, &function));
  CHECK_OK(tess_ir_inline_calls(module, function));
  CHECK(mlirOperationVerify(mlirModuleGetOperation(module)));
  size_t length, wanted_length;
  char *got = tess_ir_print(mlirModuleGetOperation(module), &length);
  char *want = tess_ir_print(mlirModuleGetOperation(other), &wanted_length);
  CHECK_STRING(got, want);
  free(got);
  free(want);
  mlirModuleDestroy(module);
  mlirModuleDestroy(other);
}

/* An error that names the place, and the module as it was. */
static void check_error(MlirContext context, const char *text,
                        const char *part) {
  MlirModule module = parse(context, text);
  MlirOperation function;
  size_t length;
  char *before = tess_ir_print(mlirModuleGetOperation(module), &length);
  CHECK_OK(tess_ir_find_function(module, "main", &function));
  CHECK_ERROR(tess_ir_inline_calls(module, function), TESS_UNSUPPORTED, part);
  char *after = tess_ir_print(mlirModuleGetOperation(module), &length);
  CHECK_STRING(after, before);
  free(before);
  free(after);
  mlirModuleDestroy(module);
}

static void check_inlined(MlirContext context) {
  static const char two_deep[] =
      BODY("main", "", CALL("%a", "f", "%x") CALL("%r", "f", "%a"))
          BODY("f", "private ", TANH("%a", "%x") CALL("%r", "g", "%a"))
              BODY("g", "private ", EXP("%r", "%x"));
  check_text(context, two_deep, NULL,
             BODY("main", "",
                  TANH("%a", "%x") EXP("%b", "%a") TANH("%c", "%b")
                      EXP("%r", "%c")));
  /* A public callee stays, and so does what others use. */
  check_text(context,
             BODY("main", "", CALL("%r", "f", "%x"))
                 BODY("f", "", CALL("%r", "g", "%x"))
                     BODY("g", "private ", EXP("%r", "%x")),
             NULL,
             BODY("main", "", EXP("%r", "%x"))
                 BODY("f", "", CALL("%r", "g", "%x"))
                     BODY("g", "private ", EXP("%r", "%x")));
  /* A callee that returns its argument. */
  check_text(context,
             BODY("main", "",
                  CALL("%a", "f", "%x")
                      TANH("%r", "%a")) "func.func private @f(%x: " T ") -> " T
                                        " {\n  return %x : " T "\n}\n",
             NULL, BODY("main", "", TANH("%r", "%x")));
  check_text(context, BODY("main", "", TANH("%r", "%x")), NULL,
             BODY("main", "", TANH("%r", "%x")));
}

/* 25 functions that call the next one twice: 2^25 operations. */
static void check_explosion(MlirContext context) {
  static char text[16384];
  int length = snprintf(text, sizeof text, "%s%s",
                        BODY("main", "", CALL("%r", "f0", "%x")),
                        BODY("f25", "", TANH("%r", "%x")));
  for (int i = 0; i < 25; i++)
    length += snprintf(text + length, sizeof text - (size_t)length,
                       "func.func @f%d(%%x: " T ") -> " T " {\n"
                       "  %%a = func.call @f%d(%%x) : " FN "\n"
                       "  %%r = func.call @f%d(%%a) : " FN "\n"
                       "  return %%r : " T "\n}\n",
                       i, i + 1, i + 1);
  check_error(context, text, "more than 1048576 operations");
}

static void check_errors(MlirContext context) {
  check_error(context, BODY("main", "", CALL("%r", "main", "%x")),
              "recursive call of 'main'");
  check_error(context,
              BODY("main", "", TANH("%a", "%x") CALL("%r", "f", "%a"))
                  BODY("f", "", CALL("%r", "g", "%x"))
                      BODY("g", "", CALL("%r", "f", "%x")),
              "recursive call of 'f'");
  check_error(context,
              BODY("main", "", CALL("%r", "f", "%x")) "func.func private @f" FN
                                                      "\n",
              "call of 'f', which is only declared");
  check_error(
      context,
      BODY("main", "", CALL("%r", "f", "%x")) "func.func @f(%x: " T ") -> " T
                                              " {\n  cf.br ^end\n^end:\n"
                                              "  return %x : " T "\n}\n",
      "call of 'f', which has several blocks");
  check_explosion(context);
}

/* Which function is meant without a name. */
static void check_entries(MlirContext context) {
  static const struct {
    const char *text, *entry, *error;
  } rows[] = {
      {BODY("f", "", TANH("%r", "%x")) BODY("net", "", CALL("%r", "f", "%x")),
       "net", NULL},
      {BODY("f", "private ", TANH("%r", "%x"))
           BODY("net", "", TANH("%r", "%x")),
       "net", NULL},
      {BODY("only", "private ", TANH("%r", "%x")), "only", NULL},
      {BODY("f", "", TANH("%r", "%x")) BODY("a", "", CALL("%r", "f", "%x"))
           BODY("b", "", CALL("%r", "f", "%x")),
       NULL, "several functions: say which one to work on: a, b"},
      {BODY("a", "", CALL("%r", "b", "%x"))
           BODY("b", "", CALL("%r", "a", "%x")),
       NULL, "several functions: say which one to work on: a, b"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    MlirModule module = parse(context, rows[i].text);
    MlirOperation function = {NULL};
    tess_status_t status = tess_ir_find_function(module, NULL, &function);
    if (rows[i].error) {
      CHECK_ERROR(status, TESS_UNSUPPORTED, rows[i].error);
    } else {
      CHECK_OK(status);
      MlirOperation named;
      CHECK_OK(tess_ir_find_function(module, rows[i].entry, &named));
      CHECK(mlirOperationEqual(function, named));
    }
    mlirModuleDestroy(module);
  }
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_inlined(context);
  check_errors(context);
  check_entries(context);
  mlirContextDestroy(context);
  return tess_check_result();
}

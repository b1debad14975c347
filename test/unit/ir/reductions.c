/* Reductions whatever order their loops are written in, and sums whose count is
 * computed; near misses. Batches and channels that are summed one after the
 * other are tested with the norms. */
#include "reading.h"
#include "upstream.h"

#define X "tensor<4x8x8xf32>"
#define R "tensor<4x8xf32>"
#define ONE_LOOP(maps, loops, ins, types, out, body)                           \
  "linalg.generic {indexing_maps = [" maps "], iterator_types = [" loops       \
  "]} ins(" ins " : " types ") outs(" out ") {\n" body "}"
#define ALL "affine_map<(a, b, c) -> (a, b, c)>"
#define ROW "affine_map<(a, b, c) -> (a, b)>"
#define PARALLEL "\"parallel\", \"parallel\", \"parallel\""
#define STEP(out, op)                                                          \
  "^bb0(%i: f32, %o: f32):\n" out " = " op " : f32\nlinalg.yield " out         \
  " : f32\n"
#define REDUCE(out, maps, loops, in, init, op)                                 \
  out " = " ONE_LOOP(maps, loops, in, X, init " : " R,                         \
                     STEP("%z", "arith." op " %o, %i")) " -> " R "\n"
#define EACH(out, in, op)                                                      \
  out " = " ONE_LOOP(ALL ", " ALL, PARALLEL, in, X, "%ex : " X,                \
                     STEP("%z", op)) " -> " X "\n"
/* Of an element and its row. */
#define WITH_ROW(out, op, in, row)                                             \
  out " = " ONE_LOOP(ALL ", " ROW ", " ALL, PARALLEL, in ", " row, X ", " R,   \
                     "%ex : " X,                                               \
                     "^bb0(%i: f32, %j: f32, %o: f32):\n%z = arith." op        \
                     " %i, %j : f32\nlinalg.yield %z : f32\n") " -> " X "\n"

/* The loop that reduces first, the others in their order. */
#define REDUCED_FIRST                                                          \
  "affine_map<(r, p, q) -> (p, q, r)>, affine_map<(r, p, q) -> (p, q)>"
/* The same over the dimension in the middle, of the same size. */
#define MIDDLE                                                                 \
  "affine_map<(r, p, q) -> (p, r, q)>, affine_map<(r, p, q) -> (p, q)>"
#define FIRST "\"reduction\", \"parallel\", \"parallel\""

#define HEAD                                                                   \
  "func.func @f(%x: " X " {tessera.role = \"input\"}) -> " X " {\n"            \
  "%zero = arith.constant 0.0 : f32\n%low = arith.constant -1.0e38 : f32\n"    \
  "%eps = arith.constant 1.0e-5 : f32\n%eight = arith.constant 8.0 : f32\n"    \
  "%nan = arith.constant 0x7FC00000 : f32\n"                                   \
  "%ex = tensor.empty() : " X "\n%er = tensor.empty() : " R "\n"               \
  "%z0 = linalg.fill ins(%zero : f32) outs(%er : " R ") -> " R "\n"            \
  "%m0 = linalg.fill ins(%low : f32) outs(%er : " R ") -> " R "\n"
#define TAIL "return %r : " X "\n}\n"

#define SOFTMAX(max, sum)                                                      \
  HEAD REDUCE("%m", max, FIRST, "%x", "%m0", "maximumf")                       \
      WITH_ROW("%d", "subf", "%x", "%m") EACH("%e", "%d", "math.exp %i")       \
          REDUCE("%s", sum, FIRST, "%e", "%z0", "addf")                        \
              WITH_ROW("%r", "divf", "%e", "%s") TAIL

/* On rows. */
#define EACH_ROW(out, in, op)                                                  \
  out " = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, "     \
      "affine_map<(a, b) -> (a, b)>], iterator_types = [\"parallel\", "        \
      "\"parallel\"]} ins(" in " : " R ") outs(%er : " R                       \
      ") {\n" STEP("%z", op) "} -> " R "\n"
#define SCALAR(out, ins, type, body)                                           \
  out " = linalg.generic {indexing_maps = [" ins                               \
      "], iterator_types = []} " body " -> tensor<" type ">\n"
#define NO "affine_map<() -> ()>"

/* A layer norm of which the variance's count is 8 less `fewer`, computed in
 * tensors of one element, and not a number where that is not positive. */
#define NORM(fewer)                                                            \
  HEAD "%fewer = arith.constant " fewer " : f32\n" REDUCE(                     \
      "%s", REDUCED_FIRST, FIRST, "%x", "%z0",                                 \
      "addf") EACH_ROW("%m", "%s",                                             \
                       "arith.divf %i, %eight") WITH_ROW("%c", "subf", "%x",   \
                                                         "%m")                 \
      EACH("%q", "%c", "arith.mulf %i, %i") REDUCE(                            \
          "%t", REDUCED_FIRST, FIRST, "%q", "%z0",                             \
          "addf") "%en = tensor.empty() : tensor<f32>\n%eb = tensor.empty() "  \
                  ": tensor<i1>\n" SCALAR("%less", NO, "f32",                  \
                                          "outs(%en : tensor<f32>) "           \
                                          "{\n^bb0(%o: f32):\n"                \
                                          "linalg.yield %fewer : f32\n}")      \
                      SCALAR("%n", NO ", " NO, "f32",                          \
                             "ins(%less : tensor<f32>) outs(%en : "            \
                             "tensor<f32>) {\n"                                \
                             "^bb0(%i: f32, %o: f32):\n%z = arith.subf "       \
                             "%eight, %i : f32\n"                              \
                             "linalg.yield %z : f32\n}")                       \
                          SCALAR(                                              \
                              "%some", NO ", " NO, "i1",                       \
                              "ins(%n : tensor<f32>) outs(%eb : tensor<i1>) "  \
                              "{\n"                                            \
                              "^bb0(%i: f32, %o: i1):\n%z = arith.cmpf ogt, "  \
                              "%i, %zero : f32\n"                              \
                              "linalg.yield %z : i1\n}") "%known = "           \
                                                         "tensor.extract "     \
                                                         "%some[] : "          \
                                                         "tensor<i1>\n"        \
                                                         "%v = "               \
                                                         "linalg.generic "     \
                                                         "{indexing_maps = "   \
                                                         "[affine_map<(a, b) " \
                                                         "-> (a, b)>, "        \
                                                         "affine_map<(a, b) "  \
                                                         "-> ()>, "            \
                                                         "affine_map<(a, b) "  \
                                                         "-> (a, b)>], "       \
                                                         "iterator_types = "   \
                                                         "[\"parallel\", "     \
                                                         "\"parallel\"]} "     \
                                                         "ins(%t, %n : " R     \
                                                         ", tensor<f32>) "     \
                                                         "outs(%er : " R       \
                                                         ") {\n^bb0(%i: f32, " \
                                                         "%j: f32, %o: "       \
                                                         "f32):\n%y = "        \
                                                         "arith.divf %i, %j "  \
                                                         ": f32\n"             \
                                                         "%z = arith.select "  \
                                                         "%known, %y, %nan : " \
                                                         "f32\nlinalg.yield "  \
                                                         "%z : f32\n} -> " R   \
                                                         "\n" EACH_ROW(        \
                                                             "%w", "%v",       \
                                                             "arith.addf %i, " \
                                                             "%eps")           \
                                                             EACH_ROW(         \
                                                                 "%k", "%w",   \
                                                                 "math.sqrt "  \
                                                                 "%i")         \
                                                                 WITH_ROW(     \
                                                                     "%r",     \
                                                                     "divf",   \
                                                                     "%c",     \
                                                                     "%k")     \
                                                                     TAIL

typedef struct example {
  const char *text;
  int kind; /* of the only pattern, or TESS_NONE */
} example_t;

static const example_t examples[] = {
    {SOFTMAX(REDUCED_FIRST, REDUCED_FIRST), TESS_PATTERN_SOFTMAX},
    {SOFTMAX(MIDDLE, REDUCED_FIRST),
     TESS_PATTERN_SOFTMAX}, /* of a difference */
    {SOFTMAX(REDUCED_FIRST, MIDDLE), TESS_NONE},
    {NORM("0.0"), TESS_PATTERN_LAYER_NORM},
    {NORM("1.0"), TESS_PATTERN_LAYER_NORM}, /* Bessel's correction */
    {NORM("2.0"), TESS_NONE},
};

static void check_example(MlirContext context, const example_t *example) {
  reading_t reading;
  CHECK_OK(reading_parse(context, example->text, &reading));
  const tess_model_t *model = reading.model;
  if (!model)
    return;
  CHECK_EQ(model->unknown_count, 0);
  CHECK_EQ(model->pattern_count, example->kind == TESS_NONE ? 0 : 1);
  if (model->pattern_count == 1) {
    CHECK_EQ(model->patterns[0].kind, example->kind);
    CHECK(model->values[model->patterns[0].output].returned);
  }
  reading_close(&reading);
}

/* A copy with its loops in another order, and a transpose. */
#define COPY(result)                                                           \
  "func.func @f(%x: tensor<6x7xf32>) -> tensor<" result "xf32> {\n"            \
  "%e = tensor.empty() : tensor<" result "xf32>\n%r = linalg.generic "         \
  "{indexing_maps = [affine_map<(p, q) -> (q, p)>, affine_map<(p, q) -> "
#define COPIED(result)                                                         \
  ">], iterator_types = [\"parallel\", \"parallel\"]} ins(%x : "               \
  "tensor<6x7xf32>) outs(%e : tensor<" result "xf32>) {\n^bb0(%i: f32, %o: "   \
  "f32):\nlinalg.yield %i : f32\n} -> tensor<" result "xf32>\nreturn %r : "    \
  "tensor<" result "xf32>\n}\n"

static void check_order(MlirContext context) {
  static const char *const texts[] = {COPY("6x7") "(q, p)" COPIED("6x7"),
                                      COPY("7x6") "(p, q)" COPIED("7x6")};
  const int kinds[] = {TESS_NODE_ELEMENTWISE, TESS_NODE_TRANSPOSE};
  for (int i = 0; i < 2; i++) {
    reading_t reading;
    CHECK_OK(reading_parse(context, texts[i], &reading));
    if (!reading.model)
      continue;
    const tess_model_t *model = reading.model;
    CHECK_EQ(model->nodes[model->node_count - 1].kind, kinds[i]);
    reading_close(&reading);
  }
}

/* Where the greatest element of a row is, in one body. */
#define PLACE(body)                                                            \
  "func.func @f(%x: " R ") -> tensor<4xi32> {\n"                               \
  "%low = arith.constant -1.0e38 : f32\n%c0 = arith.constant 0 : i32\n"        \
  "%ef = tensor.empty() : tensor<4xf32>\n%ei = tensor.empty() : "              \
  "tensor<4xi32>\n%f = linalg.fill ins(%low : f32) outs(%ef : tensor<4xf32>) " \
  "-> tensor<4xf32>\n%n = linalg.fill ins(%c0 : i32) outs(%ei : "              \
  "tensor<4xi32>) -> tensor<4xi32>\n"                                          \
  "%m:2 = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, "     \
  "affine_map<(a, b) -> (a)>, affine_map<(a, b) -> (a)>], iterator_types = "   \
  "[\"parallel\", \"reduction\"]} ins(%x : " R ") outs(%f, %n : "              \
  "tensor<4xf32>, tensor<4xi32>) {\n^bb0(%i: f32, %o: f32, %at: i32):\n"       \
  "%b = linalg.index 1 : index\n%here = arith.index_cast %b : index to "       \
  "i32\n" body "linalg.yield %best, %where : f32, i32\n} -> (tensor<4xf32>, "  \
  "tensor<4xi32>)\nreturn %m#1 : tensor<4xi32>\n}\n"
#define BY_COMPARISON(predicate)                                               \
  PLACE("%g = arith.cmpf " predicate ", %o, %i : f32\n"                        \
        "%nan = arith.cmpf une, %o, %o : f32\n%k = arith.ori %g, %nan : i1\n"  \
        "%best = arith.select %k, %o, %i : f32\n"                              \
        "%where = arith.select %k, %at, %here : i32\n")

static void check_combiner(MlirContext context, const char *text,
                           const char *lowering, int combiner) {
  reading_t reading;
  CHECK_OK(reading_parse(context, text, &reading));
  if (lowering && reading.model) {
    tess_model_destroy(reading.model);
    upstream_run(reading.module, lowering);
    CHECK_OK(reading_finish(&reading));
  }
  const tess_model_t *model = reading.model;
  for (int32_t n = 0; model && n < model->node_count; n++)
    if (model->nodes[n].kind == TESS_NODE_REDUCTION)
      CHECK_EQ(model->nodes[n].combiner, combiner);
  reading_close(&reading);
}

static void check_places(MlirContext context) {
  static const char tosa[] =
      "func.func @f(%x: " R ") -> tensor<4xi32> {\n"
      "%r = tosa.argmax %x {axis = 1 : i32} : (" R ") -> tensor<4xi32>\n"
      "return %r : tensor<4xi32>\n}\n";
  check_combiner(context, tosa, NULL, TESS_COMBINER_ARGMAX);
  check_combiner(context, tosa, "builtin.module(func.func(tosa-to-linalg))",
                 TESS_COMBINER_ARGMAX);
  check_combiner(context,
                 PLACE("%best = arith.maximumf %i, %o : f32\n"
                       "%g = arith.cmpf ogt, %i, %o : f32\n"
                       "%where = arith.select %g, %here, %at : i32\n"),
                 NULL, TESS_COMBINER_ARGMAX);
  check_combiner(context, BY_COMPARISON("ogt"), NULL, TESS_COMBINER_ARGMAX);
  check_combiner(context, BY_COMPARISON("olt"), NULL, TESS_COMBINER_OTHER);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
    check_example(context, &examples[i]);
  check_order(context);
  check_places(context);
  mlirContextDestroy(context);
  return tess_check_result();
}

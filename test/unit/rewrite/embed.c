/* An architecture that is contained in another computes what the other does
 * with zeros in the right places. So with its new weights cut out of the old
 * ones, or padded with zeros, a rewritten module must agree with the original
 * whose old weights are zero wherever the smaller of both has none: run through
 * the JIT, for every alternative, in each dialect, layout and type. */
#include "signature.h"
#include "tessera/flow/flow.h"
#include "tessera/measure/verify.h"

/* ---- Weights. ---- */

/* The part in the middle (windows) or at the start (channels) of `from` that
 * `to` holds too: its size, and where it starts in `from`. */
typedef struct overlap {
  int64_t rank, size[8], in_from[8], in_to[8];
} overlap_t;

static overlap_t overlap_of(MlirType from, MlirType to, bool centred) {
  overlap_t o = {.rank = mlirShapedTypeGetRank(from)};
  for (int64_t i = 0; i < o.rank; i++) {
    int64_t a = mlirShapedTypeGetDimSize(from, i);
    int64_t b = mlirShapedTypeGetDimSize(to, i);
    o.size[i] = a < b ? a : b;
    o.in_from[i] = centred ? (a - o.size[i]) / 2 : 0;
    o.in_to[i] = centred ? (b - o.size[i]) / 2 : 0;
  }
  return o;
}

static void add_type(tess_text_t *t, const int64_t *size, int64_t rank,
                     const char *element) {
  tess_text_add(t, "tensor<");
  for (int64_t i = 0; i < rank; i++)
    tess_text_add(t, "%dx", (int)size[i]);
  tess_text_add(t, "%s>", element);
}

static void add_list(tess_text_t *t, const int64_t *list, int64_t rank) {
  tess_text_add(t, "[");
  for (int64_t i = 0; i < rank; i++)
    tess_text_add(t, "%s%d", i ? ", " : "", (int)list[i]);
  tess_text_add(t, "]");
}

/* A function that cuts the part out and pads it to the type `to`. */
static void write_fitting(tess_text_t *t, MlirType from, MlirType to,
                          const overlap_t *o, const char *element) {
  int64_t a[8], b[8], one[8], high[8];
  for (int64_t i = 0; i < o->rank; i++) {
    a[i] = mlirShapedTypeGetDimSize(from, i);
    b[i] = mlirShapedTypeGetDimSize(to, i);
    one[i] = 1;
    high[i] = b[i] - o->size[i] - o->in_to[i];
  }
  tess_text_add(t, "func.func @fit(%%w: ");
  add_type(t, a, o->rank, element);
  tess_text_add(t, ") -> ");
  add_type(t, b, o->rank, element);
  tess_text_add(t, " {\n  %%z = arith.constant 0.0 : %s\n", element);
  tess_text_add(t, "  %%s = tensor.extract_slice %%w");
  add_list(t, o->in_from, o->rank);
  tess_text_add(t, " ");
  add_list(t, o->size, o->rank);
  tess_text_add(t, " ");
  add_list(t, one, o->rank);
  tess_text_add(t, " : ");
  add_type(t, a, o->rank, element);
  tess_text_add(t, " to ");
  add_type(t, o->size, o->rank, element);
  tess_text_add(t, "\n  %%p = tensor.pad %%s low");
  add_list(t, o->in_to, o->rank);
  tess_text_add(t, " high");
  add_list(t, high, o->rank);
  tess_text_add(t, " {\n  ^bb0(");
  for (int64_t i = 0; i < o->rank; i++)
    tess_text_add(t, "%s%%i%d: index", i ? ", " : "", (int)i);
  tess_text_add(t, "):\n    tensor.yield %%z : %s\n  } : ", element);
  add_type(t, o->size, o->rank, element);
  tess_text_add(t, " to ");
  add_type(t, b, o->rank, element);
  tess_text_add(t, "\n  return %%p : ");
  add_type(t, b, o->rank, element);
  tess_text_add(t, "\n}\n");
}

/* Moves the body of the only function of `source`, which takes one argument,
 * to the start of `block`; returns what it returned. `except` is set to the
 * last op moved. */
static MlirValue splice(MlirContext context, const char *source,
                        MlirBlock block, MlirValue argument) {
  MlirModule module = tess_load_text(context, source);
  MlirBlock body = body_of(tess_load_function(module));
  MlirOperation before = mlirBlockGetFirstOperation(block);
  MlirOperation end = mlirBlockGetTerminator(body);
  MlirValue result = mlirOperationGetOperand(end, 0);
  MlirOperation op = mlirBlockGetFirstOperation(body);
  while (!mlirOperationEqual(op, end)) {
    MlirOperation next = mlirOperationGetNextInBlock(op);
    for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++)
      if (mlirValueEqual(mlirOperationGetOperand(op, i),
                         mlirBlockGetArgument(body, 0)))
        mlirOperationSetOperand(op, i, argument);
    mlirOperationMoveBefore(op, before);
    op = next;
  }
  mlirOperationSetOperand(end, 0, mlirBlockGetArgument(body, 0));
  MlirOperationState state = mlirOperationStateGet(
      ref_of("func.return"), mlirLocationUnknownGet(context));
  mlirBlockAppendOwnedOperation(body, mlirOperationCreate(&state));
  mlirOperationDestroy(end);
  mlirModuleDestroy(module);
  return result;
}

/* What `weight` has in common with the type `between`, as a tensor of `to`. */
static MlirValue fit(MlirBlock block, MlirValue weight, MlirType to,
                     const overlap_t *o) {
  MlirType from = mlirValueGetType(weight);
  MlirType element = mlirShapedTypeGetElementType(from);
  const char *name = mlirTypeIsABF16(element)  ? "bf16"
                     : mlirTypeIsAF16(element) ? "f16"
                                               : "f32";
  tess_text_t source = TESS_TEXT_INIT;
  write_fitting(&source, from, to, o, name);
  MlirValue made =
      splice(mlirTypeGetContext(from), tess_text_get(&source), block, weight);
  tess_text_free(&source);
  return made;
}

/* The argument that "<rewrite>.<name>.<index>" was named after. */
static intptr_t find_old(MlirOperation function, MlirStringRef name,
                         intptr_t count) {
  const char *dot = memchr(name.data, '.', name.length);
  size_t prefix = dot ? (size_t)(dot - name.data) + 1 : name.length;
  for (intptr_t i = 0; i < count; i++) {
    MlirStringRef old = name_of_argument(function, i);
    if (old.length && name.length > prefix + old.length &&
        !memcmp(name.data + prefix, old.data, old.length) &&
        name.data[prefix + old.length] == '.')
      return i;
  }
  return -1;
}

static void erase_last_argument(MlirOperation function) {
  MlirBlock block = body_of(function);
  intptr_t last = mlirBlockGetNumArguments(block) - 1;
  MlirType old = type_of(function), inputs[512], results[8];
  CHECK(last < 512);
  for (intptr_t i = 0; i < last; i++)
    inputs[i] = mlirFunctionTypeGetInput(old, i);
  for (intptr_t i = 0; i < mlirFunctionTypeGetNumResults(old); i++)
    results[i] = mlirFunctionTypeGetResult(old, i);
  MlirContext context = mlirOperationGetContext(function);
  MlirAttribute attributes[512],
      all = mlirOperationGetAttributeByName(function, ref_of("arg_attrs"));
  for (intptr_t i = 0; i < last; i++)
    attributes[i] = mlirArrayAttrGetElement(all, i);
  mlirOperationSetAttributeByName(function, ref_of("arg_attrs"),
                                  mlirArrayAttrGet(context, last, attributes));
  mlirBlockEraseArgument(block, (unsigned)last);
  mlirOperationSetAttributeByName(
      function, ref_of("function_type"),
      mlirTypeAttrGet(mlirFunctionTypeGet(
          context, last, inputs, mlirFunctionTypeGetNumResults(old), results)));
}

/* Puts `value`, made of `argument`, in place of it wherever `argument` is read
 * but in making it. */
static void replace_but(MlirValue argument, MlirValue value,
                        MlirOperation reader) {
  mlirValueReplaceAllUsesOfWith(argument, value);
  mlirOperationSetOperand(reader, 0, argument);
}

/* Weights of the original that the rewritten one has in another shape: zero
 * where the smaller has none; and the same numbers for both. */
static void share_weights(MlirOperation original, MlirOperation rewritten) {
  MlirBlock a = body_of(original), b = body_of(rewritten);
  intptr_t count = mlirBlockGetNumArguments(a);
  for (intptr_t n = mlirBlockGetNumArguments(b) - 1; n >= count; n--) {
    MlirValue made = mlirBlockGetArgument(b, n);
    MlirStringRef name = name_of_argument(rewritten, n);
    intptr_t i = find_old(rewritten, name, count);
    bool centred = name.length > 6 && !memcmp(name.data, "kernel", 6);
    CHECK(i >= 0);
    if (i < 0)
      return;
    MlirValue old = mlirBlockGetArgument(a, i);
    MlirType from = mlirValueGetType(old), to = mlirValueGetType(made);
    overlap_t o = overlap_of(from, to, centred), same = o;
    memcpy(same.in_to, o.in_from, sizeof same.in_to);
    MlirValue zeroed = fit(a, old, from, &same);
    MlirOperation slice = mlirOpResultGetOwner(
        mlirOperationGetOperand(mlirOpResultGetOwner(zeroed), 0));
    replace_but(old, zeroed, slice);
    mlirValueReplaceAllUsesOfWith(made,
                                  fit(b, mlirBlockGetArgument(b, i), to, &o));
    erase_last_argument(rewritten);
  }
}

/* ---- A gate that is 1. ---- */

/* Puts a constant in place of the arguments whose names end so. */
static void set_weights(MlirOperation function, const char *end,
                        double number) {
  MlirBlock block = body_of(function);
  for (intptr_t i = 0; i < mlirBlockGetNumArguments(block); i++) {
    MlirStringRef name = name_of_argument(function, i);
    size_t length = strlen(end);
    if (name.length < length ||
        memcmp(name.data + name.length - length, end, length) != 0)
      continue;
    MlirType type = mlirValueGetType(mlirBlockGetArgument(block, i));
    MlirContext context = mlirTypeGetContext(type);
    MlirAttribute value = mlirDenseElementsAttrSplatGet(
        type, mlirFloatAttrDoubleGet(
                  context, mlirShapedTypeGetElementType(type), number));
    MlirNamedAttribute attribute = mlirNamedAttributeGet(
        mlirIdentifierGet(context, ref_of("value")), value);
    MlirOperationState state = mlirOperationStateGet(
        ref_of("arith.constant"), mlirLocationUnknownGet(context));
    mlirOperationStateAddAttributes(&state, 1, &attribute);
    mlirOperationStateAddResults(&state, 1, &type);
    MlirOperation made = mlirOperationCreate(&state);
    mlirBlockInsertOwnedOperationBefore(
        block, mlirBlockGetFirstOperation(block), made);
    mlirValueReplaceAllUsesOfWith(mlirBlockGetArgument(block, i),
                                  mlirOperationGetResult(made, 0));
  }
}

/* ---- Running. ---- */

typedef struct form {
  tess_zoo_dialect_t dialect;
  tess_zoo_layout_t layout;
  tess_dtype_t dtype;
} form_t;

static MlirModule load(MlirContext context, const char *network,
                       const form_t *form) {
  const tess_zoo_options_t options = {.dialect = form->dialect,
                                      .layout = form->layout,
                                      .dtype = form->dtype,
                                      .batch = 1,
                                      .resolution = 32,
                                      .width = 0.25};
  tess_text_t text = TESS_TEXT_INIT;
  CHECK_OK(tess_zoo_emit(network, &options, &text, NULL));
  MlirModule module = tess_load_text(context, tess_text_get(&text));
  tess_text_free(&text);
  return module;
}

static void check_equal(MlirModule a, MlirModule b, const char *what) {
  const tess_verify_options_t options = {.seeds = 1, .first_seed = 1};
  tess_verify_report_t report = {0};
  CHECK(mlirOperationVerify(mlirModuleGetOperation(a)));
  CHECK(mlirOperationVerify(mlirModuleGetOperation(b)));
  CHECK_OK(tess_verify(a, b, &options, &report));
  CHECK(report.equal && report.compared > 0);
  if (!report.equal)
    fprintf(stderr, "  %s: greatest error %g\n", what, report.greatest_error);
}

/* Chooses at every site the `round`-th of its alternatives, over and over; all
 * or none of them "off", which comes first. */
static void choose(const tess_site_list_t *sites, int round, bool off,
                   uint8_t *candidate) {
  for (int32_t i = 0; i < sites->count; i++) {
    const tess_site_t *site = &sites->sites[i];
    int32_t count = site->alternative_count;
    int32_t first = 1 + !strcmp(site->alternatives[1].name, "off");
    candidate[i] = (uint8_t)(off ? 1 : first + (round + i) % (count - first));
  }
}

/* A gate that is 1 whatever the data. */
static void open_gates(MlirModule module) {
  set_weights(tess_load_function(module), "excite.weight", 0);
  set_weights(tess_load_function(module), "excite.bias", 4);
}

/* All sites at once. */
static void check_round(MlirModule module, const char *rewrite, int round,
                        bool off) {
  MlirModule original = tess_load_clone(module);
  MlirModule rewritten = tess_load_clone(module);
  MlirOperation function = tess_load_function(rewritten);
  tess_model_t *model;
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_set_t set;
  CHECK_OK(tess_rewrites_parse(rewrite, 0, &set));
  CHECK_OK(tess_ir_read(function, &model));
  tess_rewrite_find_sites(model, TESS_CLASS_RETRAIN, set, &arena, &sites);
  CHECK(sites.count > 3);
  uint8_t *candidate = tess_arena_alloc(&arena, (size_t)sites.count + 1);
  choose(&sites, round, off, candidate);
  CHECK_OK(tess_rewrite_apply(model, &sites, candidate, NULL));
  tess_model_destroy(model);
  share_weights(tess_load_function(original), function);
  if (off)
    open_gates(original);
  check_equal(original, rewritten,
              tess_rewrite_candidate_text(&arena, &sites, candidate));
  tess_arena_free(&arena);
  mlirModuleDestroy(original);
  mlirModuleDestroy(rewritten);
}

/* Stages with and without squeeze-and-excite, of every kernel size. */
static const char *const network = "mbconv:1,3,1,1,4,3,1,1,4,5,2,1,3,7,1,0,2,3,"
                                   "1,1,6,5,1,0,5,3,1,1";

static void check_form(MlirContext context, const form_t *form, int round) {
  MlirModule module = load(context, network, form);
  if (form->dtype != TESS_F16)
    check_round(module, "expansion", round, false);
  if (form->dtype != TESS_BF16)
    check_round(module, "kernel-size,squeeze-excite", round, false);
  if (round < 2)
    check_round(module, "squeeze-excite", 0, true);
  mlirModuleDestroy(module);
}

int main(void) {
  static const form_t forms[] = {
      {TESS_ZOO_TOSA, TESS_ZOO_NHWC, TESS_F32},
      {TESS_ZOO_LINALG, TESS_ZOO_NHWC, TESS_F32},
      {TESS_ZOO_LINALG, TESS_ZOO_NCHW, TESS_F32},
      {TESS_ZOO_LINALG, TESS_ZOO_NCHW, TESS_BF16},
      {TESS_ZOO_TOSA, TESS_ZOO_NHWC, TESS_F16},
  };
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
    check_form(context, &forms[i], (int)i);
  mlirContextDestroy(context);
  return tess_check_result();
}

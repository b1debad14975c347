/* Scalar blocks: compiled to registers once, run for every point. */
#include "interpret.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/ir/reader.h"
#include <string.h>

typedef struct compiler {
  tess_frame_t *frame;
  tess_body_t *body;
  MlirBlock block;
  MlirValue *names; /* of the registers */
} compiler_t;

static int32_t add_register(compiler_t *c, MlirValue value) {
  c->names[c->body->register_count] = value;
  return c->body->register_count++;
}

/* The register of a value; one from outside becomes a constant. -1: there is
 * no such. */
static int32_t register_of(compiler_t *c, MlirValue value) {
  for (int32_t i = c->body->register_count; i-- > 0;)
    if (c->names[i].ptr == value.ptr)
      return i;
  const tess_array_t *outer = tess_frame_get(c->frame, value);
  if (!outer || outer->rank != 0)
    return -1;
  int32_t made = add_register(c, value);
  c->body->registers[made] = outer->at[0];
  return made;
}

static bool is_named(MlirOperation op, const char *name) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            mlirStringRefCreateFromCString(name));
}

static MlirAttribute attribute(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

/* A constant is computed once. */
static tess_status_t compile_constant(compiler_t *c, MlirOperation op) {
  MlirValue value = mlirOperationGetResult(op, 0);
  tess_step_t step = {.op = op, .name = "arith.constant"};
  TESS_TRY(tess_array_of_type(mlirValueGetType(value), &step.out));
  step.out = tess_array_make(c->frame->arena, step.out.dtype, step.out.rank,
                             step.out.shape);
  bool known;
  TESS_TRY(tess_run_constant(c->frame, &step, &known));
  int32_t made = add_register(c, value);
  c->body->registers[made] = step.out.at[0];
  return TESS_SUCCESS;
}

static tess_status_t compile_operands(compiler_t *c, MlirOperation op,
                                      intptr_t first, struct tess_line *line) {
  intptr_t count = mlirOperationGetNumOperands(op) - first;
  if (count > 4)
    return tess_error(TESS_UNSUPPORTED, "an operation of many operands");
  for (intptr_t i = 0; i < count; i++) {
    line->in[i] = register_of(c, mlirOperationGetOperand(op, first + i));
    if (line->in[i] < 0)
      return tess_error(TESS_UNSUPPORTED, "a body reads what nothing made");
  }
  return TESS_SUCCESS;
}

static tess_status_t compile_op(compiler_t *c, MlirOperation op) {
  struct tess_line *line = &c->body->lines[c->body->line_count];
  MlirValue result = mlirOperationGetResult(op, 0);
  tess_array_t type;
  *line = (struct tess_line){.loop = -1};
  if (is_named(op, "arith.constant"))
    return compile_constant(c, op);
  if (is_named(op, "linalg.index")) {
    line->loop = (int32_t)mlirIntegerAttrGetValueInt(attribute(op, "dim"));
  } else if (is_named(op, "tensor.extract")) {
    line->source = tess_frame_get(c->frame, mlirOperationGetOperand(op, 0));
    if (!line->source || line->source->rank > 4)
      return tess_error(TESS_UNSUPPORTED, "a body extracts from nothing");
    TESS_TRY(compile_operands(c, op, 1, line));
  } else {
    char name[64] = {0};
    MlirStringRef full = mlirIdentifierStr(mlirOperationGetName(op));
    memcpy(name, full.data, full.length < 63 ? full.length : 63);
    line->op.kind = tess_scalar_find(name);
    if (!line->op.kind)
      return tess_error(TESS_UNSUPPORTED, "the interpreter knows no %s", name);
    TESS_TRY(compile_operands(c, op, 0, line));
    TESS_TRY(tess_array_of_type(
        mlirValueGetType(mlirOperationGetOperand(op, 0)), &type));
    line->op.from = type.dtype;
    TESS_TRY(tess_array_of_type(mlirValueGetType(result), &type));
    line->op.to = type.dtype;
    MlirAttribute predicate = attribute(op, "predicate");
    if (!mlirAttributeIsNull(predicate))
      line->op.immediate = mlirIntegerAttrGetValueInt(predicate);
  }
  line->out = add_register(c, result);
  c->body->line_count++;
  return TESS_SUCCESS;
}

static tess_status_t compile_end(compiler_t *c, MlirOperation end) {
  tess_body_t *body = c->body;
  body->yield_count = (int32_t)mlirOperationGetNumOperands(end);
  body->yields = tess_arena_array(
      c->frame->arena, (size_t)body->yield_count + 1, sizeof *body->yields);
  for (int32_t i = 0; i < body->yield_count; i++) {
    body->yields[i] = register_of(c, mlirOperationGetOperand(end, i));
    if (body->yields[i] < 0)
      return tess_error(TESS_UNSUPPORTED, "a body yields what nothing made");
  }
  return TESS_SUCCESS;
}

/* Registers: every argument, operand and result there is room for. */
static size_t count_registers(MlirBlock block, size_t *ops) {
  size_t count = (size_t)mlirBlockGetNumArguments(block);
  *ops = 0;
  MlirOperation op = mlirBlockGetFirstOperation(block);
  for (; !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    count += (size_t)mlirOperationGetNumOperands(op) + 1;
    ++*ops;
  }
  return count;
}

tess_status_t tess_body_compile(tess_frame_t *frame, MlirBlock block,
                                tess_body_t *body) {
  size_t ops, registers = count_registers(block, &ops);
  *body = (tess_body_t){.rounds = frame->rounds};
  body->lines = tess_arena_array(frame->arena, ops + 1, sizeof *body->lines);
  body->registers =
      tess_arena_array(frame->arena, registers, sizeof *body->registers);
  compiler_t c = {
      .frame = frame,
      .body = body,
      .block = block,
      .names = tess_arena_array(frame->arena, registers, sizeof *c.names)};
  body->argument_count = (int32_t)mlirBlockGetNumArguments(block);
  for (int32_t i = 0; i < body->argument_count; i++)
    add_register(&c, mlirBlockGetArgument(block, i));
  MlirOperation end = mlirBlockGetTerminator(block);
  MlirOperation op = mlirBlockGetFirstOperation(block);
  for (; !mlirOperationEqual(op, end); op = mlirOperationGetNextInBlock(op)) {
    if (mlirOperationGetNumResults(op) != 1)
      return tess_error(TESS_UNSUPPORTED, "a body with control flow");
    TESS_TRY(compile_op(&c, op));
  }
  return compile_end(&c, end);
}

static tess_status_t extract(const struct tess_line *line,
                             tess_number_t *registers) {
  const tess_array_t *source = line->source;
  int64_t strides[8], at = 0;
  tess_array_strides(source, strides);
  for (int32_t d = 0; d < source->rank; d++) {
    int64_t i = registers[line->in[d]].whole;
    if (i < 0 || i >= source->shape[d])
      return tess_error(TESS_INVALID, "a read outside a tensor");
    at += i * strides[d];
  }
  registers[line->out] = source->at[at];
  return TESS_SUCCESS;
}

tess_status_t tess_body_run(const tess_body_t *body, const int64_t *loops) {
  tess_number_t *registers = body->registers;
  for (int32_t i = 0; i < body->line_count; i++) {
    const struct tess_line *line = &body->lines[i];
    if (line->loop >= 0) {
      tess_scalar_set_whole(&registers[line->out], TESS_INDEX,
                            loops[line->loop]);
    } else if (line->source) {
      TESS_TRY(extract(line, registers));
    } else {
      const tess_number_t in[3] = {registers[line->in[0]],
                                   registers[line->in[1]],
                                   registers[line->in[2]]};
      line->op.kind->run(&line->op, in, &registers[line->out]);
      if (body->rounds)
        tess_scalar_round(&registers[line->out], line->op.to);
    }
  }
  return TESS_SUCCESS;
}

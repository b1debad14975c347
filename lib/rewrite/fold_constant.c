/* Computing what moves the elements of constants about. */
#include "fold_constant.h"
#include "build.h"
#include "edit.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/base/arena.h"
#include "tessera/base/checked.h"
#include "tessera/base/hash.h"
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES (INT64_C(64) << 20)
#define MOST_OPERANDS 256

/* Elements in order; a splat has one. */
typedef struct constant {
  tess_dims_t dims;
  MlirType element;
  size_t width; /* bytes of an element */
  bool splat;
  const char *bytes;
} constant_t;

typedef struct folded {
  MlirOperation op;
  constant_t result;
  bool wanted; /* an op that is not folded reads it */
} folded_t;

typedef struct folder {
  tess_arena_t arena; /* holds the bytes */
  tess_index_map_t *index;
  folded_t *items;
  size_t count, capacity;
} folder_t;

/* ---- Reading constants and attributes. ---- */

static bool is_op(MlirOperation op, const char *name) {
  return mlirStringRefEqual(mlirIdentifierStr(mlirOperationGetName(op)),
                            mlirStringRefCreateFromCString(name));
}

static MlirAttribute attribute_of(MlirOperation op, const char *name) {
  return mlirOperationGetAttributeByName(op,
                                         mlirStringRefCreateFromCString(name));
}

static size_t width_of(MlirType element) {
  unsigned bits = mlirTypeIsAInteger(element) ? mlirIntegerTypeGetWidth(element)
                  : mlirTypeIsAFloat(element) ? mlirFloatTypeGetWidth(element)
                                              : 0;
  return bits == 8 || bits == 16 || bits == 32 || bits == 64 ? bits / 8 : 0;
}

/* Shape and element type; false for what is not folded. */
static bool describe(MlirType type, constant_t *constant) {
  if (!mlirTypeIsARankedTensor(type) || !mlirShapedTypeHasStaticShape(type) ||
      mlirShapedTypeGetRank(type) > TESS_MAX_RANK)
    return false;
  *constant = (constant_t){.element = mlirShapedTypeGetElementType(type)};
  constant->width = width_of(constant->element);
  constant->dims.rank = (int32_t)mlirShapedTypeGetRank(type);
  int64_t bytes = (int64_t)constant->width;
  for (int32_t i = 0; i < constant->dims.rank; i++) {
    constant->dims.at[i] = mlirShapedTypeGetDimSize(type, i);
    if (!tess_mul_i64(bytes, constant->dims.at[i], &bytes))
      return false;
  }
  return bytes > 0 && bytes <= MOST_BYTES;
}

static bool read_elements(MlirAttribute elements, constant_t *constant) {
  if (mlirAttributeIsNull(elements) ||
      !mlirAttributeIsADenseElements(elements) ||
      !describe(mlirAttributeGetType(elements), constant))
    return false;
  constant->splat = mlirDenseElementsAttrIsSplat(elements);
  constant->bytes = mlirDenseElementsAttrGetRawData(elements);
  return true;
}

static bool defining(MlirValue value, MlirOperation *op) {
  if (!mlirValueIsAOpResult(value))
    return false;
  *op = mlirOpResultGetOwner(value);
  return true;
}

static bool read_value(const folder_t *f, MlirValue value, constant_t *out) {
  MlirOperation op;
  if (!defining(value, &op))
    return false;
  size_t index = tess_index_map_find(f->index, &op.ptr);
  if (index != SIZE_MAX) {
    *out = f->items[index].result;
    return true;
  }
  if (is_op(op, "tosa.const"))
    return read_elements(attribute_of(op, "values"), out);
  return is_op(op, "arith.constant") &&
         read_elements(attribute_of(op, "value"), out);
}

/* A list of `count` numbers, none of them dynamic. */
static bool read_list(MlirOperation op, const char *name, int32_t count,
                      int64_t *numbers) {
  MlirAttribute list = attribute_of(op, name);
  if (mlirAttributeIsNull(list) || !mlirAttributeIsADenseI64Array(list) ||
      mlirDenseArrayGetNumElements(list) != count)
    return false;
  for (int32_t i = 0; i < count; i++)
    numbers[i] = mlirDenseI64ArrayGetElement(list, i);
  return true;
}

/* The numbers of a tosa.const_shape. */
static bool read_shape(MlirValue value, int32_t count, int64_t *numbers) {
  MlirOperation op;
  if (!defining(value, &op) || !is_op(op, "tosa.const_shape"))
    return false;
  MlirAttribute values = attribute_of(op, "values");
  if (mlirAttributeIsNull(values) || !mlirAttributeIsADenseElements(values) ||
      mlirElementsAttrGetNumElements(values) != count)
    return false;
  for (int32_t i = 0; i < count; i++)
    numbers[i] = (int64_t)mlirDenseElementsAttrGetIndexValue(values, i);
  return true;
}

/* ---- Moving elements. ---- */

typedef struct place {
  int64_t offset, stride[TESS_MAX_RANK]; /* in elements */
} place_t;

static place_t in_order(const tess_dims_t *dims) {
  place_t place = {0};
  int64_t step = 1;
  for (int32_t i = dims->rank; i-- > 0;) {
    place.stride[i] = step;
    step *= dims->at[i];
  }
  return place;
}

static int64_t elements(const tess_dims_t *dims) {
  int64_t product = 1;
  for (int32_t i = 0; i < dims->rank; i++)
    product *= dims->at[i];
  return product;
}

/* Copies a box of elements from the `d`-th dimension on. */
static void copy(char *to, const place_t *there, const char *from,
                 const place_t *here, const tess_dims_t *box, int32_t d,
                 size_t width) {
  int64_t count = d < box->rank ? box->at[d] : 1;
  if (d >= box->rank - 1 &&
      (d == box->rank || (there->stride[d] == 1 && here->stride[d] == 1))) {
    memcpy(to, from, (size_t)count * width);
    return;
  }
  for (int64_t i = 0; i < count; i++) {
    if (d == box->rank - 1)
      memcpy(to, from, width);
    else
      copy(to, there, from, here, box, d + 1, width);
    to += there->stride[d] * (int64_t)width;
    from += here->stride[d] * (int64_t)width;
  }
}

/* The part `box` of `from`, starting at `here`, goes to `there`. A splat's
 * element is read again and again. */
static void put(char *to, const place_t *there, const constant_t *from,
                place_t here, const tess_dims_t *box) {
  if (from->splat)
    here = (place_t){0};
  int64_t width = (int64_t)from->width;
  copy(to + there->offset * width, there, from->bytes + here.offset * width,
       &here, box, 0, from->width);
}

static char *room(folder_t *f, const constant_t *result) {
  return tess_arena_alloc(&f->arena,
                          (size_t)elements(&result->dims) * result->width);
}

/* A result whose elements are all read from one operand: those of `box`. */
static void take(folder_t *f, const constant_t *from, place_t here,
                 const tess_dims_t *box, constant_t *result) {
  result->splat = from->splat;
  result->bytes = from->bytes;
  if (from->splat)
    return;
  char *bytes = room(f, result);
  const place_t there = in_order(box);
  put(bytes, &there, from, here, box);
  result->bytes = bytes;
}

/* ---- Ops. `result` comes with shape and type. ---- */

typedef bool (*fold_fn)(folder_t *f, MlirOperation op, const constant_t *from,
                        constant_t *result);

static bool fold_view(folder_t *f, MlirOperation op, const constant_t *from,
                      constant_t *result) {
  (void)f;
  (void)op;
  result->splat = from->splat;
  result->bytes = from->bytes;
  return true;
}

static bool fold_transpose(folder_t *f, MlirOperation op,
                           const constant_t *from, constant_t *result) {
  int32_t rank = result->dims.rank;
  int64_t order[TESS_MAX_RANK];
  MlirAttribute perms = attribute_of(op, "perms");
  if (!mlirAttributeIsNull(perms) && mlirAttributeIsADenseI32Array(perms) &&
      mlirDenseArrayGetNumElements(perms) == rank)
    for (int32_t i = 0; i < rank; i++)
      order[i] = mlirDenseI32ArrayGetElement(perms, i);
  else if (!read_list(op, "permutation", rank, order))
    return false;
  const place_t plain = in_order(&from->dims);
  place_t here = {0};
  for (int32_t i = 0; i < rank; i++)
    here.stride[i] = plain.stride[order[i]];
  take(f, from, here, &result->dims, result);
  return true;
}

static bool fold_slice(folder_t *f, MlirOperation op, const constant_t *from,
                       constant_t *result) {
  int32_t rank = from->dims.rank;
  int64_t start[TESS_MAX_RANK], step[TESS_MAX_RANK];
  tess_dims_t box = {.rank = rank};
  for (int32_t i = 0; i < rank; i++)
    step[i] = 1;
  bool known =
      is_op(op, "tosa.slice")
          ? read_shape(mlirOperationGetOperand(op, 1), rank, start) &&
                read_shape(mlirOperationGetOperand(op, 2), rank, box.at)
          : mlirOperationGetNumOperands(op) == 1 &&
                read_list(op, "static_offsets", rank, start) &&
                read_list(op, "static_sizes", rank, box.at) &&
                read_list(op, "static_strides", rank, step);
  if (!known || elements(&box) != elements(&result->dims))
    return false;
  place_t here = in_order(&from->dims);
  for (int32_t i = 0; i < rank; i++) {
    here.offset += start[i] * here.stride[i];
    here.stride[i] *= step[i];
  }
  take(f, from, here, &box, result);
  return true;
}

/* The number that a tensor.pad's body yields, as a constant of one element. */
static bool yielded(MlirOperation pad, constant_t *number) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(pad, 0));
  MlirOperation yield = mlirBlockGetTerminator(body), op;
  if (mlirOperationGetNumOperands(yield) != 1 ||
      !defining(mlirOperationGetOperand(yield, 0), &op) ||
      !is_op(op, "arith.constant"))
    return false;
  const int64_t one[] = {1};
  MlirType type = mlirRankedTensorTypeGet(
      1, one, mlirValueGetType(mlirOperationGetResult(op, 0)),
      mlirAttributeGetNull());
  return read_elements(
      mlirDenseElementsAttrSplatGet(type, attribute_of(op, "value")), number);
}

static bool pad_amounts(const folder_t *f, MlirOperation op, int32_t rank,
                        int64_t *low, constant_t *number) {
  int64_t pairs[2 * TESS_MAX_RANK];
  if (!is_op(op, "tosa.pad"))
    return mlirOperationGetNumOperands(op) == 1 &&
           read_list(op, "static_low", rank, low) && yielded(op, number);
  if (mlirOperationGetNumOperands(op) != 3 ||
      !read_shape(mlirOperationGetOperand(op, 1), 2 * rank, pairs) ||
      !read_value(f, mlirOperationGetOperand(op, 2), number))
    return false;
  for (int32_t i = 0; i < rank; i++)
    low[i] = pairs[2 * i];
  return true;
}

static bool fold_pad(folder_t *f, MlirOperation op, const constant_t *from,
                     constant_t *result) {
  int32_t rank = result->dims.rank;
  int64_t low[TESS_MAX_RANK];
  constant_t number;
  if (!pad_amounts(f, op, rank, low, &number) || number.width != from->width)
    return false;
  for (int32_t i = 0; i < rank; i++)
    if (low[i] < 0 || from->dims.at[i] + low[i] > result->dims.at[i])
      return false;
  char *bytes = room(f, result);
  number.splat = true; /* the first element, if there are several */
  place_t there = in_order(&result->dims);
  put(bytes, &there, &number, (place_t){0}, &result->dims);
  for (int32_t i = 0; i < rank; i++)
    there.offset += low[i] * there.stride[i];
  put(bytes, &there, from, in_order(&from->dims), &from->dims);
  result->bytes = bytes;
  return true;
}

static bool fold_concat(folder_t *f, MlirOperation op, const constant_t *first,
                        constant_t *result) {
  (void)first;
  MlirAttribute attribute =
      attribute_of(op, is_op(op, "tosa.concat") ? "axis" : "dim");
  intptr_t count = mlirOperationGetNumOperands(op);
  constant_t parts[MOST_OPERANDS];
  if (mlirAttributeIsNull(attribute) || count > MOST_OPERANDS)
    return false;
  for (intptr_t i = 0; i < count; i++)
    if (!read_value(f, mlirOperationGetOperand(op, i), &parts[i]))
      return false;
  int64_t axis = mlirIntegerAttrGetValueInt(attribute);
  char *bytes = room(f, result);
  place_t there = in_order(&result->dims);
  for (intptr_t i = 0; i < count; i++) {
    put(bytes, &there, &parts[i], in_order(&parts[i].dims), &parts[i].dims);
    there.offset += parts[i].dims.at[axis] * there.stride[axis];
  }
  result->bytes = bytes;
  return true;
}

static const struct {
  const char *name;
  fold_fn fold;
} folds[] = {
    {"tosa.reshape", fold_view},
    {"tensor.expand_shape", fold_view},
    {"tensor.collapse_shape", fold_view},
    {"tosa.transpose", fold_transpose},
    {"linalg.transpose", fold_transpose},
    {"tosa.slice", fold_slice},
    {"tensor.extract_slice", fold_slice},
    {"tosa.pad", fold_pad},
    {"tensor.pad", fold_pad},
    {"tosa.concat", fold_concat},
    {"tensor.concat", fold_concat},
};

static bool fold(folder_t *f, MlirOperation op, constant_t *result) {
  constant_t from;
  if (mlirOperationGetNumResults(op) != 1 ||
      mlirOperationGetNumOperands(op) < 1 ||
      !read_value(f, mlirOperationGetOperand(op, 0), &from) ||
      !describe(mlirValueGetType(mlirOperationGetResult(op, 0)), result))
    return false;
  for (size_t i = 0; i < sizeof folds / sizeof *folds; i++)
    if (is_op(op, folds[i].name))
      return folds[i].fold(f, op, &from, result);
  return false;
}

/* ---- The function. ---- */

static MlirWalkResult note_reads(MlirOperation op, void *data) {
  folder_t *f = data;
  for (intptr_t i = 0; i < mlirOperationGetNumOperands(op); i++) {
    MlirOperation from;
    if (!defining(mlirOperationGetOperand(op, i), &from))
      continue;
    size_t index = tess_index_map_find(f->index, &from.ptr);
    if (index != SIZE_MAX)
      f->items[index].wanted = true;
  }
  return MlirWalkResultAdvance;
}

static void visit(folder_t *f, MlirOperation op) {
  constant_t result;
  if (!fold(f, op, &result)) {
    tess_edit_walk(op, note_reads, f);
    return;
  }
  tess_index_map_add(f->index, &op.ptr, NULL);
  f->items = tess_grow(f->items, f->count + 1, &f->capacity, sizeof *f->items);
  f->items[f->count++] = (folded_t){op, result, false};
}

static void materialise(const folded_t *folded) {
  const constant_t *c = &folded->result;
  const tess_builder_t b = tess_build_before(folded->op);
  MlirType type = mlirRankedTensorTypeGet(c->dims.rank, c->dims.at, c->element,
                                          mlirAttributeGetNull());
  size_t count = c->splat ? 1 : (size_t)elements(&c->dims);
  tess_edit_replace(folded->op, tess_build_constant(
                                    &b, mlirDenseElementsAttrRawBufferGet(
                                            type, count * c->width, c->bytes)));
}

void tess_fold_constants(MlirOperation function) {
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(function, 0));
  folder_t f = {.index = tess_index_map_create(sizeof(const void *))};
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op))
    visit(&f, op);
  /* Ops that only others of the list read go with their last reader. */
  for (size_t i = 0; i < f.count; i++)
    if (f.items[i].wanted)
      materialise(&f.items[i]);
  free(f.items);
  tess_index_map_destroy(f.index);
  tess_arena_free(&f.arena);
}

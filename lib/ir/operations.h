/* The tables of ops that the reader knows, by name. Private to lib/ir. */
#ifndef TESSERA_IR_OPERATIONS_H
#define TESSERA_IR_OPERATIONS_H

#include "maps.h"

typedef struct tess_operation tess_operation_t;
struct tess_operation {
  const char *name; /* "tosa.conv2d" */
  tess_status_t (*read)(tess_reading_t *r, MlirOperation op,
                        const tess_operation_t *operation);
  tess_scalar_t scalar; /* what it does to elements, where that is one thing */
  int operands;         /* element-wise: leading operands that it computes on */
  const char *data_layout, *filter_layout; /* convolutions: letters */
};

/* The row of an operation, or NULL; cached by the name's identity. */
const tess_operation_t *tess_operation_find(tess_reading_t *r,
                                            MlirOperation op);
/* Its name; lives as long as the model. */
const char *tess_operation_name(tess_reading_t *r, MlirOperation op);

/* The tables; each ends with a NULL name. */
extern const tess_operation_t tess_tosa_operations[];
extern const tess_operation_t tess_linalg_operations[];
extern const tess_operation_t tess_tensor_operations[];
extern const tess_operation_t tess_scalar_operations[];

/* Handlers that more than one table names. */
tess_status_t tess_read_unknown(tess_reading_t *r, MlirOperation op,
                                const tess_operation_t *operation);
tess_status_t tess_read_movement(tess_reading_t *r, MlirOperation op,
                                 const tess_operation_t *operation);
tess_status_t tess_read_view(tess_reading_t *r, MlirOperation op,
                             const tess_operation_t *operation);
tess_status_t tess_read_init(tess_reading_t *r, MlirOperation op,
                             const tess_operation_t *operation);
tess_status_t tess_read_nothing(tess_reading_t *r, MlirOperation op,
                                const tess_operation_t *operation);
tess_status_t tess_read_constant(tess_reading_t *r, MlirOperation op,
                                 const tess_operation_t *operation);
/* scalars.c: what the expression of a comparison, `name`, has for a constant.
 */
double tess_predicate_of(MlirOperation op, const char *name);
/* An op on whole tensors, one element at a time. */
tess_status_t tess_read_elementwise(tess_reading_t *r, MlirOperation op,
                                    const tess_operation_t *operation);
/* convolution.c */
tess_status_t tess_read_convolution(tess_reading_t *r, MlirOperation op,
                                    const tess_operation_t *operation);
tess_status_t
tess_read_transposed_convolution(tess_reading_t *r, MlirOperation op,
                                 const tess_operation_t *operation);
/* product.c */
tess_status_t tess_read_tosa_matmul(tess_reading_t *r, MlirOperation op,
                                    const tess_operation_t *operation);
/* A contraction by its indexing maps; *known is false, and nothing is added,
 * where the maps or the body are no product. */
tess_status_t tess_read_product(tess_reading_t *r, MlirOperation op,
                                const tess_maps_t *maps, bool *known);
/* generic_convolution.c: whether the body adds a product to what it has. */
bool tess_multiplies_and_adds(tess_reading_t *r, MlirOperation op);
/* The same for a linalg.generic that convolves. */
tess_status_t tess_read_generic_convolution(tess_reading_t *r, MlirOperation op,
                                            const tess_maps_t *maps,
                                            bool *known);
/* The same for contractions that compute their operands in their bodies: `maps`
 * and `values` are of data, filter and result alone. The second adds no node,
 * *index being TESS_NONE, where the maps are no convolution's. */
tess_status_t tess_add_product(tess_reading_t *r, MlirOperation op,
                               const tess_maps_t *maps, const int32_t *values,
                               int32_t *index);
tess_status_t tess_add_generic_convolution(tess_reading_t *r, MlirOperation op,
                                           const tess_maps_t *maps,
                                           const int32_t *values,
                                           int32_t *index);
/* tables.c: what a constant table of 256 bytes computes of equal steps of its
 * index: 2 a sigmoid, 1 as far as its values tell, 0 something else. */
int tess_table_kind(MlirValue table);
/* reductions.c: what reduction `node` combines: `element`, over the marked
 * ones of `rank` dimensions; `ordered`: its results lie in their order. */
void tess_reading_describe(tess_reading_t *r, int32_t node, int32_t element,
                           int32_t rank, const int64_t *extent, uint32_t marked,
                           bool ordered);
/* pooling.c */
tess_status_t tess_read_pooling(tess_reading_t *r, MlirOperation op,
                                const tess_operation_t *operation);
/* Fills in the sizes of a reduction by a linalg.generic that is a pool. */
void tess_read_generic_pooling(const tess_reading_t *r, const tess_maps_t *maps,
                               tess_node_t *node);
tess_status_t tess_read_tosa_pooling(tess_reading_t *r, MlirOperation op,
                                     const tess_operation_t *operation);
/* What repeating `scalar` over elements makes: a tess_combiner_t. */
int32_t tess_combiner_of(tess_scalar_t scalar);
tess_status_t tess_read_reduction(tess_reading_t *r, MlirOperation op,
                                  const tess_operation_t *operation);

#endif

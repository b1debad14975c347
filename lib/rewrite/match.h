/* Questions that several rules ask about a model. Only this folder. */
#ifndef TESSERA_LIB_REWRITE_MATCH_H
#define TESSERA_LIB_REWRITE_MATCH_H

#include "mlir-c/IR.h"
#include "tessera/ir/model.h"

/* The node that makes `value`, or TESS_NONE for arguments and constants. */
int32_t tess_match_producer(const tess_model_t *model, int32_t value);

/* Whether exactly one node reads `value` and it is not returned. */
bool tess_match_single_use(const tess_model_t *model, int32_t value);

/* The chain whose output is `value`, or NULL. */
const tess_chain_t *tess_match_chain(const tess_model_t *model, int32_t value);

/* Whether all reads of `value` are by nodes of `chain`. */
bool tess_match_only_read_by(const tess_model_t *model, int32_t value,
                             const tess_chain_t *chain);

/* Notes that a site has these nodes, unless one of them is another's already:
 * then false. Sites of one rule never overlap. `claimed`: by node. */
bool tess_match_claim(bool *claimed, const int32_t *nodes, int32_t count);

/* Whether a node is this op ("tosa.conv2d"). */
bool tess_match_op(const tess_node_t *node, const char *name);

/* A 2-D contraction's description. */
typedef struct tess_conv2d {
  bool tosa;                     /* else a named linalg op */
  bool nchw;                     /* linalg only */
  int64_t n, c, h, w, oh, ow, o; /* h, w: of the operand that the op reads */
  int64_t kh, kw, sh, sw;
  int64_t top, bottom, left, right; /* padding that the op itself does */
  int64_t dh, dw;                   /* dilation */
  int64_t groups;                   /* depthwise: channels */
  int64_t multiplier; /* depthwise: outputs of a channel, else 1 */
  bool grouped;       /* data has a dimension of groups: NGCHW or NHWGC */
  bool integer;       /* i8 data and filter, i32 results */
  bool quantised;     /* linalg: zero points are operands 2 and 3 */
  bool depthwise;
  /* Numbers that stand for zero in data and filter; 0 unless integer. */
  int64_t data_zero, filter_zero;
  /* The filter's dimensions as letters: F outputs, C inputs, H, W, G groups,
   * M multiplier. "FHWC". */
  const char *filter_layout;
} tess_conv2d_t;

/* What a rule can take beside plain convolutions of floating-point tensors. */
enum {
  TESS_TAKES_DILATION = 1,
  TESS_TAKES_GROUPS = 2,     /* linalg's ops with a dimension of groups */
  TESS_TAKES_MULTIPLIER = 4, /* several outputs of one channel; linalg's have a
                                dimension for them in filter and result */
  TESS_TAKES_INT8 = 8,       /* i8 to i32, with constant zero points */
  TESS_TAKES_FHWC = 16,      /* linalg's second filter layout of NHWC */
};

/* Fills `conv` for a CONV or DEPTHWISE node that is a 2-D tosa or named linalg
 * op and at most what the bits of `takes` allow beside f32, f16, bf16 without
 * dilation and groups (depthwise aside); false otherwise. */
bool tess_match_conv2d_with(const tess_node_t *node, unsigned takes,
                            tess_conv2d_t *conv);

/* What keeps a CONV or DEPTHWISE node from being matched so; NULL for those
 * that match and for every other node. */
const char *tess_match_conv2d_obstacle(const tess_node_t *node, unsigned takes);

/* The position of a letter in a layout, or -1. */
int32_t tess_match_axis(const char *layout, char letter);

/* The number that every element of a constant is, floating or not; false where
 * the value is no constant (arith.constant, tosa.const) or its elements
 * differ. */
bool tess_match_number(MlirValue value, double *number);

/* The scalar that a linalg.fill puts into all of `value`; false where no such
 * op makes it. */
bool tess_match_filled(MlirValue value, MlirValue *number);

/* Amounts of a tensor.pad or tosa.pad with one constant. */
typedef struct tess_padding {
  int64_t low[TESS_MAX_RANK], high[TESS_MAX_RANK];
  double fill;
} tess_padding_t;

/* Reads a pad of static, non-negative amounts and a constant; false for every
 * other op. */
bool tess_match_padding(const tess_model_t *model, int32_t node,
                        tess_padding_t *padding);

/* The node that makes `value` if it is a tensor.pad with what stands for zero
 * in the convolution's data, in height and width alone, read once; TESS_NONE
 * otherwise. `padding` (may be NULL) gets its amounts. */
int32_t tess_match_conv_pad(const tess_model_t *model, int32_t value,
                            const tess_conv2d_t *conv, tess_padding_t *padding);

/* The same for a pad of zeros in this layout. */
int32_t tess_match_spatial_pad(const tess_model_t *model, int32_t value,
                               bool nchw);

/* A product of floating-point data: a matmul, or a convolution of window and
 * stride 1 in one group. */
bool tess_match_product(const tess_node_t *node);
/* Channels or features that a contraction's kernel takes, and makes. */
int64_t tess_match_inputs(const tess_kernel_t *kernel);
int64_t tess_match_outputs(const tess_kernel_t *kernel);

/* The kernel of a contraction without bytes and vector work. */
tess_kernel_t tess_match_alone(const tess_node_t *node);

/* The kernel of a dense convolution like `node`'s, from `inputs` to `outputs`
 * channels, without bytes and vector work; the products must be countable. */
tess_kernel_t tess_match_dense(const tess_node_t *node, int64_t inputs,
                               int64_t outputs);

/* The node that makes what `value` shows in another shape or order of
 * dimensions, or TESS_NONE. */
int32_t tess_match_source(const tess_model_t *model, int32_t value);

/* The element-wise node that makes `value`, views and a pad aside, or
 * TESS_NONE. Targets fuse it into a product or dense convolution behind it, but
 * not into a depthwise one: a rewrite that makes one of the other is about this
 * node as well. */
int32_t tess_match_elementwise_before(const tess_model_t *model, int32_t value);

/* Adds the pads before `value`, one behind the other, to `nodes`, which has
 * room for `room` of them; returns how many. Where one goes, the next may fuse
 * with what read it. */
int32_t tess_match_pads_before(const tess_model_t *model, int32_t value,
                               int32_t *nodes, int32_t room);

/* Whether a tensor of this shape, or this many operations, can be counted with
 * room to spare: rewritten models are larger than those that were read. */
bool tess_match_fits(const int64_t *sizes, int count);

#endif

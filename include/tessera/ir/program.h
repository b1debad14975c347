/* A model cut into the kernels that a target runs: the target's fusion rules
 * applied to the reader's nodes. Knows no MLIR. */
#ifndef TESSERA_IR_PROGRAM_H
#define TESSERA_IR_PROGRAM_H

#include "tessera/ir/model.h"
#include "tessera/target/target.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tess_program_kernel {
  tess_kernel_t kernel;
  const char *name;     /* unique in the program: "conv.3", "depthwise.7" */
  const char *label;    /* what it computes: "conv + batch-norm + swish" */
  const char *location; /* of the root node */
  int32_t root;         /* node */
  const int32_t *nodes; /* all nodes in it, in program order */
  int32_t node_count;
  int32_t block; /* index into the model's blocks, or TESS_NONE */
} tess_program_kernel_t;

typedef struct tess_program {
  tess_arena_t arena;
  const tess_program_kernel_t *kernels; /* in order of their last node */
  int32_t kernel_count;
  const int32_t *kernel_of_node; /* TESS_NONE: free or prepared */
} tess_program_t;

/* Forms kernels. Every node that works at inference is in exactly one kernel;
 * the decision looks only at a node and its direct producers and users, so a
 * piece of a model, cut at kernel boundaries, yields the same kernels. Never
 * fails. The caller destroys the program before the model. */
tess_program_t *tess_program_create(const tess_model_t *model,
                                    const tess_fusion_rules_t *rules);
/* The same without names and labels, which only reports need: they are NULL. */
tess_program_t *tess_program_form(const tess_model_t *model,
                                  const tess_fusion_rules_t *rules);
void tess_program_destroy(tess_program_t *program);

#ifdef __cplusplus
}
#endif

#endif

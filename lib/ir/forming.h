/* The state of forming kernels. Private to lib/ir. */
#ifndef TESSERA_IR_FORMING_H
#define TESSERA_IR_FORMING_H

#include "tessera/ir/program.h"

/* A kernel being formed: a list of nodes in program order. */
typedef struct tess_draft {
  int32_t root;
  int32_t first, last; /* nodes, linked by next_node */
  int32_t node_count;  /* 0: taken in by another kernel */
  int32_t pad;         /* the pad that was folded into the root, or TESS_NONE */
} tess_draft_t;

typedef struct tess_forming {
  const tess_model_t *model;
  tess_fusion_rules_t rules;
  tess_arena_t scratch;    /* holds the arrays below */
  int32_t *kernel_of_node; /* drafts while forming, kernels afterwards */
  int32_t *next_node;
  /* By value. base: what it is a view of. By base: readers that are no views,
   * those of them in the kernel that makes it, and whether it is returned. */
  int32_t *base, *readers, *inside;
  bool *returned;
  tess_draft_t *drafts;
  int32_t draft_count;
} tess_forming_t;

bool tess_forming_is_view(const tess_forming_t *f, int32_t node);
bool tess_forming_is_activation(const tess_forming_t *f, int32_t value);

/* Whether anything outside the kernel that makes `value` reads it. */
bool tess_forming_escapes(const tess_forming_t *f, int32_t value);

/* forming.c */
/* Numbers the kernels and fills the program from the drafts. */
void tess_forming_finish(tess_forming_t *f, tess_program_t *program);

/* naming.c: gives the kernels their names and labels. */
void tess_forming_name(tess_program_t *program, const tess_model_t *model);

#endif

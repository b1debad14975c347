/* A model from the command line: an MLIR file or a network of the zoo.
 * Private to tools/tessera. */
#ifndef TESSERA_TOOLS_TESSERA_MODEL_H
#define TESSERA_TOOLS_TESSERA_MODEL_H

#include "mlir-c/IR.h"
#include "tessera/base/arena.h"
#include "tessera/base/status.h"
#include "tessera/flow/flow.h"
#include <stdbool.h>

typedef struct cli_model {
  tess_arena_t arena;
  MlirContext context;
  MlirModule module;
  bool owns_context;
  const char *name; /* "efficientnet_b0.mlir", for people */
  const char *stem; /* "efficientnet_b0", for names of files */
} cli_model_t;

/* Zero-initialise before. `path` is a file, "-" or "zoo:NAME". */
TESS_MUST_USE tess_status_t cli_model_load(cli_model_t *model,
                                           const char *path);
/* Loads into a context that another model made; that one is freed last. */
TESS_MUST_USE tess_status_t cli_model_load_beside(cli_model_t *model,
                                                  const cli_model_t *other,
                                                  const char *path);
/* The function to work on, with everything that it calls in its body; `name`
 * may be NULL. */
TESS_MUST_USE tess_status_t cli_model_entry(const cli_model_t *model,
                                            const char *name,
                                            MlirOperation *function);
/* Warns on standard error where the reading is likely to be wrong, and where
 * ops that the reader does not know move much of the model's bytes. */
void cli_warn_doubts(const cli_model_t *model, const tess_analysis_t *analysis);
/* Frees a loaded, half-loaded or zero-initialised model. */
void cli_model_free(cli_model_t *model);

#endif

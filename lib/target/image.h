/* What costs need of the files of data/, worked out at build: a pass that names
 * one of them reads no JSON. Private to lib/target; written by images/main.c.
 */
#ifndef TESSERA_LIB_TARGET_IMAGE_H
#define TESSERA_LIB_TARGET_IMAGE_H

#include "tessera/target/target.h"

/* A target as numbers by row of the schema, 0 where the file has none; flags
 * and names as the numbers that stand for them. */
typedef struct tess_target_image {
  const char *name, *title;
  int target_class; /* tess_target_class_t */
  const double *values;
} tess_target_image_t;

/* In the order of tess_embedded_targets. */
extern const tess_target_image_t tess_target_images[];

/* The number that stands for a row's field of a target; 0 for what has none. */
double tess_target_image_value(const tess_target_t *target, size_t row);

/* The target that an image is of, in the arena. */
const tess_target_t *tess_target_from_image(tess_arena_t *arena,
                                            const tess_target_image_t *image);

#endif

/* How far a rewrite may change the function that a model computes. */
#ifndef TESSERA_REWRITE_CLASS_H
#define TESSERA_REWRITE_CLASS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tess_class {
  TESS_CLASS_EXACT, /* the same function of finite values, up to rounding */
  TESS_CLASS_APPROXIMATE, /* within a stated bound */
  TESS_CLASS_RETRAIN,     /* another function of the same shape */
} tess_class_t;

const char *tess_class_name(tess_class_t rewrite_class);
/* By name ("exact" …); false if unknown. */
bool tess_class_parse(const char *name, tess_class_t *rewrite_class);

#ifdef __cplusplus
}
#endif

#endif

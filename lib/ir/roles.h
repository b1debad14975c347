/* Finding out what arguments are for. Private to lib/ir. */
#ifndef TESSERA_IR_ROLES_H
#define TESSERA_IR_ROLES_H

#include "reading.h"

/* How a value is used, and whether its role is written down. */
enum {
  TESS_VOTE_INPUT = 1,      /* data operand of a contraction */
  TESS_VOTE_FILTER = 2,     /* filter of a contraction */
  TESS_VOTE_VECTOR = 4,     /* bias, or an element-wise operand that
                               broadcasts */
  TESS_VOTE_IMAGE_LIKE = 8, /* element-wise operand as large as an image */
  TESS_VOTE_BIAS = 16,      /* bias of a contraction */
  TESS_VOTE_STATED = 32,    /* tessera.role says it */
  TESS_VOTE_NUMBER = 64,    /* of integers: arithmetic goes on with it */
  TESS_VOTE_SCALES = 128,   /* says how quantised numbers are scaled */
};

/* Numbers of words, positions and masks select data: no weights are such. */
bool tess_role_is_choice(const tess_value_t *value);

/* states.c: finds among the arguments that look like weights those which the
 * caller carries from call to call: keys and values of earlier positions,
 * running statistics. Needs the other roles, and sources; `votes` are by
 * value. */
void tess_roles_find_states(tess_reading_t *r, const uint8_t *votes);

#endif

/* Programs of element-wise steps, stated once: TOSA prints an op a step, linalg
 * one generic, and an i8 input becomes a table. Private to lib/zoo. */
#ifndef TESSERA_LIB_ZOO_MAP_H
#define TESSERA_LIB_ZOO_MAP_H

#include "emitter.h"

typedef enum tess_zoo_operation {
  TESS_ZOO_OPERAND, /* an input of the program */
  TESS_ZOO_CONSTANT,
  TESS_ZOO_ADD,
  TESS_ZOO_SUB,
  TESS_ZOO_MUL,
  TESS_ZOO_DIV,
  TESS_ZOO_CLAMP, /* between the step's `least` and `most` */
  TESS_ZOO_EXP,
  TESS_ZOO_TANH,
  TESS_ZOO_ERF,
  TESS_ZOO_RSQRT,
  TESS_ZOO_LOGISTIC, /* 1 / (1 + exp(-x)) */
  TESS_ZOO_CHOOSE    /* c where a is true, else b */
} tess_zoo_operation_t;

#define TESS_ZOO_STEPS 20
#define TESS_ZOO_OPERANDS 5

typedef struct tess_zoo_step {
  tess_zoo_operation_t operation;
  int a, b, c;          /* steps before; which input */
  const char *suffix;   /* of its name, where it gets one */
  const char *constant; /* its name without the % */
  double value;
  double least, most; /* infinite: no bound */
} tess_zoo_step_t;

typedef struct tess_zoo_map {
  tess_zoo_value_t inputs[TESS_ZOO_OPERANDS];
  int input_count;
  tess_zoo_step_t steps[TESS_ZOO_STEPS]; /* the inputs first */
  int step_count;
  const char *element; /* of the result */
} tess_zoo_map_t;

/* A program on `count` inputs, which are its steps 0, 1 … */
tess_zoo_map_t tess_zoo_map(const tess_zoo_emitter_t *e, int count,
                            const tess_zoo_value_t *inputs);

/* Each adds a step and returns its number. */
int tess_zoo_constant(tess_zoo_map_t *map, const char *name, double value);
int tess_zoo_unary(tess_zoo_map_t *map, tess_zoo_operation_t operation, int a,
                   const char *suffix);
int tess_zoo_binary(tess_zoo_map_t *map, tess_zoo_operation_t operation, int a,
                    int b, const char *suffix);
int tess_zoo_clamp(tess_zoo_map_t *map, int a, double least, double most,
                   const char *suffix);
int tess_zoo_choose(tess_zoo_map_t *map, int condition, int otherwise,
                    int chosen, const char *suffix);

/* Prints the program; the last step's value gets the name. An only input of i8
 * goes through a table, which `name` names with the scales. */
tess_zoo_value_t tess_zoo_finish(tess_zoo_emitter_t *e, tess_zoo_map_t *map,
                                 const char *suffix);

/* The dimensions of a step: those of its operands, broadcast. */
tess_zoo_value_t tess_zoo_step_shape(const tess_zoo_map_t *map, int step);

/* The last step's value where the only input is `x`. */
double tess_zoo_evaluate(const tess_zoo_map_t *map, double x);

#endif

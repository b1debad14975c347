/* Errors as values: a code, a message, and a place in the input.
 * Anybody may include it. NULL is success; an error belongs to whoever holds
 * it, who frees it or passes it up. */
#ifndef TESSERA_BASE_STATUS_H
#define TESSERA_BASE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#define TESS_MUST_USE __attribute__((warn_unused_result))
#define TESS_PRINTF(text, rest) __attribute__((format(printf, text, rest)))

typedef enum tess_code {
  TESS_OK = 0,
  TESS_INVALID,     /* malformed input: IR, file, option */
  TESS_UNSUPPORTED, /* well formed, but not handled */
  TESS_NOT_FOUND,   /* no such file, target, function, network */
  TESS_IO,          /* the system refused to read or write */
  TESS_OVERFLOW,    /* a size does not fit 64 bits */
  TESS_INTERRUPTED, /* SIGINT or SIGTERM */
  TESS_MISMATCH,    /* a comparison failed (verify) */
} tess_code_t;

typedef struct tess_error tess_error_t;
typedef tess_error_t *tess_status_t;

#define TESS_SUCCESS ((tess_status_t)0)

/* A new error with a printf-style message, without a place. */
TESS_MUST_USE tess_status_t tess_error(tess_code_t code, const char *format,
                                       ...) TESS_PRINTF(2, 3);

/* A new error at file:line:column of the input; line and column count from 1,
 * 0 where unknown. `file` is copied. */
TESS_MUST_USE tess_status_t tess_error_at(tess_code_t code, const char *file,
                                          int line, int column,
                                          const char *format, ...)
    TESS_PRINTF(5, 6);

/* The code; TESS_OK for NULL. */
tess_code_t tess_status_code(tess_status_t status);

/* The bare message, borrowed; "" for NULL. */
const char *tess_status_message(tess_status_t status);

/* "file:line:column: message", as far as the place is known; borrowed. */
const char *tess_status_text(tess_status_t status);

/* Puts "prefix: " before the message and gives the status back. */
TESS_MUST_USE tess_status_t tess_status_prefix(tess_status_t status,
                                               const char *format, ...)
    TESS_PRINTF(2, 3);

/* Frees an error; NULL is fine. */
void tess_status_free(tess_status_t status);

/* Returns the status of `call` from the current function if it is an error. */
#define TESS_TRY(call)                                                         \
  do {                                                                         \
    tess_status_t tess_try_status_ = (call);                                   \
    if (tess_try_status_)                                                      \
      return tess_try_status_;                                                 \
  } while (0)

#ifdef __cplusplus
}
#endif

#endif

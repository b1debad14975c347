/* Kernels as text. */
#include "tessera/ir/kernel.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const kind_names[] = {
#define X(id, name) name,
    TESS_KERNEL_KINDS(X)
#undef X
};

const char *tess_kernel_kind_name(tess_kernel_kind_t kind) {
  return kind < TESS_KERNEL_KIND_COUNT ? kind_names[kind] : "?";
}

typedef struct writer {
  char *buffer;
  size_t length;
} writer_t;

__attribute__((format(printf, 2, 3))) static void add(writer_t *w,
                                                      const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  size_t room = TESS_KERNEL_DIMS_CHARS - w->length;
  int written = vsnprintf(w->buffer + w->length, room, format, arguments);
  va_end(arguments);
  if (written > 0)
    w->length += (size_t)written < room ? (size_t)written : room - 1;
}

static void add_sizes(writer_t *w, const tess_kernel_t *kernel,
                      const int64_t *size, int64_t channels) {
  add(w, "%" PRId64, kernel->batch);
  for (int32_t i = 0; i < kernel->spatial_rank; i++)
    add(w, "x%" PRId64, size[i]);
  add(w, "x%" PRId64, channels);
}

/* " k3" or " k3x5"; nothing where all are `plain`. */
static void add_window(writer_t *w, char letter, const int64_t *size,
                       int32_t rank, int64_t plain) {
  bool equal = true, all_plain = true;
  for (int32_t i = 0; i < rank; i++) {
    equal = equal && size[i] == size[0];
    all_plain = all_plain && size[i] == plain;
  }
  if (all_plain)
    return;
  add(w, " %c%" PRId64, letter, size[0]);
  for (int32_t i = 1; i < rank && !equal; i++)
    add(w, "x%" PRId64, size[i]);
}

static void add_convolution(writer_t *w, const tess_kernel_t *kernel) {
  add_sizes(w, kernel, kernel->in_size, kernel->in_channels);
  add(w, " -> ");
  add_sizes(w, kernel, kernel->out_size, kernel->out_channels);
  add_window(w, 'k', kernel->window, kernel->spatial_rank, 0);
  add_window(w, 's', kernel->stride, kernel->spatial_rank, 1);
  add_window(w, 'd', kernel->dilation, kernel->spatial_rank, 1);
  if (kernel->kind == TESS_KERNEL_CONV && kernel->groups > 1)
    add(w, " g%" PRId64, kernel->groups);
}

static void add_product(writer_t *w, const tess_kernel_t *kernel) {
  if (kernel->batch > 1)
    add(w, "%" PRId64 "x", kernel->batch);
  add(w, "%" PRId64 "x%" PRId64 "x%" PRId64, kernel->m, kernel->k, kernel->n);
}

const char *tess_kernel_dims(const tess_kernel_t *kernel, char *buffer) {
  writer_t w = {.buffer = buffer};
  buffer[0] = '\0';
  if (kernel->spatial_rank > 0)
    add_convolution(&w, kernel);
  else if (kernel->kind == TESS_KERNEL_MATMUL)
    add_product(&w, kernel);
  else if (kernel->kind == TESS_KERNEL_REDUCTION)
    add(&w, "%" PRId64 " of %" PRId64, kernel->m, kernel->k);
  else
    add(&w, "%" PRId64, kernel->out_elements);
  return buffer;
}

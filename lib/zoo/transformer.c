/* Walks transformers: ViT, BERT and GPT-2, with and without a cache. */
#include "attention.h"
#include "quantised.h"
#include <inttypes.h>

/* Dosovitskiy et al., arXiv 2010.11929: ViT-B/16. */
const tess_zoo_transformer_t tess_zoo_vit_b16 = {.kind = TESS_ZOO_IMAGE,
                                                 .norm_first = true,
                                                 .fused_heads = true,
                                                 .patch = 16,
                                                 .layers = 12,
                                                 .heads = 12,
                                                 .head_size = 64,
                                                 .expansion = 4,
                                                 .classes = 1000,
                                                 .activation = TESS_ZOO_GELU};

/* Devlin et al., arXiv 1810.04805: base, uncased, with its pooler. */
const tess_zoo_transformer_t tess_zoo_bert_base = {.kind = TESS_ZOO_TEXT,
                                                   .layers = 12,
                                                   .heads = 12,
                                                   .head_size = 64,
                                                   .expansion = 4,
                                                   .vocabulary = 30522,
                                                   .positions = 512,
                                                   .segments = 2,
                                                   .activation = TESS_ZOO_GELU};

/* Radford et al., "Language Models are Unsupervised Multitask Learners". */
const tess_zoo_transformer_t tess_zoo_gpt2_small = {.kind = TESS_ZOO_TEXT,
                                                    .causal = true,
                                                    .norm_first = true,
                                                    .fused_heads = true,
                                                    .layers = 12,
                                                    .heads = 12,
                                                    .head_size = 64,
                                                    .expansion = 4,
                                                    .vocabulary = 50257,
                                                    .positions = 1024,
                                                    .activation =
                                                        TESS_ZOO_GELU_TANH};

const tess_zoo_transformer_t tess_zoo_gpt2_small_decode = {
    .kind = TESS_ZOO_DECODE,
    .norm_first = true,
    .fused_heads = true,
    .layers = 12,
    .heads = 12,
    .head_size = 64,
    .expansion = 4,
    .vocabulary = 50257,
    .positions = 1024,
    .activation = TESS_ZOO_GELU_TANH};

static tess_zoo_value_t norm(tess_zoo_emitter_t *e, const char *scope,
                             const char *part, tess_zoo_value_t x) {
  tess_zoo_scope(e, "%s.%s", scope, part);
  return tess_zoo_layer_norm(e, x);
}

static tess_zoo_value_t feed_forward(tess_zoo_emitter_t *e, const char *scope,
                                     const tess_zoo_transformer_t *net,
                                     tess_zoo_value_t x) {
  int64_t width = x.dims[1];
  tess_zoo_scope(e, "%s.expand", scope);
  x = tess_zoo_linear(e, "linear", x, net->expansion * width);
  x = tess_zoo_activate(e, x, net->activation);
  tess_zoo_scope(e, "%s.project", scope);
  return tess_zoo_linear(e, "linear", x, width);
}

/* x plus what one half of a block makes of it. */
static tess_zoo_value_t sum(tess_zoo_emitter_t *e, const char *scope,
                            const char *part, tess_zoo_value_t x,
                            tess_zoo_value_t y) {
  tess_zoo_scope(e, "%s.%s", scope, part);
  return tess_zoo_add(e, y, x);
}

static tess_zoo_value_t walk_block(tess_zoo_emitter_t *e, const char *scope,
                                   const tess_zoo_transformer_t *net,
                                   const tess_zoo_attention_t *attention,
                                   tess_zoo_value_t x) {
  bool first = net->norm_first;
  const char *inner = tess_arena_format(&e->arena, "%s.attention", scope);
  tess_zoo_value_t y = first ? norm(e, scope, "norm1", x) : x;
  y = tess_zoo_attend(e, inner, attention, y);
  x = sum(e, scope, "sum1", x, y);
  if (!first)
    x = norm(e, scope, "norm1", x);
  y = first ? norm(e, scope, "norm2", x) : x;
  y = feed_forward(e, scope, net, y);
  x = sum(e, scope, "sum2", x, y);
  return first ? x : norm(e, scope, "norm2", x);
}

static tess_zoo_value_t walk_blocks(tess_zoo_emitter_t *e,
                                    const tess_zoo_transformer_t *net,
                                    int64_t positions, tess_zoo_value_t x) {
  const tess_zoo_attention_t attention = {
      .positions = positions,
      .heads = tess_zoo_scale_count(net->heads, e->width),
      .head_size = net->head_size,
      .fused = net->fused_heads,
      .causal = net->causal,
      .cached = net->kind == TESS_ZOO_DECODE ? e->sequence : 0};
  int64_t layers = tess_zoo_scale_layers(net->layers, e->depth);
  for (int64_t i = 0; i < layers; i++)
    x = walk_block(e, tess_arena_format(&e->arena, "block%" PRId64, i), net,
                   &attention, x);
  return x;
}

static int64_t width_of(const tess_zoo_emitter_t *e,
                        const tess_zoo_transformer_t *net) {
  return tess_zoo_scale_count(net->heads, e->width) * net->head_size;
}

/* A learned table of the given shape. */
static tess_zoo_value_t table(tess_zoo_emitter_t *e, const char *suffix,
                              size_t rank, const int64_t *dims) {
  tess_zoo_value_t x =
      tess_zoo_argument(e, suffix, TESS_ZOO_TRAINED, rank, dims);
  x.scale = tess_zoo_data_scale;
  return x;
}

/* The first position of each text or image, as rows. */
static tess_zoo_value_t first_positions(tess_zoo_emitter_t *e,
                                        tess_zoo_value_t x) {
  int64_t n = e->batch, width = x.dims[1], s = x.dims[0] / n;
  const tess_zoo_printer_t *p = e->printer;
  x = p->reshape(e, "positions", x, 3, (int64_t[]){n, s, width});
  x = p->slice(e, "first", x, (int64_t[]){0, 0, 0}, (int64_t[]){n, 1, width});
  return p->reshape(e, "first.rows", x, 2, (int64_t[]){n, width});
}

/* Patches with a class token before them and positions added: rows. */
static tess_zoo_value_t embed_image(tess_zoo_emitter_t *e,
                                    const tess_zoo_transformer_t *net) {
  const tess_zoo_printer_t *p = e->printer;
  int64_t width = width_of(e, net), n = e->batch;
  tess_zoo_conv_t patches = {.bias = true,
                             .kernel = net->patch,
                             .stride = net->patch,
                             .channels = width};
  tess_zoo_value_t x = tess_zoo_picture(e);
  tess_zoo_scope(e, "patches");
  x = tess_zoo_convolve(e, x, patches, true);
  int64_t side = tess_zoo_side(e, &x), s = side * side;
  x = tess_zoo_rows(e, x);
  x = p->reshape(e, "sequence", x, 3, (int64_t[]){n, s, width});
  tess_zoo_value_t token = table(e, "class", 3, (int64_t[]){1, 1, width});
  tess_zoo_value_t parts[] = {p->repeat(e, "classes", token, n), x};
  parts[0].scale = token.scale;
  x = p->concat(e, "all", 1, 2, parts);
  x = tess_zoo_add(e, x,
                   table(e, "positions", 3, (int64_t[]){1, s + 1, width}));
  return p->reshape(e, "embedded", x, 2, (int64_t[]){n * (s + 1), width});
}

/* Rows of a table by an input of `count` numbers a text. */
static tess_zoo_value_t look_up(tess_zoo_emitter_t *e, const char *name,
                                int64_t count, tess_zoo_value_t rows) {
  const int64_t dims[] = {e->batch, count};
  tess_zoo_value_t numbers = tess_zoo_tensor(e, name, "i32", 2, dims);
  tess_zoo_declare(e, TESS_ZOO_INPUT, &numbers);
  const char *flat = tess_arena_format(&e->arena, "%s.flat", name);
  numbers =
      e->printer->reshape(e, flat, numbers, 1, (int64_t[]){e->batch * count});
  const char *found = tess_arena_format(&e->arena, "%s.embedded", name);
  return e->printer->gather(e, found, rows, numbers);
}

/* The words' rows; the words' table for the logits. The input comes before the
 * weights, and so is declared before them. */
static tess_zoo_value_t embed_text(tess_zoo_emitter_t *e,
                                   const tess_zoo_transformer_t *net,
                                   int64_t count, int64_t start,
                                   tess_zoo_value_t *words) {
  const tess_zoo_printer_t *p = e->printer;
  int64_t width = width_of(e, net), n = e->batch;
  tess_zoo_scope(e, "words");
  *words = tess_zoo_tensor(e, "weight", e->element, 2,
                           (int64_t[]){net->vocabulary, width});
  words->scale = tess_zoo_data_scale;
  tess_zoo_value_t x = look_up(e, "numbers", count, *words);
  tess_zoo_declare(e, TESS_ZOO_TRAINED, words);
  x = p->reshape(e, "sequence", x, 3, (int64_t[]){n, count, width});
  tess_zoo_scope(e, "positions");
  tess_zoo_value_t y =
      table(e, "weight", 2, (int64_t[]){net->positions, width});
  y = p->slice(e, "rows", y, (int64_t[]){start, 0}, (int64_t[]){count, width});
  y = p->reshape(e, "sequence", y, 3, (int64_t[]){1, count, width});
  x = tess_zoo_add(e, x, y);
  if (net->segments) {
    tess_zoo_scope(e, "segments");
    y = table(e, "weight", 2, (int64_t[]){net->segments, width});
    y = look_up(e, "numbers", count, y);
    y = p->reshape(e, "sequence", y, 3, (int64_t[]){n, count, width});
    x = tess_zoo_add(e, x, y);
  }
  return p->reshape(e, "embedded", x, 2, (int64_t[]){n * count, width});
}

/* Every position's scores of all words, by the table that embedded them. */
static tess_zoo_value_t score_words(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                                    tess_zoo_value_t words) {
  tess_zoo_scope(e, "logits");
  tess_zoo_count_macs(e, 2,
                      (int64_t[]){tess_zoo_elements(e, &x), words.dims[0]});
  tess_zoo_value_t right =
      e->printer->transpose(e, "weight", words, (int64_t[]){1, 0});
  tess_zoo_value_t y = e->printer->product(e, x, right);
  y.scale = x.scale * tess_zoo_weight_scale(x.dims[1]);
  return tess_zoo_narrow(e, "narrow", y);
}

static void walk_image(tess_zoo_emitter_t *e,
                       const tess_zoo_transformer_t *net) {
  tess_zoo_value_t x = embed_image(e, net);
  x = walk_blocks(e, net, x.dims[0] / e->batch, x);
  x = norm(e, "final", "norm", x);
  tess_zoo_scope(e, "classifier");
  x = first_positions(e, x);
  tess_zoo_return(e, tess_zoo_linear(e, "logits", x, net->classes));
}

static void walk_language_model(tess_zoo_emitter_t *e,
                                const tess_zoo_transformer_t *net) {
  bool decode = net->kind == TESS_ZOO_DECODE;
  int64_t count = decode ? 1 : e->sequence;
  tess_zoo_value_t words;
  tess_zoo_value_t x =
      embed_text(e, net, count, decode ? e->sequence : 0, &words);
  x = walk_blocks(e, net, count, x);
  x = norm(e, "final", "norm", x);
  tess_zoo_return_first(e, score_words(e, x, words));
}

static void walk_encoder(tess_zoo_emitter_t *e,
                         const tess_zoo_transformer_t *net) {
  tess_zoo_value_t words;
  tess_zoo_value_t x = embed_text(e, net, e->sequence, 0, &words);
  x = norm(e, "embedding", "norm", x);
  x = walk_blocks(e, net, e->sequence, x);
  tess_zoo_return(e, x);
  tess_zoo_scope(e, "pooler");
  x = tess_zoo_linear(e, "linear", first_positions(e, x), x.dims[1]);
  tess_zoo_return(e, tess_zoo_activate(e, x, TESS_ZOO_TANH_FUNCTION));
}

void tess_zoo_walk_transformer(tess_zoo_emitter_t *e) {
  const tess_zoo_transformer_t *net = e->network->transformer;
  if (net->kind == TESS_ZOO_IMAGE)
    walk_image(e, net);
  else if (net->norm_first)
    walk_language_model(e, net);
  else
    walk_encoder(e, net);
}

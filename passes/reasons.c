/* What was decided at each site as remarks. */
#include "reasons.h"
#include "tessera/base/text.h"
#include <math.h>
#include <string.h>

/* One reason as it is put together. */
typedef struct saying {
  tess_shell_t *shell;
  const tess_decision_t *decision;
  tess_text_t text;
  tess_pass_fact_t facts[9];
  size_t fact_count;
} saying_t;

static void add_text(saying_t *s, const char *key, const char *text) {
  s->facts[s->fact_count++] = (tess_pass_fact_t){key, text};
}

static void add_time(saying_t *s, const char *key, double ns) {
  add_text(s, key, tess_arena_format(&s->shell->arena, "%.1f", ns));
}

static bool has_times(const tess_decision_t *decision) {
  return !isnan(decision->kept_ns);
}

/* "4.31 us -> 3.90 us, vector-bound before" */
static void add_times(saying_t *s) {
  const tess_decision_t *d = s->decision;
  char kept[TESS_NUMBER_CHARS], changed[TESS_NUMBER_CHARS];
  if (isinf(d->kept_ns))
    tess_text_add(&s->text, "the target cannot run it as it is");
  else if (isinf(d->changed_ns))
    tess_text_add(&s->text, "the target cannot run that");
  else if (d->kept_ns == d->changed_ns)
    tess_text_add(&s->text, "%s either way",
                  tess_format_time(kept, d->kept_ns));
  else
    tess_text_add(&s->text, "%s -> %s%s", tess_format_time(kept, d->kept_ns),
                  d->least ? "at least " : "",
                  tess_format_time(changed, d->changed_ns));
  if (d->has_bound)
    tess_text_add(&s->text, ", %s-bound%s", tess_bound_name(d->bound),
                  d->taken ? " before" : "");
}

static void add_facts(saying_t *s) {
  const tess_decision_t *d = s->decision;
  add_text(s, "site", d->site);
  if (d->layer)
    add_text(s, "layer", d->layer);
  if (d->obstacle) {
    add_text(s, "obstacle", d->obstacle);
    return;
  }
  add_text(s, "alternative", d->alternative);
  add_text(s, "class", tess_class_name(d->rewrite_class));
  add_text(s, "target", s->shell->target->name);
  if (!has_times(d))
    return;
  add_time(s, "before-ns", d->kept_ns);
  add_time(s, d->least ? "after-at-least-ns" : "after-ns", d->changed_ns);
  if (d->has_bound)
    add_text(s, "bound", tess_bound_name(d->bound));
}

static void send(saying_t *s, MlirOperation function) {
  const tess_decision_t *d = s->decision;
  add_facts(s);
  const tess_pass_reason_t reason = {
      .done = d->taken,
      .name =
          tess_arena_string_n(&s->shell->arena, d->site, strcspn(d->site, ".")),
      .function = tess_shell_name(s->shell, function) + 1,
      .message = tess_text_get(&s->text),
      .facts = s->facts,
      .fact_count = s->fact_count};
  tess_pass_explain(s->shell->run, (MlirLocation){d->location_ptr}, &reason);
  tess_text_free(&s->text);
}

static void say_taken(saying_t *s, MlirOperation function, const char *verb,
                      const char *whole) {
  const tess_decision_t *d = s->decision;
  tess_text_add(&s->text, "%s%s: %s %s (%s): %s; ", d->site,
                tess_shell_layer(s->shell, (MlirLocation){d->location_ptr}),
                verb, d->alternative, tess_class_name(d->rewrite_class),
                d->why);
  if (has_times(d)) {
    add_times(s);
    tess_text_add(&s->text, "; ");
  }
  tess_text_add(&s->text, "%s", whole);
  send(s, function);
}

static void say_left_alone(saying_t *s, MlirOperation function) {
  const tess_decision_t *d = s->decision;
  tess_text_add(&s->text, "%s%s: left alone: %s", d->site,
                tess_shell_layer(s->shell, (MlirLocation){d->location_ptr}),
                d->obstacle);
  send(s, function);
}

static void say_refused(saying_t *s, MlirOperation function) {
  const tess_decision_t *d = s->decision;
  tess_text_add(&s->text, "%s%s: kept; %s (%s) does not pay: ", d->site,
                tess_shell_layer(s->shell, (MlirLocation){d->location_ptr}),
                d->alternative, tess_class_name(d->rewrite_class));
  add_times(s);
  send(s, function);
}

/* "with all 3 changes: @net 2 ms -> 1 ms (2.000x) on tpu-v3 by roofline" */
static void add_whole(tess_shell_t *shell, MlirOperation function,
                      int32_t changes, tess_gain_t gain, tess_text_t *out) {
  char before[TESS_NUMBER_CHARS], after[TESS_NUMBER_CHARS];
  if (changes == 1)
    tess_text_add(out, "with it");
  else
    tess_text_add(out, "with all %d changes", (int)changes);
  tess_text_add(out, ": %s %s -> %s (%.3fx) on %s by %s",
                tess_shell_name(shell, function),
                tess_format_time(before, gain.before_ns),
                tess_format_time(after, gain.after_ns),
                gain.before_ns / gain.after_ns, shell->target->name,
                shell->cost_model);
}

void tess_reasons_say(tess_shell_t *shell, MlirOperation function,
                      const tess_decision_list_t *decisions, const char *verb,
                      tess_gain_t gain) {
  tess_text_t whole = TESS_TEXT_INIT;
  bool heard = tess_pass_is_heard(shell->run);
  add_whole(shell, function, decisions->taken_count, gain, &whole);
  for (int32_t i = 0; i < decisions->count; i++) {
    saying_t saying = {.shell = shell,
                       .decision = &decisions->items[i],
                       .text = TESS_TEXT_INIT};
    if (decisions->items[i].taken)
      say_taken(&saying, function, verb, tess_text_get(&whole));
    else if (heard && decisions->items[i].obstacle)
      say_left_alone(&saying, function);
    else if (heard && has_times(&decisions->items[i]))
      say_refused(&saying, function);
  }
  tess_text_free(&whole);
}
